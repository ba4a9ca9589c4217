"""The registry of handlers for commands, card presses, reminders and room events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial, wraps
from typing import Any, TypeVar

from sqlmodel import Session

from bot.conversation.turn import Turn
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid
from cards.kit.refusals import refusal
from cards.kit.rules import Rule
from cards.kit.words import Message
from store.refusals import Reason, Refused
from store.rules.reminder_kinds import ReminderKind
from store.say import Say
from store.tables import Reminder, Trial

F = TypeVar("F", bound=Form)
H = TypeVar("H", bound=Callable[..., Sequence[Say]])
WordHandler = Callable[[Turn], Sequence[Say]]
ReminderHandler = Callable[[Turn, Any, Reminder], Sequence[Say]]
Due = tuple[Trial | None, Reminder]
"""A reminder that is due, and the trial that it is about; a digest is about none."""

MorningHandler = Callable[[Turn, Sequence[Due]], Sequence[Say]]
LeftHandler = Callable[[Turn, Sequence[Due], datetime], Say | None]
HappeningHandler = Callable[[Turn, Mapping[str, Any]], Sequence[Say]]
ReasonHandler = Callable[[Turn, Refused], Sequence[Say]]
AskAgain = Callable[[Turn, Invalid], Sequence[Say]]
ChoicesOf = Callable[[Turn, Mapping[str, Any]], Mapping[str, Choices]]
Asks = Callable[[Mapping[str, Any]], bool]
Slow = Callable[[str], bool]
Prepare = Callable[[Turn], Mapping[str, Any]]
PreparePress = Callable[[Turn, Any], Mapping[str, Any]]

HOME = "home"
NEEDS = frozenset({"file", "members", "room"})


class Happening(StrEnum):
    """A room event from Webex, other than a message or a press.

    For a migrated room, `data` has the former id as `migratedFrom`.
    """

    BOT_ADDED = "bot-added"
    BOT_REMOVED = "bot-removed"
    MEMBER_ADDED = "member-added"
    MEMBER_REMOVED = "member-removed"
    ROOM_CHANGED = "room-changed"
    ROOM_MIGRATED = "room-migrated"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that people type: matched exactly, translated, with a line of `help`.

    Only `guard.run` calls its handler.
    """

    word: str
    takes: str
    help: str
    rule: Rule
    handler: WordHandler
    needs: frozenset[str]
    slow: Slow
    asks: bool = False
    alone: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare | None = None

    @property
    def is_simple(self) -> bool:
        """Whether its handler needs nothing but the turn, so that a button can run it."""
        return not self.needs and self.prepare is None


@dataclass(frozen=True, slots=True)
class Press:
    """A form and the handler of its submission; `choices` are those that depend on the state.

    `ask_again` shows the form's card once more if something in it is invalid.
    """

    form: type[Form]
    handler: Callable[..., Sequence[Say]]
    needs: frozenset[str]
    choices: ChoicesOf | None
    ask_again: AskAgain | None
    asks: Asks
    slow: Asks
    prepare: PreparePress | None


@dataclass(frozen=True, slots=True)
class Reminds:
    """A kind of reminder's handler, and whether it also writes what the date has decided."""

    handler: ReminderHandler
    needs: frozenset[str]
    writes: bool


@dataclass(frozen=True, slots=True)
class When:
    """The handler of a room event."""

    handler: HappeningHandler
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message to a person that Webex, or a mail server, would not accept."""

    address: str
    slot: str
    trial_id: int | None
    why: str
    text: str = ""


UndeliveredHandler = Callable[[Turn, Undelivered], Sequence[Say]]
MailCheck = Callable[[Session, Trial, str], bool]

commands: dict[str, Command] = {}
presses: dict[str, Press] = {}
reminder_routes: dict[ReminderKind, Reminds] = {}
_morning: MorningHandler | None = None
_left: LeftHandler | None = None
happenings: dict[Happening, list[When]] = {kind: [] for kind in Happening}
reasons: dict[Reason, ReasonHandler] = {}
unreachables: dict[str, UndeliveredHandler] = {}
mail_checks: dict[str, MailCheck] = {}


def command(
    word: str,
    *,
    takes: str = "",
    help: str,
    rule: Rule,
    needs: Sequence[str] = (),
    asks: bool = False,
    slow: bool | Slow = False,
    alone: Mapping[str, str] = {},
    prepare: Prepare | None = None,
) -> Callable[[WordHandler], WordHandler]:
    """Answer a command; `takes` shows its arguments, `help` (a message id) says what it does.

    `rule`: who may run it, and where; it can't be about an id, because a command carries none.
    `needs`: what to fetch from Webex before the transaction, into `turn.fetched`: `file` (the name
    and content of the file sent with the command, None, or `Missing`), `members`, `room` (as Webex
    has them). `prepare(turn)`: slow work that only reads, done beside the desk in a transaction of
    its own before the handler's; what it returns is `turn.fetched`. Others may have changed what it
    read before the handler is called.
    `asks`: it is read-only, and its session may be one that refuses every change. `slow`, for a
    command that asks: answer it beside the desk; it may depend on what was typed after the command.
    `alone`: texts (message ids) that stand for the command with these arguments, if nothing else is
    typed. The command `home` also answers an empty mention.
    """

    if rule.field:
        raise ValueError(f"{word} carries no {rule.field}")
    if slow and not asks:
        raise ValueError(f"{word} writes, which is done at the desk")

    def register(handler: WordHandler) -> WordHandler:
        _once(word, commands)
        known = _known(needs)
        takes_long = slow if callable(slow) else partial(_whatever, slow)
        commands[word] = Command(
            word, takes, help, rule, handler, known, takes_long, asks, alone, prepare
        )
        return handler

    return register


def on(
    form: type[F],
    *,
    needs: Sequence[str] = (),
    choices: ChoicesOf | None = None,
    ask_again: AskAgain | None = None,
    asks: bool | Asks = False,
    slow: Asks | None = None,
    prepare: Callable[[Turn, F], Mapping[str, Any]] | None = None,
) -> Callable[[Callable[[Turn, F], Sequence[Say]]], Callable[[Turn, F], Sequence[Say]]]:
    """Answer a press of this form's button.

    `choices(turn, inputs)`: those that depend on the state. `ask_again(turn, problem)`: what to
    show when the form is invalid (else the form alone, filled in). `asks`, `slow`: as for a
    command; they may depend on the button's inputs, which aren't validated yet. `prepare(turn,
    form)`: as for a command.

    A refusal for one of the form's `refused_at` reasons is shown at that field, even if a command
    calls the handler.
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
        takes_long = slow or partial(_whatever, False)
        presses[form.key] = Press(
            form, answer, _known(needs), choices, ask_again, always, takes_long, prepare
        )
        return answer

    return register


