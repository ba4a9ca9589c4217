"""Which handler answers a word, a card press, a bell and a happening: one registry for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, wraps
from typing import Any, TypeVar

from bot.conversation.turn import Turn
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid
from cards.kit.refusals import refusal
from cards.kit.words import Message
from store.refusals import Reason, Refused
from store.rules.reminder_kinds import ReminderKind
from store.say import Say
from store.tables import Reminder, Trial

F = TypeVar("F", bound=Form)
H = TypeVar("H", bound=Callable[..., Sequence[Say]])
WordHandler = Callable[[Turn], Sequence[Say]]
ReminderHandler = Callable[[Turn, Any, Reminder], Sequence[Say]]
MorningHandler = Callable[[Turn, Sequence[tuple[Trial | None, Reminder]]], Sequence[Say]]
HappeningHandler = Callable[[Turn, Mapping[str, Any]], Sequence[Say]]
ReasonHandler = Callable[[Turn, Refused], Sequence[Say]]
AskAgain = Callable[[Turn, Invalid], Sequence[Say]]
ChoicesOf = Callable[[Turn, Mapping[str, Any]], Mapping[str, Choices]]
Asks = Callable[[Mapping[str, Any]], bool]

HOME = "home"
NEEDS = frozenset({"file", "members", "room"})


class Happening(StrEnum):
    """What Webex tells of a room besides words and presses.

    Of a migrated room `data` has the former id as `migratedFrom`.
    """

    BOT_ADDED = "bot-added"
    BOT_REMOVED = "bot-removed"
    MEMBER_ADDED = "member-added"
    MEMBER_REMOVED = "member-removed"
    ROOM_CHANGED = "room-changed"
    ROOM_MIGRATED = "room-migrated"


@dataclass(frozen=True, slots=True)
class Command:
    """A word that people type: exact, translated, with a line of `help`."""

    word: str
    takes: str
    help: str
    handler: WordHandler
    needs: frozenset[str]
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A form and what happens when it comes in filled; `choices` are those that the state knows.

    `ask_again` shows the card on which the form stands once more, when something in it is wrong.
    """

    form: type[Form]
    handler: Callable[..., Sequence[Say]]
    needs: frozenset[str]
    choices: ChoicesOf | None
    ask_again: AskAgain | None
    asks: Asks


@dataclass(frozen=True, slots=True)
class Reminds:
    """What a kind of reminder says, and whether it also writes what the date has decided."""

    handler: ReminderHandler
    needs: frozenset[str]
    writes: bool


