"""What may happen to a trial of each status, and what it becomes."""

from datetime import date
from enum import StrEnum

from store.refusals import Reason, Refused
from store.rules.statuses import status
from store.tables import Trial
from store.terms import State, Status


class Change(StrEnum):
    """What can happen to a trial."""

    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    RESEND = "resend"
    PROVISION = "provision"
    EXTEND = "extend"
    SERVICES = "services"
    LICENCES = "licences"
    INTEREST = "interest"
    ORDER = "order"
    HAND_OVER = "hand-over"
    CONVERT = "convert"
    LET_GO = "let-go"
    UNDO_LET_GO = "undo-let-go"
    CANCEL = "cancel"
    END = "end"
    ACCESS = "access"
    NOTICES = "notices"
    SNOOZE = "snooze"
    HUB_DONE = "hub-done"
    SHIP = "ship"
    DEVICE_EXTENSION = "device-extension"
    RETURN = "return"
    OUTCOME = "outcome"
    ASSIGN = "assign"
    MOVE = "move"
    CORRECT = "correct"
    NOTE = "note"


_ALWAYS = frozenset(
    {Change.HUB_DONE, Change.ASSIGN, Change.MOVE, Change.CORRECT, Change.NOTE, Change.SNOOZE}
)
_DEVICES = frozenset({Change.SHIP, Change.DEVICE_EXTENSION, Change.RETURN})
_SALE = frozenset({Change.INTEREST, Change.ORDER, Change.HAND_OVER, Change.CONVERT})
_RUNNING = frozenset(
    {
        Change.EXTEND,
        Change.LET_GO,
        Change.UNDO_LET_GO,
        Change.CANCEL,
        Change.ACCESS,
        Change.NOTICES,
    }
)

TRANSITIONS: dict[Status, frozenset[Change]] = {
    Status.PENDING_CONSENT: _ALWAYS
    | {Change.ACCEPT, Change.DECLINE, Change.RESEND, Change.CANCEL, Change.NOTICES},
    Status.PENDING_PROVISIONING: _ALWAYS
    | _DEVICES
    | {
        Change.PROVISION,
        Change.SERVICES,
        Change.LICENCES,
        Change.ACCESS,
        Change.NOTICES,
        Change.CANCEL,
    },
    Status.ACTIVE: _ALWAYS | _DEVICES | _SALE | _RUNNING | {Change.SERVICES, Change.LICENCES},
    Status.GRACE: _ALWAYS | _DEVICES | _SALE | _RUNNING,
    Status.ENDED: _ALWAYS | _DEVICES | {Change.OUTCOME, Change.NOTICES},
    Status.CONVERTED: _ALWAYS | _DEVICES | {Change.NOTICES},
    Status.CANCELLED: _ALWAYS | _DEVICES | {Change.OUTCOME, Change.NOTICES},
}
"""What may happen to a trial of each status. The last three are final but for `correct`; their
devices stay due."""

BECOMES: dict[Change, State] = {
    Change.ACCEPT: State.PROVISIONING,
    Change.DECLINE: State.CANCELLED,
    Change.LAPSE: State.CANCELLED,
    Change.PROVISION: State.ACTIVE,
    Change.CONVERT: State.CONVERTED,
    Change.CANCEL: State.CANCELLED,
    Change.END: State.ENDED,
}
"""The changes that move a trial to another state; the others leave it where it is."""

BY_DATE: dict[Change, tuple[State, Status]] = {
    Change.LAPSE: (State.CONSENT, Status.CANCELLED),
    Change.END: (State.ACTIVE, Status.ENDED),
}
"""What a date has decided and only remains to be recorded: once, from this state."""


def allowed(trial: Trial, change: Change, today: date) -> bool:
    """Whether this may happen to the trial today."""
    now = status(trial, today)
    if change in BY_DATE:
        return (State(trial.state), now) == BY_DATE[change]
    return change in TRANSITIONS[now]


def check(trial: Trial, change: Change, today: date) -> None:
    """Refuse what the trial's status of today doesn't allow (WRONG_STATUS: status, change)."""
    if not allowed(trial, change, today):
        raise Refused(Reason.WRONG_STATUS, status=status(trial, today), change=change)
