"""What a customer hears of a trial: on, off, stopped by them, or not reachable at all."""

from datetime import datetime

from sqlmodel import Session

from store.features.shared.trials import hold, keep, lock, today_in
from store.refusals import Reason, Refused
from store.rules.transitions import Change, check
from store.tables import Person, Trial
from store.terms import Fact


def switch(
    session: Session, trial_id: int, *, on: bool, by: Person, seen: int | None, now: datetime
) -> Trial:
    """Turn the customer's notices of a trial on or off. Refused: as `hold`, WRONG_STATUS."""
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    check(trial, Change.NOTICES, today_in(trial.space, now))
    return _switched(session, trial, on, by=by, now=now)


def stop(session: Session, trial_id: int, *, by: Person, now: datetime) -> Trial:
    """The customer's administrator wants no more messages. Refused: NOTHING_FOR_YOU to others."""
    trial = lock(session, trial_id)
    if trial is None or trial.customer.administrator not in by.emails:
        raise Refused(Reason.NOTHING_FOR_YOU)
    return _switched(session, trial, False, by=by, now=now)


def unreachable(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Remember that the customer's administrator can't be reached; the trial if that is news."""
    trial = lock(session, trial_id)
    if trial is None or trial.customer_unreachable:
        return None
    trial.customer_unreachable = True
    return keep(session, trial, by=None, now=now, what=Fact.UNREACHABLE, plans=False)


def _switched(session: Session, trial: Trial, on: bool, *, by: Person, now: datetime) -> Trial:
    if trial.customer_notices == on:
        return trial
    before, trial.customer_notices = {"on": trial.customer_notices}, on
    after = {"on": on}
    return keep(session, trial, by=by, now=now, what=Fact.NOTICES, before=before, after=after)
