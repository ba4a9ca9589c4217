"""What a trial is on a day: what was recorded of it, and what dates have decided since."""

from datetime import date

from store.rules.dates import consent_deadline, grace_end
from store.tables import Trial
from store.terms import State, Status


def status(trial: Trial, today: date) -> Status:
    """What a trial is on a day: what was recorded of it, and what dates have decided since."""
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
    """Whether consent was asked and nobody decided by the end of R+30.

    Rule: docs/domain.md#consent-deadline.
    """
    asked_on = trial.asked_on or trial.saved_on
    return trial.state == State.CONSENT and today > consent_deadline(asked_on)


def is_live(trial: Trial, today: date) -> bool:
    """Whether the trial still holds its services, site and place in the list."""
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
    """Days of grace left while there is grace: 29 on E+1, 0 on E+30 (docs/domain.md#grace)."""
    if trial.ends is None or status(trial, today) is not Status.GRACE:
        return None
    return (grace_end(trial.ends) - today).days
