"""Buttons that run a command: pressing one is the same as typing it."""

from collections.abc import Sequence
from typing import Any

from cards.kit import kit
from cards.kit.forms import Form, carried
from cards.kit.kit import Action, ButtonStyle, Card
from cards.kit.rules import as_its_command
from cards.kit.words import Words, plain
from store.tables import Trial


class Word(Form, key="word", rule=as_its_command()):
    """A command (`word`) and its argument (`rest`): a trial's code, a filter, a page.

    `beside` = 1: the answer appears below the card instead of replacing it.
    """

    word: str = carried()
    rest: str = carried(default="")
    beside: int = carried(default=0)


def spellings(words: Words, word: str) -> Sequence[str]:
    """Return the ways to type a command or another word in a language; the first is its name.

    A catalogue separates them with bars: `покажи | виж`.
    """
    return [each.strip() for each in words(word).split("|")]


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


def suggestion_card(
    typed: str, word: str, rest: str, words: Words, *, can_be_pressed: bool
) -> Card:
    """Offer the command that was probably meant, with what was typed after it.

    `can_be_pressed`: a button can run the command. It can't if what was typed is too long for it.
    """
    title = f"{spellings(words, word)[0]} {rest}".strip()
    shown = plain(title if len(title) <= 60 else title[:60] + "…")
    said = words("I don't know “{typed}”. Did you mean *{nearest}*?", typed=typed, nearest=shown)
    fits = len(rest) <= Word.fields["rest"].max
    button = Word.button(words, shown, word=word, rest=rest) if can_be_pressed and fits else None
    return kit.card(words, said, [kit.text(said)], [button])
