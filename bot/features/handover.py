"""The command `handover`: all of one person's running trials go to another."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import partner as partners
from cards.features.handover import HandOver, handed_over, handover_card, typed_handover
from cards.features.roles import people_choices
from cards.kit.fields import Choices
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import handover
from store.features.shared import people
from store.rules.rights import Action
from store.say import Say
from store.tables import Partner, Person, id_of


@command(
    "handover",
    rule=with_role(Action.ASSIGN),
    takes=N_("[FROM TO [until date]]"),
    help=N_("Hand over all of one person's trials to another (full administrators only)."),
)
def ask(turn: Turn) -> Sequence[Say]:
    """Hand over as typed, or ask who hands over to whom."""
    able = [partner for partner, _ in partners.mine(turn, Action.ASSIGN)]
    if turn.rest and len(able) == 1:
        roles = people.with_roles(turn.session, id_of(able[0]))
        former = handover.former(turn.session, id_of(able[0]))
        return hand_over(turn, typed_handover(turn.rest, able[0], roles, former))
    return partners.one_each(turn, [_card(turn, partner) for partner in able])


def _again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    partner, _ = partners.carried(turn, int(problem.values["partner"]), Action.ASSIGN)
    return [turn.answer(*_card(turn, partner, problem))]


def _choices(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    here = partners.staff(turn, inputs)["person"]
    theirs = [id_of(partner) for partner, _ in people.roles_of(turn.session, turn.by)]
    gone = [person for each in theirs for person in handover.former(turn.session, each)]
    return {"giver": [*here, *people_choices(gone)], "taker": here}


@on(HandOver, ask_again=_again, choices=_choices)
def hand_over(turn: Turn, form: HandOver) -> Sequence[Say]:
    """Hand over, and say how many trials were handed over."""
    partners.carried(turn, form.partner, Action.ASSIGN)
    n = handover.handover(
        turn.session,
        form.partner,
        turn.act(),
        from_id=form.giver,
        to_id=form.taker,
        until=form.until,
    )
    giver, taker = (turn.session.get(Person, who) for who in (form.giver, form.taker))
    if giver is None or taker is None:
        return [turn.answer(turn.words("Nothing was handed over."))]
    return [turn.answer(handed_over(n, giver, taker, turn.words))]


def _card(turn: Turn, partner: Partner, problem: Invalid | None = None) -> Card:
    return handover_card(
        partner,
        people.with_roles(turn.session, id_of(partner)),
        handover.former(turn.session, id_of(partner)),
        words=turn.words,
        problem=problem,
    )
