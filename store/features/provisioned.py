"""Record provisioning: the day on which an accepted trial starts."""

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.open_changes import arrive, confirm, want
from store.features.shared.trials import hold, today_in
from store.history import HistoryKind
from store.rules.dates import end_of
from store.rules.hub import HubChange, Step, is_quiet, opened
from store.rules.plan import WEEK, Planned, counted, plans, weekly
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import Change
from store.tables import HubTask, Trial
from store.terms import State, Status

PROVISION = Change(
    "provision", {Status.ACCEPTED_HERE, Status.PENDING_PROVISIONING}, becomes=State.ACTIVE
)
PROVISIONED = HistoryKind("provisioned")

PROVISION_2 = ReminderKind("accepted+2", after=2, urgency=210)
PROVISION_7 = ReminderKind("accepted+7", after=7, urgency=200)
PROVISION_WEEKLY = ReminderKind("accepted-weekly", urgency=220)

PROVISIONING = HubChange(
    "provision",
    (Step.OPEN_CUSTOMER, Step.SET_UP_CUSTOMER),
    confirmed=PROVISIONED,
    rings=False,
    leads=True,
    limits=lambda trial: (trial.accepted_on, None),
)


@PROVISIONING.confirms
def _runs(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    trial.state, trial.provisioned_on, trial.first_day = State.ACTIVE, day, day
    trial.ends = end_of(day, trial.duration)
    arrive(trial, day)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    waits = trial.state == State.PROVISIONING and not is_quiet(trial)
    if waits and trial.accepted_on is not None:
        yield counted(PROVISION_2, trial.accepted_on)
        yield counted(PROVISION_7, trial.accepted_on)
        yield from weekly(PROVISION_WEEKLY, trial.accepted_on + WEEK, until)


def provisioned(session: Session, trial_id: int, act: Act, *, day: date) -> Trial:
    """Record the day the services were set up: E is that day plus the trial's duration.

    It shows that Cisco knows the consent, too.
    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY (before the acceptance).
    """
    trial = hold(session, trial_id, act, PROVISION)
    today = today_in(trial.space, act.now)
    task = opened(trial, PROVISIONING) or want(trial, PROVISIONING, today)
    return confirm(session, trial, task, act, day)
