"""A trial's status on a day: its recorded state, and what dates have decided since."""

from datetime import date

from store.rules.dates import consent_deadline, grace_end
from store.tables import Trial
from store.terms import State, Status


def status(trial: Trial, today: date) -> Status:
    """The status of a trial on a day: its recorded state, and what dates have decided since."""
    if lapsed(trial, today):
        return Status.CANCELLED
    if trial.state == State.ACTIVE and trial.ends is not None:
        if today > grace_end(trial.ends):
            return Status.ENDED
        return Status.GRACE if today > trial.ends else Status.ACTIVE
    return _SHOWN[State(trial.state)]


_SHOWN: dict[State, Status] = {
    State.CONSENT: Status.PENDING_CONSENT,
    State.PROVISIONING: Status.PENDING_PROVISIONING,
    State.ACTIVE: Status.ACTIVE,
    State.ENDED: Status.ENDED,
    State.CONVERTED: Status.CONVERTED,
    State.CANCELLED: Status.CANCELLED,
}


def lapsed(trial: Trial, today: date) -> bool:
    """Whether consent was requested and R+30 passed without a decision.

    Rule: docs/domain.md#consent-deadline.
    """
    asked_on = trial.asked_on or trial.saved_on
    return trial.state == State.CONSENT and today > consent_deadline(asked_on)


def is_live(trial: Trial, today: date) -> bool:
    """Whether the trial still holds its services, its site and its place in lists."""
    return status(trial, today) in LIVE


LIVE = frozenset({Status.PENDING_CONSENT, Status.PENDING_PROVISIONING, Status.ACTIVE, Status.GRACE})


def days_left(trial: Trial, today: date) -> int | None:
    """Days until E while the trial is active: 0 on E, which is still a trial day.

    Rule: docs/domain.md#end-of-the-trial.
    """
    if trial.ends is None or status(trial, today) is not Status.ACTIVE:
        return None
    return (trial.ends - today).days


def grace_left(trial: Trial, today: date) -> int | None:
    """Days of grace left during grace: 29 on E+1, 0 on E+30 (docs/domain.md#grace)."""
    if trial.ends is None or status(trial, today) is not Status.GRACE:
        return None
    return (grace_end(trial.ends) - today).days
