"""The command `assign`: who else may change a trial."""

from collections.abc import Sequence

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import partner as partners
from bot.features.shared import trial
from cards.features.assign import AssignTo, Unassign, assign_card
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import assign, spaces
from store.features.assign import ASSIGN
from store.features.shared import people
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.rights import Action, check_may
from store.say import Say
from store.tables import Person


@command(
    "assign",
    rule=with_role(ASSIGN),
    takes=N_("X"),
    help=N_(
        "Choose who else can change a trial, or move it to another space (full"
        " administrators only)."
    ),
)
def ask_whom(turn: Turn) -> Sequence[Say]:
    """Ask who else should manage a trial."""
    return trial.meant(turn, "assign", ask)


def ask(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    """Show who manages a trial, and in which space. Refused: NOT_ALLOWED."""
    check_may(view.standing.role, Action.ASSIGN)
    found = view.trial
    today = today_in(found.space, turn.now)
    card = assign_card(
        found,
        people.with_roles(turn.session, found.partner_id),
        assign.assigned(turn.session, found, today),
        [s for s in spaces.spaces_of(turn.session, found.partner_id) if s.id != found.space_id],
        words=turn.words,
        today=today,
        problem=problem,
    )
    return [trial.in_place(turn, found, card)]


@on(AssignTo, ask_again=trial.once_more(ask), choices=partners.staff)
def assign_to(turn: Turn, form: AssignTo) -> Sequence[Say]:
    """Let somebody else change the trial."""
    done = assign.assign(
        turn.session,
        form.trial,
        turn.act(form.version),
        person_id=form.person,
        until=form.until,
    )
    name = _name(turn, form.person)
    until = N_("{person} can change this trial until {day}.")
    said = until if form.until else N_("{person} can now change this trial.")
    return trial.done(turn, done, lambda words: words(said, person=name, day=form.until))


@on(Unassign, ask_again=trial.once_more(ask), choices=partners.staff)
def unassign(turn: Turn, form: Unassign) -> Sequence[Say]:
    """Remove the assignment."""
    done = assign.unassign(turn.session, form.trial, turn.act(form.version), person_id=form.person)
    name = _name(turn, form.person)
    sentence = N_("{person} is no longer assigned to this trial.")
    return trial.done(turn, done, lambda words: words(sentence, person=name))


def _name(turn: Turn, person_id: int) -> str:
    return turn.words.name(turn.session.get_one(Person, person_id))
