"""Send due reminders: per space, in one transaction and one message to the partner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.conversation.routes import reminder_routes, say_together
from bot.conversation.turn import Turn
from bot.engine import earlier
from bot.engine.context import Context
from bot.engine.errands import FetchSpace
from bot.engine.messengers import Brought
from bot.engine.round import Round
from bot.engine.route import room_of
from bot.failures import Again, LeaseLost, Undeliverable, backoff
from bot.observe import log
from cards.kit.words import Words
from store.features.shared import trials
from store.queues import leases, outbox, reminders, sent
from store.queues.leases import REMINDERS, Claimed
from store.rules.lateness import heard
from store.rules.plan import slot_of_morning
from store.rules.reminder_kinds import ReminderKind
from store.say import Say, To
from store.tables import Reminder, Space, Trial

TOGETHER_TRIES = 2
"""Tries after which a reminder is sent alone, so that it doesn't block others of its space."""

LONGEST_WAIT = 3600.0

Due = tuple[Trial | None, Reminder]


class Ringing:
    """Sends claimed reminders in the desk's rounds; a row represents all due in its space."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def acts(self, brought: Brought) -> bool:
        """Always true: a reminder changes more than the queues."""
        return True

    def begin(self, round: Round, row: Claimed) -> None:
        """Send a space's reminders, or first fetch what they need. Raises unexpected errors."""
        alone = row.attempts >= TOGETHER_TRIES
        with round.session() as session:
            needs, room_id = _needs(session, row)
        if needs and room_id and not alone:
            round.errands.append(FetchSpace(row, room_id, needs))
        else:
            self._ring(round, row, {}, alone=alone)

    def take(self, round: Round, brought: Brought) -> None:
        """Send a space's reminders, even if the fetch failed; but if Webex limits calls, wait."""
        row, failure = brought.errand.row, brought.failure
        if isinstance(failure, Again) and failure.limited:
            self._give_back(round, row, failure.after, failure.why, counted=False)
        elif failure and not isinstance(failure, (Again, Undeliverable)):
            raise failure
        else:
            self._ring(round, row, brought.result or {}, alone=False)

    def bug(self, round: Round, brought: Brought, error: Exception) -> None:
        """Retry after ever longer waits: reminders are never given up, and `doctor` shows them."""
        row = brought.errand.row
        log.error("unexpected error", id=f"r{row.id}", attempts=row.attempts, exc_info=error)
        patience = backoff(row.attempts) if row.attempts < 10 else LONGEST_WAIT
        self._give_back(round, row, patience, type(error).__name__)

    def _ring(self, round: Round, row: Claimed, fetched: Mapping[str, Any], *, alone: bool) -> None:
        with round.session() as session:
            due = _due(session, row, round.now, alone=alone)
            connection = session.connection()
            if not leases.settle(connection, REMINDERS, row, now=round.now, outcome="rang"):
                raise LeaseLost
            rang = [reminder.id for _, reminder in due]
            reminders.settle(connection, rang, rang_at=row.rang_at, now=round.now)
            says = list(_says(self._turn(session, row, fetched), due, row.lane, round.now))
            outbox.put(session, says, now=round.now, bell=True, event=f"r{row.id}")
        self._say_so(round, row, "rang")

    def _turn(self, session: Session, row: Claimed, fetched: Mapping[str, Any]) -> Turn:
        return replace(_turn(session, row, fetched), links=self._context.links)

    def _give_back(
        self, round: Round, row: Claimed, wait: float, why: str, *, counted: bool = True
    ) -> None:
        at = round.now + timedelta(seconds=wait)
        leases.retry(round.connection, REMINDERS, row, at=at, counted=counted, why=why)
        round.afterwards(partial(self._context.wake.ring_at, at))
        self._say_so(round, row, "later")

    def _say_so(self, round: Round, row: Claimed, outcome: str) -> None:
        def say_so() -> None:
            self._context.metrics.turns.labels("reminder", outcome).inc()
            log.info("reminded", id=f"r{row.id}", space=row.space_id, outcome=outcome)

        round.afterwards(say_so)


def _needs(session: Session, row: Claimed) -> tuple[frozenset[str], str]:
    """What a space's due reminders need, and the room's id."""
    kinds = reminders.kinds_due(session, row)
    needs = frozenset[str]().union(*(reminder_routes[kind].needs for kind in kinds))
    room_id = room_of(session, session.get_one(Space, row.space_id)) if needs else ""
    return needs, room_id


# ------------------------------------------------------------------ what is due


def _due(session: Session, row: Claimed, now: datetime, *, alone: bool) -> list[Due]:
    """The reminders due in the row's space, reread after locking their trials, in lock order."""
    wanted = reminders.due(session, row, now=now, alone=alone, tries=TOGETHER_TRIES)
    locked = trials.lock_all(session, reminders.trials_of(session, wanted))
    found: dict[int | None, Trial] = {trial.id: trial for trial in locked}
    ours = reminders.lock(session, wanted)
    pairs = [(found.get(r.trial_id) if r.trial_id else None, r) for r in ours]
    return [(trial, r) for trial, r in pairs if trial is not None or r.trial_id is None]


# ------------------------------------------------------------------ what is sent


@dataclass(frozen=True, slots=True)
class _Ring:
    """A space's due reminders: those to send, and those that may only write."""

    customers: list[Due]
    partner: list[Due]
    unsaid: list[Due]


def _says(turn: Turn, due: Sequence[Due], lane: str, now: datetime) -> Iterator[Say]:
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


def _turn(session: Session, row: Claimed, fetched: Mapping[str, Any]) -> Turn:
    space = session.get_one(Space, row.space_id)
    return Turn(
        session,
        None,
        space.room_id,
        direct=False,
        space=space,
        now=row.rang_at,
        today=row.rang_at.astimezone(ZoneInfo(space.time_zone)).date(),
        words=Words(space.language),
        fetched=fetched,
    )