def remind(
    *kinds: ReminderKind, needs: Sequence[str] = (), writes: bool = False
) -> Callable[[ReminderHandler], ReminderHandler]:
    """Write these reminders' messages; called with the trial locked and reread.

    `needs`: what to fetch of the space before the transaction, as for a command; it is missing if
    Webex doesn't show it. `writes`: the handler also records what the date has decided, so it is
    also called when the reminder is on the morning card or too late to be sent; then only its
    messages outside the trial's space are sent. A digest has no trial: its handler gets None.
    """

    def register(handler: ReminderHandler) -> ReminderHandler:
        for kind in kinds:
            _once(kind, reminder_routes)
            reminder_routes[kind] = Reminds(handler, _known(needs), writes)
        return handler

    return register


def morning(handler: MorningHandler) -> MorningHandler:
    """Combine several reminders of a space in one message, the most urgent first."""
    global _morning
    if _morning is not None:
        raise ValueError("there is a morning card already")
    _morning = handler
    return handler


def morning_left(handler: LeftHandler) -> LeftHandler:
    """Draw an earlier morning card again, with what is left of it; None if nothing is."""
    global _left
    if _left is not None:
        raise ValueError("somebody redraws the morning card already")
    _left = handler
    return handler


def say_together(turn: Turn, due: Sequence[Due]) -> Sequence[Say]:
    """Call the handler that combines reminders. Raises LookupError if no feature declares one."""
    if _morning is None:
        raise LookupError("no feature declares the morning card")
    return _morning(turn, due)


def say_what_is_left(turn: Turn, due: Sequence[Due], rang_at: datetime) -> Say | None:
    """Call the handler that redraws a morning card that rang at `rang_at`.

    Raises LookupError if no feature declares one.
    """
    if _left is None:
        raise LookupError("no feature redraws the morning card")
    return _left(turn, due, rang_at)


def when(*kinds: Happening, needs: Sequence[str] = ()) -> Callable[[H], H]:
    """Answer a room event: `(turn, data)`, data as Webex sent it; it may have many handlers."""

    def register(handler: H) -> H:
        for kind in kinds:
            happenings[kind].append(When(handler, _known(needs)))
        return handler

    return register


def refused(*kinds: Reason) -> Callable[[ReasonHandler], ReasonHandler]:
    """Say more than one sentence if an operation refuses for this reason: `(turn, refused)`."""

    def register(handler: ReasonHandler) -> ReasonHandler:
        for kind in kinds:
            _once(kind, reasons)
            reasons[kind] = handler
        return handler

    return register


def undelivered(slot: str) -> Callable[[UndeliveredHandler], UndeliveredHandler]:
    """Say in the partner's space that a message can't be delivered, for slots with this prefix.

    `(turn, undelivered)`: the turn has no person; its room is the partner's space. Called once for
    each trial, address and prefix.
    """

    def register(handler: UndeliveredHandler) -> UndeliveredHandler:
        _once(slot, unreachables)
        unreachables[slot] = handler
        return handler

    return register


def still_wanted(slot: str) -> Callable[[MailCheck], MailCheck]:
    """Decide, just before an e-mail is sent, whether it still says what holds: `(…, address)`.

    For slots that begin so; an e-mail may have waited for days. Others are sent in any case.
    """

    def register(check: MailCheck) -> MailCheck:
        _once(slot, mail_checks)
        mail_checks[slot] = check
        return check

    return register


def is_wanted(session: Session, slot: str, trial_id: int | None, address: str) -> bool:
    """Whether an e-mail is still to be sent to an address."""
    trial = session.get(Trial, trial_id) if trial_id else None
    check = next((mail_checks[each] for each in mail_checks if slot.startswith(each)), None)
    return trial is None or check is None or check(session, trial, address)


def _whatever(answer: bool, inputs: object) -> bool:
    return answer


def _known(needs: Sequence[str]) -> frozenset[str]:
    unknown = set(needs) - NEEDS
    if unknown:
        raise ValueError(f"nobody fetches {sorted(unknown)}")
    return frozenset(needs)


def _once(key: object, registry: Mapping[Any, Any]) -> None:
    if key in registry:
        raise ValueError(f"{key} has a handler already")
