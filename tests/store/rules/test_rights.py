"""Who may do what."""

import pytest

from store.rules import rights
from store.rules.rights import Action
from store.terms import Role


@pytest.mark.parametrize(
    ("role", "others", "own"),
    [
        (Role.FULL, set(Action), set(Action)),
        (
            Role.ADMIN,
            {Action.SEE, Action.START},
            {Action.SEE, Action.START, Action.CHANGE},
        ),
        (Role.READ_ONLY, {Action.SEE}, {Action.SEE}),
        (None, set(), set()),
    ],
)
def test_a_roles_rights_on_own_and_other_trials(
    role: Role | None, others: set[Action], own: set[Action]
) -> None:
    assert {action for action in Action if rights.may(role, action)} == others
    assert {action for action in Action if rights.may(role, action, own=True)} == own


def test_a_role_read_from_the_database_works_as_the_enum_member() -> None:
    assert rights.may("full", Action.CHANGE)  # type: ignore[arg-type]
    assert rights.may("admin", Action.CHANGE, own=True)  # type: ignore[arg-type]
    assert not rights.may("admin", Action.CHANGE)  # type: ignore[arg-type]
