"""One shipment: its texts, and the buttons for what can be done with it."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from cards.kit.forms import Form, carried
from cards.kit.kit import Action, ButtonStyle
from cards.kit.rules import on_trial
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, dotted, escape
from store.rules import dates, rights
from store.rules.shipments import back, missing, out
from store.tables import Shipment, Trial, id_of
from store.terms import DeviceType, ExtensionState

NAMED = 20


class Sheet(StrEnum):
    """The cards of a shipment, one for each thing to do with it."""

    DETAILS = "details"
    SERIALS = "serials"
    EXTENSION = "extension"
    PICKUP = "pickup"


SHEETS: dict[Sheet, str] = {
    Sheet.DETAILS: N_("Details…"),
    Sheet.SERIALS: N_("Serial numbers…"),
    Sheet.EXTENSION: N_("Device extension…"),
    Sheet.PICKUP: N_("Record pick-up…"),
}


class OpenSheet(Form, key="device.open", rule=on_trial(rights.Action.CHANGE)):
    """Open one of a shipment's cards."""

    trial: int = carried()
    shipment: int = carried()
    sheet: Sheet = carried()


def sheet_button(shipment: Shipment, sheet: Sheet, words: Words) -> Action:
    """Build the button that opens a shipment's card."""
    return OpenSheet.button(
        words,
        words(SHEETS[sheet]),
        trial=shipment.trial_id,
        shipment=id_of(shipment),
        sheet=sheet,
    )


class OnShipment(Form):
    """The values that every form about one shipment carries."""

    trial: int = carried()
    version: int = carried()
    shipment: int = carried()


def act(
    form: type[OnShipment],
    trial: Trial,
    shipment: Shipment,
    words: Words,
    style: ButtonStyle | None = None,
    **more: Any,
) -> Action:
    """Build the button of a form without inputs; `more`: what else it carries."""
    return form.button(
        words,
        style=style,
        trial=id_of(trial),
        version=trial.version,
        shipment=id_of(shipment),
        **more,
    )


def devices_button(trial: Trial, words: Words) -> Action:
    """Build the button that goes back to all shipments of a trial."""
    return word_button(words, N_("Devices…"), "devices", trial)


# ------------------------------------------------------------------ texts


def title(shipment: Shipment, words: Words) -> Md:
    """Return type, models and order number in one line."""
    type_ = words.term(DeviceType, shipment.type)
    return dotted(type_, models_line(shipment), shipment.order_number)


def models_line(shipment: Shipment) -> Md:
    """Return the models with their quantities, cut to fit in a line."""
    return escape(", ".join(f"{name} × {n}" for name, n in shipment.models.items())[:120])


def state_line(trial: Trial, shipment: Shipment, words: Words) -> Md:
    """Return a shipment's state: not shipped, all returned, due back by a day, or end unknown."""
    if dates.all_back(shipment):
        on = shipment.returned_on
        return words("All returned on {day}.", day=on) if on else words("All returned.")
    if shipment not in out(trial):
        return words("Not shipped: the customer's consent is needed first.")
    if shipment.expires_on is None:
        return words("Due date unknown: see the EULA e-mail.")
    return words(
        "Device trial ends on {expires}; due back at Cisco by {due}.",
        expires=shipment.expires_on,
        due=dates.due_back(shipment.expires_on),
    )


def shipment_facts(shipment: Shipment, words: Words) -> Iterator[tuple[str, str | None]]:
    """Yield the known facts of a shipment with their labels, apart from its state."""
    yield words("Order number"), escape(shipment.order_number)
    yield words("Shipped to"), words.country(shipment.country) if shipment.country else None
    yield words("Shipped"), _day(shipment.shipped_on, words)
    yield words("Device trial start"), _day(shipment.trial_started_on, words)
    yield words("Extension"), _extension(shipment, words)
    yield words("Pick-up"), pickup_line(shipment, words)


def pickup_line(shipment: Shipment, words: Words) -> Md:
    """Return the pick-up's day, carrier and numbers; empty if none is booked."""
    if shipment.pickup_on is None:
        return Md("")
    rma = words("RMA {number}", number=shipment.rma) if shipment.rma else ""
    return dotted(words.day(shipment.pickup_on), shipment.carrier, shipment.tracking, rma)


def serials_lines(shipment: Shipment, words: Words) -> Iterator[Md]:
    """Yield the serial numbers still out, those returned, and how many aren't recorded."""
    if still_out := missing(shipment):
        yield words("Not returned yet: {serials}.", serials=named(still_out, words))
    if returned := back(shipment):
        yield words("Returned: {serials}.", serials=named(returned, words))
    if dates.unrecorded(shipment) or not shipment.serials:
        yield unrecorded_line(shipment, words)


def named(serials: Sequence[str], words: Words) -> Md:
    """Join serial numbers in a sentence; of many, only the first ones are named."""
    if len(serials) <= NAMED:
        return words.join(serials)
    rest = len(serials) - NAMED
    more = words.plural("{n} more", "{n} more", rest)
    return words.join([*serials[:NAMED], more])


def unrecorded_line(shipment: Shipment, words: Words) -> Md:
    """Return how many devices have no serial number recorded."""
    n = dates.unrecorded(shipment)
    if not shipment.serials:
        return words("No serial numbers recorded yet.")
    return words.plural(
        "{n} serial number isn't recorded yet.",
        "{n} serial numbers aren't recorded yet.",
        n,
    )


def _day(day: date | None, words: Words) -> Md | None:
    return words.day(day) if day else None


def _extension(shipment: Shipment, words: Words) -> Md:
    if shipment.extension is None:
        return Md("")
    on = words.day(shipment.extension_on) if shipment.extension_on else ""
    return dotted(words.term(ExtensionState, shipment.extension), on)
