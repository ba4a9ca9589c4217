"""Who may do what, by their role at the trial's partner."""

from enum import StrEnum

from store.refusals import NOT_ALLOWED, Refused
from store.terms import Role


class Action(StrEnum):
    """What a role allows or not (docs/domain.md#roles)."""

    SEE = "see"
    START = "start"
    CHANGE = "change"
    ASSIGN = "assign"
    CORRECT = "correct"
    SETTINGS = "settings"
    ROLES = "roles"


_OWN_ONLY = frozenset({Action.CHANGE})

_RIGHTS: dict[Role, frozenset[Action]] = {
    Role.FULL: frozenset(Action),
    Role.ADMIN: frozenset({Action.SEE, Action.START, Action.CHANGE}),
    Role.READ_ONLY: frozenset({Action.SEE}),
}


def may(role: Role | None, action: Action, *, own: bool = False) -> bool:
    """Whether somebody with this role at the trial's partner may do this (docs/domain.md#roles).

    `own`: they started the trial or are assigned to it; a partner administrator changes no others.
    """
    if role is None or action not in _RIGHTS[role]:
        return False
    return own or role == Role.FULL or action not in _OWN_ONLY


def check_may(role: Role | None, action: Action, *, own: bool = False) -> None:
    """Refuse what a role doesn't allow (NOT_ALLOWED; `role`: the only one that does, if so)."""
    if not may(role, action, own=own):
        many = may(Role.ADMIN, action, own=True)
        raise Refused(NOT_ALLOWED, **({} if many else {"role": Role.FULL}))
