"""The command `roles`: show, give, change and remove the roles of a partner's people."""

from collections.abc import Sequence

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import partner as partners
from cards.features.roles import GiveRole, TakeRole, roles_card, typed_role
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.words import N_
from store.features.roles import give, take
from store.features.shared import people
from store.rules.rights import Action, may
from store.say import Say
from store.tables import Partner, id_of
from store.terms import Role


@command(
    "roles",
    takes=N_("[address role]"),
    help=N_("Show who can do what. Full administrators can change roles."),
)
def show_roles(turn: Turn) -> Sequence[Say]:
    """Show everybody with a role, or give the role that was typed."""
    if turn.rest:
        able = partners.mine(turn, Action.ROLES)
        if len(able) == 1:
            return give_role(turn, typed_role(turn.rest, able[0][0]))
    return partners.one_each(turn, [_card(turn, *held) for held in partners.mine(turn)])


def _again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    held = partners.carried(turn, int(problem.values["partner"]), Action.ROLES)
    return [turn.answer(*_card(turn, *held, problem=problem))]


@on(GiveRole, ask_again=_again)
def give_role(turn: Turn, form: GiveRole) -> Sequence[Say]:
    """Give somebody a role, or change the one they have."""
    partner, _ = partners.carried(turn, form.partner, Action.ROLES)
    person = give(
        turn.session, form.partner, email=form.email, role=form.role, by=turn.by, now=turn.now
    )
    said = turn.words(
        "New role for {person}: {role}.",
        person=turn.words.name(person),
        role=turn.words.role(form.role),
    )
    return [turn.answer(*_changed(turn, partner, said))]


@on(TakeRole, ask_again=_again, choices=partners.staff)
def take_role(turn: Turn, form: TakeRole) -> Sequence[Say]:
    """Remove somebody's role."""
    partner, _ = partners.carried(turn, form.partner, Action.ROLES)
    person = take(turn.session, form.partner, person_id=form.person, by=turn.by)
    said = turn.words(
        "{person} no longer has a role. You can hand over the trials they started. Anyone"
        " still in the space can see every card.",
        person=turn.words.name(person),
    )
    return [turn.answer(*_changed(turn, partner, said))]


def _changed(turn: Turn, partner: Partner, said: str) -> Card:
    """Build the card after a change; people who gave up their own role see no roles on it."""
    role = people.role_of(turn.session, turn.by, id_of(partner))
    roles = people.with_roles(turn.session, id_of(partner)) if role else []
    may_change = may(role, Action.ROLES)
    return roles_card(partner, roles, words=turn.words, may_change=may_change, said=said)


def _card(turn: Turn, partner: Partner, role: Role, problem: Invalid | None = None) -> Card:
    return roles_card(
        partner,
        people.with_roles(turn.session, id_of(partner)),
        words=turn.words,
        may_change=may(role, Action.ROLES),
        problem=problem,
    )
