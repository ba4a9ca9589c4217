"""A trial's status on a day: what Cisco is known to have, what dates decide, what is open."""

from collections.abc import Iterable
from datetime import date

from store.rules.dates import asked_until, consent_deadline, grace_end
from store.rules.hub import HubChange, open_changes
from store.tables import Trial
from store.terms import State, Status


def status(trial: Trial, today: date) -> Status:
    """The status of a trial on a day: its recorded state, and what dates have decided since.

    Changes that wait for their confirmation in Partner Hub can give it another name.
    """
    changes = [HubChange.of(task.change) for task in open_changes(trial)]
    return status_by(State(trial.state), trial.asked_on, trial.ends, changes, today)


def status_by(
    state: State,
    asked_on: date | None,
    ends: date | None,
    changes: Iterable[HubChange],
    today: date,
) -> Status:
    """The status of every trial in this state, with these dates and open changes."""
    plain = shown = _by_dates(state, asked_on, ends, today)
    for change in changes:
        shown = change.instead.get(shown, shown)
    if shown is Status.UNSURE and ends is not None and today > asked_until(ends):
        return plain
    return shown


def _by_dates(state: State, asked_on: date | None, ends: date | None, today: date) -> Status:
    if _lapsed(state, asked_on, today):
        return Status.CANCELLED
    if state is State.ACTIVE and ends is not None:
        if today > grace_end(ends):
            return Status.ENDED
        return Status.GRACE if today > ends else Status.ACTIVE
    return _SHOWN[state]


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

    A request that wasn't sent in Partner Hub has no R, so it never lapses.
    Rule: docs/domain.md#consent-deadline.
    """
    return _lapsed(State(trial.state), trial.asked_on, today)


def _lapsed(state: State, asked_on: date | None, today: date) -> bool:
    if state is not State.CONSENT or asked_on is None:
        return False
    return today > consent_deadline(asked_on)


def is_live(trial: Trial, today: date) -> bool:
    """Whether the trial still holds its services, its site and its place in lists."""
    return status(trial, today) in LIVE


PENDING = frozenset(
    {
        Status.TO_START,
        Status.TO_REQUEST,
        Status.PENDING_CONSENT,
        Status.ACCEPTED_HERE,
        Status.DECLINED_HERE,
        Status.PENDING_PROVISIONING,
    }
)
"""The statuses of a trial that doesn't run yet."""

LIVE = PENDING | {Status.ACTIVE, Status.GRACE, Status.UNSURE}


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
