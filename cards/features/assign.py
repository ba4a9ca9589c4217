"""The people who manage a trial, and assigning more."""

from collections.abc import Sequence
from datetime import date

from cards.features.move import move_behind
from cards.features.roles import people_choices
from cards.kit.behind import Behind, behind
from cards.kit.forms import Form, Invalid, carried, day, someone
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Words
from store.features.assign import ASSIGN, ASSIGNED, UNASSIGNED
from store.refusals import DAY_TOO_EARLY, NO_SUCH_PERSON
from store.tables import Person, Space, Trial, id_of
from store.terms import Role

offers("assign", N_("Assign…"), ASSIGN, place=80)


class AssignTo(
    Form,
    key="trial.assign",
    rule=on_trial(ASSIGN),
    title=N_("Assign the trial"),
    submit=N_("Assign"),
    refused_at={NO_SUCH_PERSON: "person", DAY_TOO_EARLY: "until"},
):
    """Let another administrator change a trial, permanently or until a day."""

    trial: int = carried()
    version: int = carried()
    person: int = someone(N_("Assign to"))
    until: date | None = day(N_("Until"), required=False, hint=N_("Leave empty for no end date."))


class Unassign(
    Form,
    key="trial.unassign",
    rule=on_trial(ASSIGN),
    title=N_("Unassign"),
    submit=N_("Unassign"),
    refused_at={NO_SUCH_PERSON: "person"},
):
    """Remove an assignment."""

    trial: int = carried()
    version: int = carried()
    person: int = someone(N_("Person"))


def able(roles: Sequence[tuple[Person, Role]]) -> list[Person]:
    """Return the people who may change trials."""
    return [person for person, role in roles if role is not Role.READ_ONLY]


def assign_card(
    trial: Trial,
    roles: Sequence[tuple[Person, Role]],
    assigned: Sequence[Person],
    elsewhere: Sequence[Space] = (),
    *,
    words: Words,
    today: date,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show who manages the trial, and ask who else should.

    `elsewhere`: the spaces that it can be moved to.
    """
    names = words.join([words.name(person) for person in assigned])
    now = words("Managed by {names}.", names=names) if assigned else Md("")
    others = [person for person in assigned if person.id != trial.started_by]
    back = _take_back(trial, others, words, problem)
    move = move_behind(trial, elsewhere, words, problem)
    return sheet(
        AssignTo,
        trial,
        words,
        today,
        meaning=[now] if now else [],
        said=said,
        problem=problem,
        choices={"person": people_choices(able(roles))},
        below=[back.opened, move.opened],
        more=[back.button, move.button],
    )


def _take_back(
    trial: Trial, others: Sequence[Person], words: Words, problem: Invalid | None
) -> Behind:
    if not others:
        return Behind(None, None)
    return behind(
        Unassign,
        words,
        scope="back",
        choices={"person": people_choices(others)},
        problem=problem,
        style="destructive",
        trial=id_of(trial),
        version=trial.version,
    )


# ------------------------------------------------------------------ history

tells(
    ASSIGNED,
    N_("{who} assigned {to} until {until}"),
    N_("{who} assigned {to}"),
    N_("{who} assigned someone"),
)
tells(UNASSIGNED, N_("{who} unassigned {old_to}"), N_("{who} unassigned someone"))
