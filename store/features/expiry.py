"""Record what dates decide; readers derive it from the dates in any case."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from store.act import Act
from store.features.extend import EXTENSION
from store.features.shared.trials import finish, keep, lock, today_in
from store.history import HistoryKind
from store.rules.dates import GRACE_DAYS, bought_on, grace_end, has_calling
from store.rules.hub import is_quiet, opened
from store.rules.plan import Planned, counted, plans
from store.rules.reminder_kinds import ReminderKind, records
from store.rules.statuses import status
from store.rules.transitions import Change, allowed
from store.tables import Trial
from store.terms import State, Status

RECORD_END = Change("end", {Status.ENDED}, becomes=State.ENDED, records=State.ACTIVE)
EXPIRED = HistoryKind("expired")
ENDED = HistoryKind("ended")

END_MINUS_14 = ReminderKind("end-14", after=-14, urgency=250)
END_MINUS_7 = ReminderKind("end-7", after=-7, urgency=110, mentions=True)
END = ReminderKind("end", after=0, urgency=50, can_wait=False, mentions=True)
GRACE_1 = ReminderKind("end+1", after=1, urgency=120)
GRACE_15 = ReminderKind("end+15", after=15, urgency=140)
GRACE_27 = ReminderKind("end+27", after=27, urgency=70)
GRACE_29 = ReminderKind("end+29", after=29, urgency=10, can_wait=False, mentions=True)
GRACE_30 = ReminderKind("end+30", after=30, urgency=30)
GRACE_OVER = ReminderKind("end+31", after=31, urgency=260, lapses=True)
CALLING_STOPS = ReminderKind("calling+30", after=30, urgency=40)
NUMBERS_7 = ReminderKind("calling+38", after=38, urgency=100)
NUMBERS_RELEASED = ReminderKind("calling+45", after=45, urgency=280)


@plans
def _towards_the_end(trial: Trial, until: date) -> Iterator[Planned]:
    if trial.state != State.ACTIVE or trial.ends is None:
        return
    yield counted(GRACE_OVER, trial.ends + _longer(trial))
    if bought_on(trial) is not None:
        return
    early = (END_MINUS_14, END_MINUS_7, GRACE_1, GRACE_15, GRACE_27)
    last = (END, GRACE_29, GRACE_30)
    for kind in last if trial.let_go or is_quiet(trial) else (*early, *last):
        yield counted(kind, trial.ends)


def _longer(trial: Trial) -> timedelta:
    """For how long after grace the end isn't written, because it may have been extended."""
    return timedelta(days=GRACE_DAYS if opened(trial, EXTENSION) else 0)


@plans
def _of_the_numbers(trial: Trial, until: date) -> Iterator[Planned]:
    """Plan reminders about Calling and its numbers; the numbers' come after grace ends."""
    if trial.state not in (State.ACTIVE, State.ENDED) or trial.ends is None:
        return
    bought = bought_on(trial) is not None
    silent = trial.let_go or is_quiet(trial)
    if not has_calling(trial) or (silent and not bought):
        return
    if not bought:
        yield counted(CALLING_STOPS, trial.ends)
    if opened(trial, EXTENSION):
        return
    for kind in (NUMBERS_7, NUMBERS_RELEASED):
        yield replace(counted(kind, trial.ends), not_before=grace_end(trial.ends))


@records(GRACE_1, Status.GRACE)
def expire(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Record once that a trial has expired and is in grace; None if it isn't."""
    trial = lock(session, trial_id)
    if trial is None or status(trial, today_in(trial.space, now)) != Status.GRACE:
        return None
    return keep(session, trial, Act(None, now), EXPIRED, after={"ends": trial.ends})


@records(GRACE_OVER, Status.ENDED)
def end(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Record that grace is over (E+31) and nothing can be restored; None if it isn't over.

    While an extension is open, it isn't over before E+61.
    """
    trial = lock(session, trial_id)
    if trial is None or trial.ends is None:
        return None
    if not allowed(trial, RECORD_END, today_in(trial.space, now)):
        return None
    trial.state, trial.ended_on = State.ENDED, grace_end(trial.ends)
    finish(session, trial)
    return keep(session, trial, Act(None, now), ENDED, after={"ends": trial.ends})
