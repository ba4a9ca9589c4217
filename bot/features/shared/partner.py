"""The partners concerned: in a space its own, in a private chat all where a person has a role."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.conversation.turn import Turn
from bot.features.shared.trial import within
from cards.features.roles import people_choices
from cards.kit.fields import Choices
from cards.kit.kit import Card
from store.features.shared import people
from store.refusals import NOTHING_FOR_YOU, Refused
from store.rules.rights import Action, check_may, may
from store.say import Say
from store.tables import Partner, id_of
from store.terms import Role


def mine(turn: Turn, action: Action = Action.SEE) -> list[tuple[Partner, Role]]:
    """Return the partners for which this person may do this here, with the roles.

    Refused: NOTHING_FOR_YOU without any role here, NOT_ALLOWED, NOT_LINKED.
    """
    here = within(turn)
    roles = people.roles_of(turn.session, turn.by)
    held = [(partner, role) for partner, role in roles if here in (None, partner.id)]
    if not held:
        raise Refused(NOTHING_FOR_YOU)
    able = [(partner, role) for partner, role in held if may(role, action)]
    if not able:
        check_may(held[0][1], action)
    return able


def carried(turn: Turn, partner_id: int, action: Action = Action.SEE) -> tuple[Partner, Role]:
    """Return the partner that a card carries, if this person may do this for it.

    Refused: as `mine`.
    """
    for partner, role in mine(turn, action):
        if partner.id == partner_id:
            return partner, role
    raise Refused(NOTHING_FOR_YOU)


def staff(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    """Return the people of this person's partners, for a form's field `person`."""
    theirs = [partner for partner, _ in people.roles_of(turn.session, turn.by)]
    known = (people.with_roles(turn.session, id_of(partner)) for partner in theirs)
    return {"person": people_choices(person for roles in known for person, _ in roles)}


def one_each(turn: Turn, cards: Sequence[Card]) -> list[Say]:
    """Build a message for each card; the first one replaces a pressed card."""
    return [
        turn.answer(*card, replace=None if place == 0 else False)
        for place, card in enumerate(cards)
    ]