@dataclass(frozen=True, slots=True)
class When:
    """What happens when a happening is told of."""

    handler: HappeningHandler
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What a person was to be told and Webex would not take."""

    address: str
    slot: str
    trial_id: int | None
    why: str


UndeliveredHandler = Callable[[Turn, Undelivered], Sequence[Say]]

commands: dict[str, Command] = {}
presses: dict[str, Press] = {}
reminder_routes: dict[ReminderKind, Reminds] = {}
mornings: list[MorningHandler] = []
happenings: dict[Happening, list[When]] = {kind: [] for kind in Happening}
reasons: dict[Reason, ReasonHandler] = {}
unreachables: dict[str, UndeliveredHandler] = {}


def command(
    word: str, *, takes: str = "", help: str, needs: Sequence[str] = (), asks: bool = False
) -> Callable[[WordHandler], WordHandler]:
    """Answer an exact word; `takes` shows its arguments, `help` (a message id) says what it does.

    `needs`: what to fetch from Webex before the transaction, into `turn.fetched`: `file` (the name
    and content of what was sent with the word, or None), `members`, `room` (as Webex has them).
    `asks`: it changes nothing, and its session may be one that refuses every change. The word
    `home` answers an empty mention, too.
    """

    def register(handler: WordHandler) -> WordHandler:
        _once(word, commands)
        commands[word] = Command(word, takes, help, handler, _known(needs), asks)
        return handler

    return register


def on(
    form: type[F],
    *,
    needs: Sequence[str] = (),
    choices: ChoicesOf | None = None,
    ask_again: AskAgain | None = None,
    asks: bool | Asks = False,
) -> Callable[[Callable[[Turn, F], Sequence[Say]]], Callable[[Turn, F], Sequence[Say]]]:
    """Answer a press of this form's button.

    `choices(turn, inputs)`: those that the state knows. `ask_again(turn, problem)`: what is shown
    when the form can't be taken (else the form alone, filled in). `asks`: as for a word; it may
    depend on what the button carries, which nobody has read yet.
    """

    def register(handler: Callable[[Turn, F], Sequence[Say]]) -> Callable[[Turn, F], Sequence[Say]]:
        @wraps(handler)
        def answer(turn: Turn, filled: F) -> Sequence[Say]:
            try:
                return handler(turn, filled)
            except Refused as no:
                if field := filled.refused_at.get(no.reason):
                    raise filled.wrong({field: Message(refusal(turn.words, no))}) from no
                raise

        _once(form.key, presses)
        always = asks if callable(asks) else partial(_whatever, asks)
        presses[form.key] = Press(form, answer, _known(needs), choices, ask_again, always)
        return answer

    return register


def remind(
    *kinds: ReminderKind, needs: Sequence[str] = (), writes: bool = False
) -> Callable[[ReminderHandler], ReminderHandler]:
    """Say what these reminders say; called with the trial locked and read anew.

    `needs`: what to fetch of the space before the transaction, as for a word; it is missing where
    Webex doesn't show it. `writes`: it also records what the date has decided, and so it is called,
    too, when the reminder is said on the morning card or comes too late to be said; then only what
    it says outside of the trial's space is sent. A digest is of no trial: its handler gets None.
    """

    def register(handler: ReminderHandler) -> ReminderHandler:
        for kind in kinds:
            _once(kind, reminder_routes)
            reminder_routes[kind] = Reminds(handler, _known(needs), writes)
        return handler

    return register


def morning(handler: MorningHandler) -> MorningHandler:
    """Say in one message what several reminders of a space would say; the most urgent first."""
    if mornings:
        raise ValueError("there is a morning card already")
    mornings.append(handler)
    return handler


def when(*kinds: Happening, needs: Sequence[str] = ()) -> Callable[[H], H]:
    """Answer what happens to a room: `(turn, data)`, data as Webex sent it; many may listen."""

    def register(handler: H) -> H:
        for kind in kinds:
            happenings[kind].append(When(handler, _known(needs)))
        return handler

    return register


def refused(*kinds: Reason) -> Callable[[ReasonHandler], ReasonHandler]:
    """Say more than the sentence when an operation refuses for this reason: `(turn, refused)`."""

    def register(handler: ReasonHandler) -> ReasonHandler:
        for kind in kinds:
            _once(kind, reasons)
            reasons[kind] = handler
        return handler

    return register


def undelivered(slot: str) -> Callable[[UndeliveredHandler], UndeliveredHandler]:
    """Say in the partner's space that a message can't be delivered, for slots that begin so.

    `(turn, undelivered)`: the turn has no person; its place is the partner's space. Called once
    for each trial and address.
    """

    def register(handler: UndeliveredHandler) -> UndeliveredHandler:
        _once(slot, unreachables)
        unreachables[slot] = handler
        return handler

    return register


def _whatever(answer: bool, inputs: Mapping[str, Any]) -> bool:
    return answer


def _known(needs: Sequence[str]) -> frozenset[str]:
    unknown = set(needs) - NEEDS
    if unknown:
        raise ValueError(f"nobody fetches {sorted(unknown)}")
    return frozenset(needs)


def _once(key: object, registry: Mapping[Any, Any]) -> None:
    if key in registry:
        raise ValueError(f"{key} has a handler already")
