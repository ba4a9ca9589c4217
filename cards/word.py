"""Buttons that say a word: pressing one is the same as typing it."""

from cards.forms import Form, carried
from cards.kit import Action, ButtonStyle
from cards.words import Words
from store.tables import Trial


class Word(Form, key="word"):
    """A command's word, and what stands behind it: a trial's code, a filter, a page."""

    word: str = carried()
    rest: str = carried(default="")


def word_button(
    words: Words,
    title: str,
    word: str,
    about: Trial | str = "",
    *,
    style: ButtonStyle | None = None,
) -> Action:
    """A button that says `word about`, in English whatever the language of its title."""
    rest = about.code if isinstance(about, Trial) else about
    return Word.button(words, words(title), style, word=word, rest=rest)
