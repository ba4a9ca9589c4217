"""The command `setup`: link a space to its partner."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.spaces import tell_of_absent, tell_of_onlookers
from cards.features.setup import NEW, SetUpSpace, linked_card, setup_card, setup_choices
from cards.kit.fields import Choices
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.rules import for_anybody
from cards.kit.words import N_, Words
from store.features.setup import (
    SETUP_NOT_ALLOWED,
    SPACE_TAKEN,
    PartnerFacts,
    SpaceFacts,
    is_operator,
    link_space,
)
from store.features.shared import people
from store.refusals import OTHER_PARTNERS_SPACE, Refused
from store.say import Say
from store.tables import Partner, Space
from store.terms import Role


@command("setup", rule=for_anybody(), help=N_("Link this space to a partner and add its people."))
def setup(turn: Turn) -> Sequence[Say]:
    """Ask for a new space's settings; show a linked one's settings to its partner's people."""
    if turn.direct:
        said = turn.words("Type *setup* in the space you want to link.")
        return [turn.answer(said, replace=False)]
    if turn.space and people.role_of(turn.session, turn.by, turn.space.partner_id):
        return [turn.answer(*_linked(turn, turn.space))]
    return _ask(turn)


def _ask(turn: Turn, problem: Invalid | None = None) -> Sequence[Say]:
    partners, new = _linkable(turn)
    card = setup_card(partners, turn.words, new=new, by=turn.by, space=turn.space, problem=problem)
    return [turn.answer(*card)]


def _choices(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    partners, new = _linkable(turn)
    return setup_choices(partners, turn.words, new=new)


@on(SetUpSpace, needs=("room", "members"), choices=_choices, ask_again=_ask)
def set_up(turn: Turn, form: SetUpSpace) -> Sequence[Say]:
    """Link the space, and tell its full administrators who can read along."""
    new = PartnerFacts(form.name, int(form.tier), form.distributor)
    space = link_space(
        turn.session,
        room_id=turn.room_id,
        title=str(turn.fetched["room"].get("title") or ""),
        partner=new if form.partner == NEW else int(form.partner),
        space=SpaceFacts(form.time_zone, form.language, form.country, form.hour),
        roles=form.roles(),
        by=turn.by,
        operators=turn.operators,
        now=turn.now,
    )
    card, members = _linked(turn, space), turn.fetched["members"]
    warnings = tell_of_onlookers(turn, space, members)
    return [turn.answer(*card), *warnings, *tell_of_absent(turn, space, members)]


def _linkable(turn: Turn) -> tuple[list[Partner], bool]:
    """Return the partners that this person may link this space to, and whether a new one too.

    Refused: SETUP_NOT_ALLOWED for anybody else and in a private chat; SPACE_TAKEN and
    OTHER_PARTNERS_SPACE if the space is linked to a partner that isn't theirs.
    """
    roles = people.roles_of(turn.session, turn.by)
    mine = [partner for partner, role in roles if role is Role.FULL]
    new = is_operator(turn.by, turn.operators)
    if turn.direct or not (mine or new):
        raise Refused(SETUP_NOT_ALLOWED)
    if turn.space is None:
        return mine, new
    owner = [partner for partner in mine if partner.id == turn.space.partner_id]
    if not owner:
        raise Refused(SPACE_TAKEN if new else OTHER_PARTNERS_SPACE)
    return owner, False


def _linked(turn: Turn, space: Space) -> Card:
    partner = turn.session.get_one(Partner, space.partner_id)
    who = people.with_roles(turn.session, space.partner_id)
    return linked_card(space, partner, who, Words(space.language))
