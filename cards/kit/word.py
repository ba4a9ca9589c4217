"""Buttons that run a command: pressing one is the same as typing it."""

from typing import Any

from cards.kit.forms import Form, carried
from cards.kit.kit import Action, ButtonStyle
from cards.kit.rules import as_its_command
from cards.kit.words import Words
from store.tables import Trial


class Word(Form, key="word", rule=as_its_command()):
    """A command (`word`) and its argument (`rest`): a trial's code, a filter, a page.

    `beside` = 1: the answer appears below the card instead of replacing it.
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
    """Build a button that runs the command `word about`, in English whatever the title's language.

    `beside`: keep the card one to one, too; in a space nobody but its owner can replace it.
    """
    rest = about.code if isinstance(about, Trial) else about
    stays: dict[str, Any] = {"beside": 1} if beside else {}
    return Word.button(words, words(title), style, word=word, rest=rest, **stays)
