"""Buttons that say a word: pressing one is the same as typing it."""

from typing import Any

from cards.kit.forms import Form, carried
from cards.kit.kit import Action, ButtonStyle
from cards.kit.words import Words
from store.tables import Trial


class Word(Form, key="word"):
    """A command's word, and what stands behind it: a trial's code, a filter, a page.

    `beside` 1: the answer comes under the card instead of in its place.
    """

    word: str = carried()
    rest: str = carried(default="")
    beside: int = carried(default=0)


def word_button(
    words: Words,
    title: str,
    word: str,
    about: Trial | str = "",
    *,
    style: ButtonStyle | None = None,
    beside: bool = False,
) -> Action:
    """A button that says `word about`, in English whatever the language of its title.

    `beside`: the card stays, because others want to press it too.
    """
    rest = about.code if isinstance(about, Trial) else about
    stays: dict[str, Any] = {"beside": 1} if beside else {}
    return Word.button(words, words(title), style, word=word, rest=rest, **stays)
