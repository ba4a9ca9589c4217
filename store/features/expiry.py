"""What dates decide, written down when they do; every reading derives it from the dates anyway."""

from datetime import datetime

from sqlmodel import Session

from store.features.shared.trials import finish, keep, lock, today_in
from store.rules.dates import grace_end
from store.rules.statuses import status
from store.rules.transitions import Change, allowed
from store.tables import Trial
from store.terms import Fact, State, Status


def expire(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Write down, once, that a trial has expired and is in grace; None if it isn't."""
    trial = lock(session, trial_id)
    if trial is None or status(trial, today_in(trial.space, now)) != Status.GRACE:
        return None
    return keep(session, trial, by=None, now=now, what=Fact.EXPIRED, after={"ends": trial.ends})


def end(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Write down that grace is over (E+31): nothing can be restored; None if it isn't so."""
    trial = lock(session, trial_id)
    if trial is None or trial.ends is None:
        return None
    if not allowed(trial, Change.END, today_in(trial.space, now)):
        return None
    trial.state, trial.ended_on = State.ENDED, grace_end(trial.ends)
    finish(session, trial)
    return keep(session, trial, by=None, now=now, what=Fact.ENDED, after={"ends": trial.ends})
