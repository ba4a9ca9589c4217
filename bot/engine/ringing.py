"""Send due reminders: per space, in one transaction and one message to the partner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.conversation import reminding
from bot.conversation.routes import Due, reminder_routes
from bot.conversation.turn import Turn
from bot.engine.errands import FetchSpace
from bot.engine.messengers import Brought
from bot.engine.round import Round
from bot.engine.route import room_of
from bot.engine.work import Work
from bot.failures import Again, Undeliverable, backoff
from bot.observe import log
from store.features.shared import trials
from store.queues import outbox, reminders
from store.queues.leases import REMINDERS, Claimed
from store.tables import Space, Trial

TOGETHER_TRIES = 2
"""Tries after which a reminder is sent alone, so that it doesn't block others of its space."""

LONGEST_WAIT = 3600.0


class Ringing(Work):
    """Sends claimed reminders; a row represents all due in its space."""

    table = REMINDERS

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
            self._end(round, row, "rang")
            rang = [reminder.id for _, reminder in due]
            reminders.settle(session.connection(), rang, rang_at=row.rang_at, now=round.now)
            space, links = session.get_one(Space, row.space_id), self._context.links
            turn = Turn.in_space(session, space, row.rang_at, fetched=fetched, links=links)
            says = list(reminding.says_of(turn, due, row.lane, now=round.now))
            outbox.put(session, says, now=round.now, bell=True, event=f"r{row.id}")

    def _note(self, row: Claimed, outcome: str) -> None:
        self._context.metrics.turns.labels("reminder", outcome).inc()
        log.info("reminded", id=f"r{row.id}", space=row.space_id, outcome=outcome)


def _needs(session: Session, row: Claimed) -> tuple[frozenset[str], str]:
    """What a space's due reminders need, and the room's id."""
    kinds = reminders.kinds_due(session, row)
    needs = frozenset[str]().union(*(reminder_routes[kind].needs for kind in kinds))
    room_id = room_of(session, session.get_one(Space, row.space_id)) if needs else ""
    return needs, room_id


def _due(session: Session, row: Claimed, now: datetime, *, alone: bool) -> list[Due]:
    """The reminders due in the row's space, reread after locking their trials, in lock order."""
    wanted = reminders.due(session, row, now=now, alone=alone, tries=TOGETHER_TRIES)
    locked = trials.lock_all(session, reminders.trials_of(session, wanted))
    found: dict[int | None, Trial] = {trial.id: trial for trial in locked}
    ours = reminders.lock(session, wanted)
    pairs = [(found.get(r.trial_id) if r.trial_id else None, r) for r in ours]
    return [(trial, r) for trial, r in pairs if trial is not None or r.trial_id is None]
