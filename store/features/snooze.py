"""Snooze a trial's reminders for one or three days, never past the next deadline."""

from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules import snoozes
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import ANY, Change

SNOOZE = Change("snooze", ANY)
SNOOZED = HistoryKind("snoozed")


def snooze(session: Session, trial_id: int, act: Act, *, kind: ReminderKind, days: int) -> date:
    """Put a trial's reminders off until a day; return that day.

    Refused: as `hold`, SNOOZE_PAST_DEADLINE (`until`, `deadline`) also for E, E+29 and D+14.
    """
    trial = hold(session, trial_id, act, SNOOZE)
    today = today_in(trial.space, act.now)
    until = snoozes.snooze(trial, kind, today, days)
    trial.snoozed_until = until
    after = {"kind": kind, "until": until}
    keep(session, trial, act, SNOOZED, after=after)
    return until
