"""What each role at a trial's partner allows."""

from enum import StrEnum

from store.refusals import NOT_ALLOWED, Refused
from store.terms import Role


class Action(StrEnum):
    """An action that a role may allow (docs/domain.md#roles)."""

    SEE = "see"
    START = "start"
    CHANGE = "change"
    ASSIGN = "assign"
    CORRECT = "correct"
    SETTINGS = "settings"
    ROLES = "roles"
    IMPORT = "import"


_OWN_ONLY = frozenset({Action.CHANGE})

_RIGHTS: dict[Role, frozenset[Action]] = {
    Role.FULL: frozenset(Action),
    Role.ADMIN: frozenset({Action.SEE, Action.START, Action.CHANGE}),
    Role.READ_ONLY: frozenset({Action.SEE}),
}


def may(role: Role | None, action: Action, *, own: bool = False) -> bool:
    """Whether a role at the trial's partner allows an action (docs/domain.md#roles).

    `own`: the person started the trial or is assigned to it; a partner administrator may change no
    others.
    """
    if role is None or action not in _RIGHTS[role]:
        return False
    return own or role == Role.FULL or action not in _OWN_ONLY


def check_may(role: Role | None, action: Action, *, own: bool = False) -> None:
    """Refuse what a role doesn't allow.

    Raises NOT_ALLOWED; `role`: the only role that allows it, if there is just one.
    """
    if not may(role, action, own=own):
        many = may(Role.ADMIN, action, own=True)
        raise Refused(NOT_ALLOWED, **({} if many else {"role": Role.FULL}))
