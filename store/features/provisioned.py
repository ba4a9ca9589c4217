"""Record provisioning: the day on which an accepted trial starts."""

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules.dates import check_done_on, end_of
from store.rules.plan import WEEK, Planned, counted, plans, weekly
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import Change
from store.tables import Trial
from store.terms import HubChange, State, Status

PROVISION = Change("provision", {Status.PENDING_PROVISIONING}, becomes=State.ACTIVE)
PROVISIONED = HistoryKind("provisioned")

PROVISION_2 = ReminderKind("accepted+2", after=2, urgency=210)
PROVISION_7 = ReminderKind("accepted+7", after=7, urgency=200)
PROVISION_WEEKLY = ReminderKind("accepted-weekly", urgency=220)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    if trial.state == State.PROVISIONING and trial.accepted_on is not None:
        yield counted(PROVISION_2, trial.accepted_on)
        yield counted(PROVISION_7, trial.accepted_on)
        yield from weekly(PROVISION_WEEKLY, trial.accepted_on + WEEK, until)


def provisioned(session: Session, trial_id: int, act: Act, *, day: date) -> Trial:
    """Record the day the services were set up: E is that day plus the trial's duration.

    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY (before the acceptance).
    """
    trial = hold(session, trial_id, act, PROVISION)
    today = today_in(trial.space, act.now)
    check_done_on(day, today, trial.accepted_on)
    trial.state, trial.provisioned_on, trial.first_day = State.ACTIVE, day, day
    trial.ends = end_of(day, trial.duration)
    for task in trial.hub_tasks:
        if task.change in (HubChange.REQUEST, HubChange.PROVISION) and task.done_on is None:
            task.done_on = day
    after = {"day": day, "ends": trial.ends}
    return keep(session, trial, act, PROVISIONED, after=after)
