"""The rules of trials, pure: who may do what, what a trial is on a day, what may happen to it.

The rules on days, eligibility, Partner Hub, corrections and codes live in files of their own and
are offered here too, so that `policy` is the one door.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from store.codes import CODES, code, normal_code
from store.corrections import Correction, check_correction, correction_deadline, corrections
from store.dates import (
    DEVICE_BELLS,
    GRACE_DAYS,
    LONGEST_TRIAL,
    NEVER_SNOOZED,
    SNOOZES,
    WEEKEND,
    Caution,
    Extension,
    all_back,
    check_device_extension,
    check_done_on,
    check_extension,
    consent_deadline,
    device_limit,
    due_back,
    end_of,
    extension,
    grace_end,
    has_calling,
    is_working_day,
    next_deadline,
    numbers_released,
    service_start,
    snooze,
    unrecorded,
    working_day_before,
)
from store.eligibility import (
    check_bought,
    check_kept,
    check_services,
    check_trialled,
    lost_services,
    reservations,
    site_url,
)
from store.hub import (
    CHECKLIST,
    STARTED_BY,
    STEPS,
    Step,
    check_administrator,
    check_conversion,
    check_order,
    open_items,
    steps,
)
from store.refusals import Reason, Refused
from store.tables import Trial
from store.terms import Role, State, Status

__all__ = [
    "BECOMES",
    "BY_DATE",
    "CHECKLIST",
    "CODES",
    "DEVICE_BELLS",
    "GRACE_DAYS",
    "LIVE",
    "LONGEST_TRIAL",
    "NEVER_SNOOZED",
    "PROBES_AN_HOUR",
    "SNOOZES",
    "STARTED_BY",
    "STEPS",
    "TRANSITIONS",
    "WEEKEND",
    "Action",
    "Caution",
    "Change",
    "Correction",
    "Extension",
    "Step",
    "all_back",
    "allowed",
    "check",
    "check_administrator",
    "check_bought",
    "check_conversion",
    "check_correction",
    "check_device_extension",
    "check_done_on",
    "check_extension",
    "check_kept",
    "check_may",
    "check_order",
    "check_resend",
    "check_services",
    "check_trialled",
    "code",
    "consent_deadline",
    "correction_deadline",
    "corrections",
    "days_left",
    "device_limit",
    "due_back",
    "end_of",
    "extension",
    "grace_end",
    "grace_left",
    "has_calling",
    "is_live",
    "is_working_day",
    "lapsed",
    "lost_services",
    "may",
    "next_deadline",
    "normal_code",
    "numbers_released",
    "open_items",
    "reservations",
    "service_start",
    "site_url",
    "snooze",
    "status",
    "steps",
    "unrecorded",
    "working_day_before",
]

PROBES_AN_HOUR = 10
"""How often an hour a person may be told that something is taken (PRODUCT §1)."""

RESEND_EVERY = timedelta(hours=1)


# ------------------------------------------------------------------ who may


class Action(StrEnum):
    """What a role allows or not (PRODUCT §1)."""

    SEE = "see"
    START = "start"
    CHANGE = "change"
    ASSIGN = "assign"
    CORRECT = "correct"
    SETTINGS = "settings"
    ROLES = "roles"
    LINK_SPACE = "link-space"


_OWN_ONLY = frozenset({Action.CHANGE})

_RIGHTS: dict[Role, frozenset[Action]] = {
    Role.FULL: frozenset(Action),
    Role.ADMIN: frozenset({Action.SEE, Action.START, Action.CHANGE}),
    Role.READ_ONLY: frozenset({Action.SEE}),
}


def may(role: Role | None, action: Action, *, own: bool = False) -> bool:
    """Whether somebody with this role at the trial's partner may do this (trials-domain 1).

    `own`: they started the trial or are assigned to it; a partner administrator changes no others.
    """
    if role is None or action not in _RIGHTS[role]:
        return False
    return own or role == Role.FULL or action not in _OWN_ONLY


def check_may(role: Role | None, action: Action, *, own: bool = False) -> None:
    """Refuse what a role doesn't allow (NOT_ALLOWED; `role`: the only one that does, if so)."""
    if not may(role, action, own=own):
        many = may(Role.ADMIN, action, own=True)
        raise Refused(Reason.NOT_ALLOWED, **({} if many else {"role": Role.FULL}))


# ------------------------------------------------------------------ status


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
    """Whether consent was asked and nobody decided by the end of R+30 (seed L183)."""
    asked_on = trial.asked_on or trial.saved_on
    return trial.state == State.CONSENT and today > consent_deadline(asked_on)


def is_live(trial: Trial, today: date) -> bool:
    """Whether the trial still holds its services, site and place in the list."""
    return status(trial, today) in LIVE


LIVE = frozenset({Status.PENDING_CONSENT, Status.PENDING_PROVISIONING, Status.ACTIVE, Status.GRACE})


def days_left(trial: Trial, today: date) -> int | None:
    """Days until E while the trial is active: 0 on E, which is still a trial day (A5)."""
    if trial.ends is None or status(trial, today) is not Status.ACTIVE:
        return None
    return (trial.ends - today).days


def grace_left(trial: Trial, today: date) -> int | None:
    """Days of grace left while there is grace: 29 on E+1, 0 on E+30 (trials-domain 7)."""
    if trial.ends is None or status(trial, today) is not Status.GRACE:
        return None
    return (grace_end(trial.ends) - today).days


# ------------------------------------------------------------------ what may happen


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


def check_resend(last_asked_at: datetime, now: datetime) -> None:
    """Refuse to send the consent card more than once an hour (PRODUCT, Consent)."""
    again_at = last_asked_at + RESEND_EVERY
    if now < again_at:
        raise Refused(Reason.RESENT_RECENTLY, again_at=again_at)
