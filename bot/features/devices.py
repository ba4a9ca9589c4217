"""The command `devices`: a trial's shipments, their details and their serial numbers."""

from collections.abc import Callable, Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.device_extension import extension_card
from cards.features.devices import (
    DropShipment,
    OpenAdd,
    SaveShipment,
    add_card,
    details_card,
    devices_card,
)
from cards.features.returns import pickup_card
from cards.features.serials import serials_card
from cards.features.shared.shipment import OpenSheet, Sheet
from cards.features.shared.which import which_card
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.rules import with_role
from cards.kit.words import N_, Md, Words
from store.features import devices
from store.features.device_extension import EXTEND_DEVICES
from store.features.devices import SHIP
from store.features.returns import RETURN
from store.features.shared import reading
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.rights import Action, may
from store.rules.transitions import Change
from store.say import Say
from store.tables import Trial
from store.terms import DeviceType, Filter

CHANGES = {
    Sheet.DETAILS: SHIP,
    Sheet.SERIALS: SHIP,
    Sheet.EXTENSION: EXTEND_DEVICES,
    Sheet.PICKUP: RETURN,
}


@command(
    "devices",
    rule=with_role(Action.SEE),
    takes="X",
    help=N_("Show the devices Cisco shipped for a trial and when they're due back."),
)
def say_devices(turn: Turn) -> Sequence[Say]:
    """Show a trial's shipments."""
    return offer(turn, "devices") or trial.meant(turn, "devices", show_devices)


def offer(turn: Turn, word: str) -> Sequence[Say]:
    """Offer trials with devices still out, ended ones too, if no trial was named."""
    if turn.rest:
        return []
    page = reading.page(
        turn.session,
        Filter.DEVICES,
        by=turn.by,
        today=turn.today,
        within=trial.within(turn),
    )
    if not page.trials:
        return []
    days = [(each, today_in(each.space, turn.now)) for each in page.trials]
    card = which_card(days, word, turn.words)
    return [turn.answer(card.text, card.content)]


def show_devices(turn: Turn, view: View, said: str = "") -> Sequence[Say]:
    """Show all shipments; `said`: what has just happened."""
    standing = view.standing
    card = devices_card(
        view.trial,
        words=turn.words,
        today=today_in(view.trial.space, turn.now),
        may_change=may(standing.role, Action.CHANGE, own=standing.own),
        said=said,
    )
    return [trial.in_place(turn, view.trial, card)]


def told(turn: Turn, changed: Trial, say: Callable[[Words], Md]) -> Sequence[Say]:
    """Show all shipments after a change, and tell the space if it happened elsewhere."""
    shows = show_devices(turn, trial.seen(turn, changed), say(turn.words))
    return trial.done(turn, changed, say, shows=shows)


def viewed(turn: Turn, trial_id: int, change: Change) -> View:
    """Return the trial that a button carries, if this may be done to it.

    Refused: as `trial.open_to`.
    """
    found = reading.show(turn.session, trial_id, by=turn.by, now=turn.now)
    view = trial.seen(turn, found.trial)
    trial.open_to(turn, view, change)
    return view


# ------------------------------------------------------------------ one shipment


@on(OpenSheet)
def open_sheet(turn: Turn, form: OpenSheet) -> Sequence[Say]:
    """Open one of a shipment's cards."""
    view = viewed(turn, form.trial, CHANGES[form.sheet])
    return show_sheet(turn, view, form.sheet, form.shipment)


def show_sheet(
    turn: Turn, view: View, sheet: Sheet, shipment_id: int, problem: Invalid | None = None
) -> Sequence[Say]:
    """Show one of a shipment's cards. Refused: NOTHING_TO_DO if the shipment is gone."""
    shipment = devices.of(view.trial, shipment_id)
    card = _SHEETS[sheet](
        view.trial,
        shipment,
        words=turn.words,
        today=today_in(view.trial.space, turn.now),
        problem=problem,
    )
    return [trial.in_place(turn, view.trial, card)]


_SHEETS: dict[Sheet, Callable[..., Card]] = {
    Sheet.DETAILS: details_card,
    Sheet.SERIALS: serials_card,
    Sheet.EXTENSION: extension_card,
    Sheet.PICKUP: pickup_card,
}


def sheet_again(sheet: Sheet) -> Callable[[Turn, Invalid], Sequence[Say]]:
    """Return a handler that shows a shipment's form again after an invalid submission."""

    def show(turn: Turn, problem: Invalid) -> Sequence[Say]:
        view = viewed(turn, int(problem.values["trial"]), CHANGES[sheet])
        return show_sheet(turn, view, sheet, int(problem.values["shipment"]), problem)

    return show


@on(OpenAdd)
def open_add(turn: Turn, form: OpenAdd) -> Sequence[Say]:
    """Ask for the details of another shipment."""
    return _ask_add(turn, viewed(turn, form.trial, SHIP))


def _ask_add(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = add_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


def _ask_again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    view = viewed(turn, int(problem.values["trial"]), SHIP)
    shipment_id = int(problem.values.get("shipment") or 0)
    if shipment_id:
        return show_sheet(turn, view, Sheet.DETAILS, shipment_id, problem)
    return _ask_add(turn, view, problem)


@on(SaveShipment, ask_again=_ask_again)
def save_shipment(turn: Turn, form: SaveShipment) -> Sequence[Say]:
    """Record a shipment, or correct one."""
    details = devices.Details(
        type=form.type,
        models=dict(form.models),
        order_number=form.order_number,
        country=form.country,
        shipped_on=form.shipped_on,
        trial_started_on=form.trial_started_on,
        expires_on=form.expires_on,
    )
    save: Callable[..., Trial] = devices.ship
    if form.shipment:
        save = partial(devices.change, shipment_id=form.shipment)
    changed = save(
        turn.session, form.trial, turn.act(form.version), details=details, sure=form.sure
    )
    return told(turn, changed, lambda words: _saved(form.type, words))


def _saved(type_: DeviceType, words: Words) -> Md:
    return words("Shipment saved: {devices}.", devices=words.term(DeviceType, type_))


@on(DropShipment)
def drop_shipment(turn: Turn, form: DropShipment) -> Sequence[Say]:
    """Remove a shipment that was never sent."""
    changed = devices.drop(
        turn.session, form.trial, turn.act(form.version), shipment_id=form.shipment
    )
    return told(turn, changed, lambda words: words("Shipment removed: it was never shipped."))
