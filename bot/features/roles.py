"""The command `roles`: show, give, change and remove the roles of a partner's people."""

from collections.abc import Sequence

from bot.conversation import guard
from bot.conversation.routes import command, on, refused
from bot.conversation.turn import Turn
from bot.features.shared import partner as partners
from cards.features.roles import (
    GiveRole,
    MoveRole,
    RemoveRole,
    TakeRole,
    new_account_card,
    roles_card,
    typed_role,
)
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.refusals import refusal
from cards.kit.rules import with_role
from cards.kit.words import N_, Words
from store.act import Act
from store.features import spaces
from store.features.roles import FormerRole, follow, former_roles, give, is_news, take
from store.features.setup import SETUP_NOT_ALLOWED
from store.features.shared import people
from store.refusals import NO_SUCH_PERSON, NOTHING_FOR_YOU, NOTHING_TO_DO, Refused
from store.rules.rights import Action, may
from store.say import Say, To
from store.tables import Partner, Person, id_of
from store.terms import Role


@command(
    "roles",
    rule=with_role(Action.SEE),
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


@on(RemoveRole)
def remove_role(turn: Turn, form: RemoveRole) -> Sequence[Say]:
    """Remove the role of somebody who is no longer in a space; nothing if they are back."""
    partner, _ = partners.carried(turn, form.partner, Action.ROLES)
    if spaces.is_inside(turn.session, form.space, form.person):
        raise Refused(NOTHING_TO_DO)
    try:
        person = take(turn.session, form.partner, person_id=form.person, by=turn.by)
    except Refused as no:
        raise Refused(NOTHING_TO_DO) if no.reason is NO_SUCH_PERSON else no from no
    said = turn.words("{person} no longer has a role.", person=turn.words.name(person))
    return [turn.answer(*_changed(turn, partner, said))]


# ------------------------------------------------------------------ accounts made anew


@refused(NOTHING_FOR_YOU, SETUP_NOT_ALLOWED)
def refuse(turn: Turn, no: Refused) -> Sequence[Say]:
    """Refuse somebody without a role; if a former account has one, tell who can move it, once."""
    waiting = [] if turn.person is None else _former_roles(turn)
    if not waiting:
        return [turn.answer(refusal(turn.words, no), replace=False)]
    told = [_who_decides(turn, held) for held in waiting]
    said = turn.words(_ASK if all(told) else _ASK_OPERATOR)
    return [
        turn.answer(said, replace=False),
        *(
            say
            for held, decide in zip(waiting, told, strict=True)
            if decide and is_news(turn.session, held, turn.by)
            for say in _tell(turn, held, decide)
        ),
    ]


_ASK = N_(
    "You have a new Webex account, and your role still belongs to the former one. I've asked the"
    " people who can move it to this account."
)
_ASK_OPERATOR = N_(
    "You have a new Webex account, and your role still belongs to the former one. Ask my operator"
    " to set up the space again with your address."
)


def _former_roles(turn: Turn) -> list[FormerRole]:
    """Return what may be spoken of here: in a space, only its partner's roles."""
    if not turn.direct and turn.space is None:
        return []
    here = turn.space.partner_id if turn.space else None
    return [held for held in former_roles(turn.session, turn.by) if here in (None, held.partner.id)]


def _who_decides(turn: Turn, held: FormerRole) -> list[tuple[To, Words]]:
    """Return the other full administrators, each with their language, else the operators.

    An account whose address belongs to another one by now isn't asked: it is a former one, too.
    """
    full = people.with_roles(turn.session, id_of(held.partner), Role.FULL)
    space = next(iter(spaces.spaces_of(turn.session, id_of(held.partner))), None)
    language = space.language if space else ""
    others = [
        (To.person(person), Words(person.language or language))
        for person, _ in full
        if _is_current(turn, person)
    ]
    return others or [(To.email(address), Words(language)) for address in turn.operators]


def _is_current(turn: Turn, person: Person) -> bool:
    owner = people.by_email(turn.session, person.email)
    return owner is not None and owner.id == person.id


def _tell(turn: Turn, held: FormerRole, decide: Sequence[tuple[To, Words]]) -> list[Say]:
    cards = [(to, new_account_card(held, turn.by, words=words)) for to, words in decide]
    return [Say(to, card.text, card.content) for to, card in cards]


@on(MoveRole)
def move_role(turn: Turn, form: MoveRole) -> Sequence[Say]:
    """Move a role to a new account, and let its owner know."""
    partner, by = _authority(turn, form.partner)
    act = Act(by, turn.now)
    person, role = follow(
        turn.session, form.partner, act, former_id=form.former, person_id=form.person
    )
    said = turn.words(
        "New role for {person}: {role}.", person=turn.words.name(person), role=turn.words.role(role)
    )
    theirs = Words(person.language or turn.words.language)
    welcome = theirs(
        "Your role at {partner} now belongs to this account: {role}.",
        partner=partner.name,
        role=theirs.role(role),
    )
    return [turn.answer(*_changed(turn, partner, said)), Say(To.person(person), welcome)]


def _authority(turn: Turn, partner_id: int) -> tuple[Partner, Person | None]:
    """Return the partner, and who gives a role there: None for the operator, one to one.

    Refused: as `partners.carried`.
    """
    partner = turn.session.get(Partner, partner_id)
    role = people.role_of(turn.session, turn.by, partner_id)
    if partner and role is None and guard.operates(turn):
        return partner, None
    return partners.carried(turn, partner_id, Action.ROLES)[0], turn.by


# ------------------------------------------------------------------ the card


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
