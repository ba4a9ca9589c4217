"""The command `return`: how to return devices, the pick-up, and what was returned."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.devices import offer, sheet_again, told
from bot.features.shared import trial
from cards.features.returns import BookPickUp, GiveBack, booked, return_card, returned
from cards.features.serials import serials_card
from cards.features.shared.shipment import Sheet
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import devices, returns
from store.features.returns import RETURN, PickUp
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.shipments import out
from store.say import Say


@command(
    "return",
    rule=with_role(RETURN),
    takes="X",
    help=N_("Return devices: how, by when, and what's still missing."),
)
def say_return(turn: Turn) -> Sequence[Say]:
    """Show how to return what is still out."""
    return offer(turn, "return") or trial.meant(turn, "return", _ask, RETURN)


def show_return(turn: Turn, view: View, said: str = "") -> Sequence[Say]:
    """Show what is still out; if no serial numbers are recorded, ask for them first."""
    shipments = out(view.trial)
    words, today = turn.words, today_in(view.trial.space, turn.now)
    if shipments and not any(shipment.serials for shipment in view.trial.shipments):
        first = words(
            "Enter the shipped serial numbers first: Cisco only takes those devices back."
        )
        card = serials_card(
            view.trial, shipments[0], words=words, today=today, then="return", said=first
        )
    else:
        card = return_card(view.trial, words=words, today=today, said=said)
    return [trial.in_place(turn, view.trial, card)]


def _ask(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    if problem is None:
        return show_return(turn, view)
    today = today_in(view.trial.space, turn.now)
    card = return_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


@on(GiveBack, ask_again=trial.once_more(_ask))
def give_back(turn: Turn, form: GiveBack) -> Sequence[Say]:
    """Record returned devices, all or none; an error is shown at its field."""
    changed = returns.give_back(
        turn.session,
        form.trial,
        turn.act(form.version),
        serials=form.serials,
        day=form.returned_on,
    )
    said = partial(returned, changed, len(form.serials))
    shows = show_return(turn, trial.seen(turn, changed), said(turn.words))
    return trial.done(turn, changed, said, shows=shows)


@on(BookPickUp, ask_again=sheet_again(Sheet.PICKUP))
def book_pickup(turn: Turn, form: BookPickUp) -> Sequence[Say]:
    """Record a pick-up: reminders pause until a week after it."""
    changed = returns.book_pickup(
        turn.session,
        form.trial,
        turn.act(form.version),
        shipment_id=form.shipment,
        pickup=PickUp(form.pickup_on, form.carrier, form.tracking, form.rma),
    )
    shipment = devices.of(changed, form.shipment)
    return told(turn, changed, lambda words: booked(shipment, words))
