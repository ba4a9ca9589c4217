"""Provisioning: the day from which an accepted trial runs."""

from datetime import date, datetime

from sqlmodel import Session

from store.features.shared.trials import hold, keep, today_in
from store.rules.dates import check_done_on, end_of
from store.rules.transitions import Change, check
from store.tables import Person, Trial
from store.terms import Fact, HubChange, State


def provisioned(
    session: Session, trial_id: int, *, by: Person, day: date, seen: int | None, now: datetime
) -> Trial:
    """Record the day on which the services were set up: E is that day and the trial's duration.

    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY (before the acceptance).
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.PROVISION, today)
    check_done_on(day, today, trial.accepted_on)
    trial.state, trial.provisioned_on, trial.first_day = State.ACTIVE, day, day
    trial.ends = end_of(day, trial.duration)
    for task in trial.hub_tasks:
        if task.change in (HubChange.REQUEST, HubChange.PROVISION) and task.done_on is None:
            task.done_on = day
    after = {"day": day, "ends": trial.ends}
    return keep(session, trial, by=by, now=now, what=Fact.PROVISIONED, after=after)
