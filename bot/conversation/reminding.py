"""Say what is due in a space: one message to the partner, and what goes to customers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation import earlier
from bot.conversation.routes import Due, reminder_routes, say_together
from bot.conversation.turn import Turn
from store.features.shared import trials
from store.queues import sent
from store.rules.lateness import heard
from store.rules.plan import slot_of_morning
from store.rules.reminder_kinds import ReminderKind
from store.say import Say, To
from store.tables import Reminder, Trial


def says_of(turn: Turn, due: Sequence[Due], lane: str, *, now: datetime) -> Iterator[Say]:
    """Yield what to say of the reminders that are due in a space, and record what they decide.

    `lane`: theirs in the queue. `now`: queue time.
    """
    ring = _sort(due, turn.now)
    yield from earlier.lessen(turn, ring.partner, lane, now=now)
    for trial, reminder in ring.customers:
        yield from _handle(turn, trial, reminder)
    if len(ring.partner) == 1:
        trial, reminder = ring.partner[0]
        yield from (_in_slot(say, trial, reminder, turn) for say in _handle(turn, trial, reminder))
    for trial, reminder in ring.unsaid if len(ring.partner) == 1 else ring.unsaid + ring.partner:
        if reminder_routes[_kind(reminder)].writes:
            yield from _elsewhere(turn, trial, _handle(turn, trial, reminder))
    if len(ring.partner) > 1:
        yield from _morning(turn, ring.partner, now)
    for trial in {t.id: t for t, reminder in due if t and _kind(reminder).is_weekly}.values():
        trials.replan(turn.session, trial, turn.now)


@dataclass(frozen=True, slots=True)
class _Ring:
    """A space's due reminders: those to send, and those that may only write."""

    customers: list[Due]
    partner: list[Due]
    unsaid: list[Due]


def _sort(due: Sequence[Due], now: datetime) -> _Ring:
    """Sort reminders; only the newest late ones are sent (docs/domain.md#late-reminders)."""
    kept = {reminder.id for reminder in heard([r for _, r in due], now)}
    said = [pair for pair in due if pair[1].id in kept]
    return _Ring(
        customers=[pair for pair in said if _kind(pair[1]).to_customer],
        partner=[pair for pair in said if not _kind(pair[1]).to_customer],
        unsaid=[pair for pair in due if pair[1].id not in kept],
    )


def _kind(reminder: Reminder) -> ReminderKind:
    return ReminderKind.of(reminder.kind)


def _handle(turn: Turn, trial: Trial | None, reminder: Reminder) -> Sequence[Say]:
    says = reminder_routes[_kind(reminder)].handler(turn, trial, reminder)
    return [replace(say, event=f"r{reminder.id}") for say in says]


def _morning(turn: Turn, partner: Sequence[Due], now: datetime) -> Iterator[Say]:
    """One message for all; the space's earlier ones on the same topics shrink to one line each."""
    about = next((trial for trial, _ in partner if trial), None)
    slot = slot_of_morning(turn.space.id or 0 if turn.space else 0, now)
    for say in say_together(turn, partner):
        if say.to == turn.here and about:
            say = replace(say, to=To.trial(about.id or 0))
        yield replace(say, slot=say.slot or slot)
    places = dict.fromkeys(earlier.place(*each) for each in partner)
    sent.shrink(turn.session, turn.here.address, places, now=now)


def _in_slot(say: Say, trial: Trial | None, reminder: Reminder, turn: Turn) -> Say:
    if trial is None or not _is_here(say, trial, turn):
        return say
    return replace(say, to=To.trial(trial.id or 0), slot=say.slot or earlier.place(trial, reminder))


def _elsewhere(turn: Turn, trial: Trial | None, says: Sequence[Say]) -> Iterator[Say]:
    return (say for say in says if trial is None or not _is_here(say, trial, turn))


def _is_here(say: Say, trial: Trial, turn: Turn) -> bool:
    return say.to in (turn.here, To.trial(trial.id or 0))
