"""Who looks after a trial, and handing over all of one person's trials."""

from collections.abc import Sequence
from datetime import date

from cards import kit
from cards.fields import Choices
from cards.forms import Form, Invalid, carried, choose, day
from cards.kit import Action, Card
from cards.roles import people_choices
from cards.sheet import sheet
from cards.words import N_, Md, Words, dotted, paragraphs
from store.tables import Partner, Person, Trial, id_of
from store.terms import Role


class AssignTo(Form, key="trial.assign", title=N_("Assign the trial"), submit=N_("Assign")):
    """Let another administrator change a trial, for good or until a day."""

    trial: int = carried()
    version: int = carried()
    person: int = choose(N_("To whom?"))
    until: date | None = day(N_("Until"), required=False, hint=N_("Leave it empty for good."))


class Unassign(Form, key="trial.unassign", submit=N_("Take it back")):
    """Take an assignment back."""

    trial: int = carried()
    version: int = carried()
    person: int = choose(N_("From whom?"))


class HandOver(
    Form,
    key="trials.handover",
    title=N_("Hand over all trials of a person"),
    submit=N_("Hand over"),
):
    """Hand over all running trials of one person to another."""

    partner: int = carried()
    giver: int = choose(N_("From"))
    taker: int = choose(N_("To"))
    until: date | None = day(
        N_("Until"),
        required=False,
        hint=N_("Leave it empty for good. With a day, both can change them until then."),
    )


def able(roles: Sequence[tuple[Person, Role]]) -> list[tuple[Person, Role]]:
    """Those who may change trials."""
    return [(person, role) for person, role in roles if role is not Role.READ_ONLY]


def assign_card(
    trial: Trial,
    roles: Sequence[tuple[Person, Role]],
    assigned: Sequence[Person],
    *,
    words: Words,
    today: date,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Who looks after the trial now, and who else shall."""
    names = words.join([words.name(person) for person in assigned])
    now = words("Looked after by {names}.", names=names) if assigned else Md("")
    others = [person for person in assigned if person.id != trial.started_by]
    return sheet(
        AssignTo,
        trial,
        words,
        today,
        meaning=[now] if now else [],
        said=said,
        problem=problem,
        choices={"person": people_choices(able(roles))},
        more=[_take_back(trial, others, words)],
    )


def handover_card(
    partner: Partner,
    roles: Sequence[tuple[Person, Role]],
    *,
    words: Words,
    values: dict[str, object] | None = None,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Ask who hands over to whom, and until when."""
    everybody = people_choices(able(roles))
    about = words("All trials that run: who hands over to whom?")
    elements = [
        kit.header(words(HandOver.title), partner.name),
        kit.notice(said, "attention") if said else None,
        kit.text(about),
        *HandOver.inputs(
            words,
            problem.values if problem else values or {},
            problem.messages if problem else {},
            {"giver": everybody, "taker": everybody},
        ),
    ]
    button = HandOver.button(words, style="positive", partner=id_of(partner))
    return kit.card(words, paragraphs(said, about), elements, [button])


def handed_over(n: int, giver: Person, taker: Person, words: Words) -> Md:
    """How many trials changed hands."""
    return words.plural(
        "{n} trial handed over from {giver} to {taker}.",
        "{n} trials handed over from {giver} to {taker}.",
        n,
        giver=words.name(giver),
        taker=words.name(taker),
    )


def _take_back(trial: Trial, others: Sequence[Person], words: Words) -> Action | None:
    if not others:
        return None
    choices: Choices = [(str(person.id), dotted(person.name, person.email)) for person in others]
    inputs = Unassign.inputs(words, choices={"person": choices}, scope="back")
    button = Unassign.button(
        words, style="destructive", scope="back", trial=id_of(trial), version=trial.version
    )
    return kit.show(words("Take it back…"), inputs, [button])
