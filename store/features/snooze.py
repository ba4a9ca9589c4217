"""Putting a trial's reminders off for a day or three, never past the next deadline."""

from datetime import date, datetime

from sqlmodel import Session

from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules import snoozes
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import ANY, Change, check
from store.tables import Person

SNOOZE = Change("snooze", ANY)
SNOOZED = HistoryKind("snoozed")


def snooze(
    session: Session,
    trial_id: int,
    *,
    kind: ReminderKind,
    days: int,
    by: Person,
    seen: int | None,
    now: datetime,
) -> date:
    """Be silent of a trial until a day, and say then what was put off; that day.

    Refused: as `hold`, SNOOZE_PAST_DEADLINE (`until`, `deadline`) also for E, E+29 and D+14.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, SNOOZE, today)
    until = snoozes.snooze(trial, kind, today, days)
    trial.snoozed_until = until
    after = {"kind": kind, "until": until}
    keep(session, trial, by=by, now=now, what=SNOOZED, after=after)
    return until
