"""Which handler answers a word, a card press and a bell: one registry for words and buttons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cards.forms import Form

from bot.turn import Turn
from store.say import Say
from store.tables import Reminder, Trial
from store.terms import Bell

F = TypeVar("F", bound=Form)
WordHandler = Callable[[Turn], Sequence[Say]]
BellHandler = Callable[[Turn, Trial, Reminder], Sequence[Say]]


@dataclass(frozen=True, slots=True)
class Command:
    """A word that people type: exact, translated, with a line of `help`."""

    word: str
    takes: str
    help: str
    handler: WordHandler
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Press:
    """A form and what happens when it comes in filled."""

    form: type[Form]
    handler: Callable[..., Sequence[Say]]
    needs: frozenset[str]


commands: dict[str, Command] = {}
presses: dict[str, Press] = {}
bells: dict[Bell, BellHandler] = {}


def command(
    word: str, *, takes: str = "", help: str, needs: Sequence[str] = ()
) -> Callable[[WordHandler], WordHandler]:
    """Answer an exact word; `takes` shows its arguments, `help` (a message id) says what it does.

    `needs`: what to fetch from Webex before the transaction: `file`, `members`, `room`.
    """

    def register(handler: WordHandler) -> WordHandler:
        _once(word, commands)
        commands[word] = Command(word, takes, help, handler, frozenset(needs))
        return handler

    return register


def on(
    form: type[F], *, needs: Sequence[str] = ()
) -> Callable[[Callable[[Turn, F], Sequence[Say]]], Callable[[Turn, F], Sequence[Say]]]:
    """Answer a press of this form's button."""

    def register(handler: Callable[[Turn, F], Sequence[Say]]) -> Callable[[Turn, F], Sequence[Say]]:
        _once(form.key, presses)
        presses[form.key] = Press(form, handler, frozenset(needs))
        return handler

    return register


def remind(*kinds: Bell) -> Callable[[BellHandler], BellHandler]:
    """Say what these reminders say; called with the trial locked and read anew."""

    def register(handler: BellHandler) -> BellHandler:
        for kind in kinds:
            _once(kind, bells)
            bells[kind] = handler
        return handler

    return register


def _once(key: object, registry: object) -> None:
    if key in registry:  # type: ignore[operator]
        raise ValueError(f"{key} has a handler already")
