"""The command `convert`: interest, the checklist, the order or the handover, provisioning."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.convert import (
    Contact,
    Converted,
    HandedOver,
    OfItem,
    OnOrder,
    Ordered,
    OrderNumber,
    RecordInterest,
    TickItem,
    TypedAdministrator,
    convert_card,
    said_of,
)
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import convert
from store.features.convert import CONVERT
from store.features.shared import people
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.hub import Step
from store.say import Say
from store.tables import Trial


@command(
    "convert",
    rule=with_role(CONVERT),
    takes="X",
    help=N_("Convert a trial to a paid subscription, step by step."),
)
def ask_steps(turn: Turn) -> Sequence[Say]:
    """Show the state of the conversion."""
    return trial.meant(turn, "convert", _ask_steps, CONVERT)


def _ask_steps(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    about = view.trial
    named = people.named(turn.session, convert.tickers(about))
    card = convert_card(
        about,
        words=turn.words,
        today=today_in(about.space, turn.now),
        names={person_id: turn.words.name(person) for person_id, person in named.items()},
        problem=problem,
    )
    return [trial.in_place(turn, about, card)]


_again = trial.once_more(_ask_steps)


def _stands(turn: Turn, about: Trial) -> Sequence[Say]:
    """Show the current state of the conversion; the trial's space gets the trial's card."""
    shows = _ask_steps(turn, trial.seen(turn, about))
    return trial.done(turn, about, partial(said_of, about), shows=shows)


# ------------------------------------------------------------------ the checklist


@on(TickItem)
def tick_item(turn: Turn, form: TickItem) -> Sequence[Say]:
    """Tick an item that needs no input, or untick any item."""
    return _tick(turn, form, form.item, done=bool(form.done))


@on(OrderNumber, ask_again=_again)
def tick_order_number(turn: Turn, form: OrderNumber) -> Sequence[Say]:
    """Record the order number."""
    return _tick(turn, form, Step.ORDER_NUMBER, order_number=form.order_number)


@on(Contact, ask_again=_again)
def tick_contact(turn: Turn, form: Contact) -> Sequence[Say]:
    """Record who gets the provisioning e-mail."""
    return _tick(turn, form, Step.CONTACT, contact=form.contact)


@on(OnOrder, ask_again=_again)
def tick_services(turn: Turn, form: OnOrder) -> Sequence[Say]:
    """Compare the order with the trial's current services."""
    return _tick(turn, form, Step.SERVICES_ON_ORDER, on_order=form.on_order)


@on(TypedAdministrator, ask_again=_again)
def tick_administrator(turn: Turn, form: TypedAdministrator) -> Sequence[Say]:
    """Accept no other address: it could create a second organisation."""
    return _tick(turn, form, Step.ADMINISTRATOR, typed=form.typed)


def _tick(
    turn: Turn, form: OfItem, item: Step, *, done: bool = True, **given: Any
) -> Sequence[Say]:
    about = convert.tick(turn.session, form.trial, turn.act(), item=item, done=done, **given)
    return _ask_steps(turn, trial.seen(turn, about))


# ------------------------------------------------------------------ recording progress


@on(RecordInterest, ask_again=_again)
def record_interest(turn: Turn, form: RecordInterest) -> Sequence[Say]:
    """Record the customer's interest that Cisco reported by e-mail."""
    return _stands(turn, convert.record_interest(turn.session, **_facts(turn, form)))


@on(Ordered, ask_again=_again)
def ordered(turn: Turn, form: Ordered) -> Sequence[Say]:
    """Record the order; from now on, reminders are only about provisioning."""
    return _stands(turn, convert.ordered(turn.session, **_facts(turn, form)))


@on(HandedOver, ask_again=_again)
def handed_over(turn: Turn, form: HandedOver) -> Sequence[Say]:
    """Record that the distributor took over the conversion."""
    return _stands(turn, convert.handed_over(turn.session, **_facts(turn, form)))


@on(Converted, ask_again=_again)
def converted(turn: Turn, form: Converted) -> Sequence[Say]:
    """Record that the paid services are provisioned: this stops the trial's clock."""
    done = convert.converted(turn.session, **_facts(turn, form))
    return trial.done(turn, done, partial(said_of, done))


def _facts(turn: Turn, form: RecordInterest | Ordered | HandedOver | Converted) -> dict[str, Any]:
    """Return the form's fields and the person, by the operations' parameter names."""
    facts = form.values()
    trial_id, seen = facts.pop("trial"), facts.pop("version")
    return {**facts, "trial_id": trial_id, "act": turn.act(seen)}
