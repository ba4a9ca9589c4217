"""Returning devices: by when, how from which country, and which serial numbers are missing."""

from collections.abc import Iterator, Mapping
from datetime import date

from cards.features.mails import INFO_MAILBOX, Mail, mail_button
from cards.features.serials import serial_numbers
from cards.features.shared.shipment import (
    OnShipment,
    Sheet,
    devices_button,
    pickup_line,
    serials_lines,
    sheet_button,
    state_line,
    title,
)
from cards.kit import kit
from cards.kit.forms import Form, Invalid, carried, day, text
from cards.kit.headline import header, headline
from cards.kit.history import tells
from cards.kit.kit import Action, Card, Element
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bullets, dotted, paragraphs, spaced
from store.features.devices import SERIAL_DOUBLE
from store.features.returns import (
    DEVICE_7,
    DEVICE_14,
    DEVICE_MINUS_7,
    DEVICE_WEEKLY,
    PICKUP_BOOKED,
    PICKUP_TOO_FAR,
    RETURN,
    RETURNED,
    SERIAL_UNKNOWN,
    SERIALS_MISSING,
)
from store.refusals import DAY_TOO_EARLY
from store.rules import dates
from store.rules.countries import CARRIERS, ReturnGroup, return_group
from store.rules.shipments import missing, out, still_out
from store.tables import Shipment, Trial, id_of


class GiveBack(
    Form,
    key="device.return",
    rule=on_trial(RETURN),
    title=N_("Return"),
    submit=N_("Mark as returned"),
    refused_at={
        SERIAL_UNKNOWN: "serials",
        SERIAL_DOUBLE: "serials",
        **wrong_day("returned_on"),
    },
):
    """Record devices that were returned to Cisco."""

    trial: int = carried()
    version: int = carried()
    serials: tuple[str, ...] = serial_numbers(
        N_("Returned serial numbers"),
        hint=N_("Paste them in any format: lines, commas, lower case or with S/N."),
    )
    returned_on: date = day(N_("Returned to Cisco on"))


class BookPickUp(
    OnShipment,
    key="device.pickup",
    rule=on_trial(RETURN),
    title=N_("Pick-up booked"),
    submit=N_("Save pick-up"),
    refused_at={PICKUP_TOO_FAR: "pickup_on", DAY_TOO_EARLY: "pickup_on"},
):
    """Record a pick-up; reminders pause until a week after it."""

    pickup_on: date = day(N_("Pick-up date"))
    carrier: str = text(N_("Carrier"), required=False, max=60)
    tracking: str = text(N_("Tracking number"), required=False, max=60)
    rma: str = text(N_("RMA number"), required=False, max=60)


GUIDANCE: Mapping[ReturnGroup, str] = {
    ReturnGroup.US: N_(
        "United States: each box contains a return label. Keep the original packaging,"
        " put the label on it and call UPS to arrange the pick-up; Cisco then handles the"
        " RMA. If the labels are lost, ask for new ones."
    ),
    ReturnGroup.CANADA: N_("Canada: the customer calls DHL to arrange the pick-up."),
    ReturnGroup.EMEAR: N_("{country} (EMEAR): the customer calls DHL to arrange the pick-up."),
    ReturnGroup.AUSTRALIA: N_("Australia: the customer calls Expeditors to arrange the pick-up."),
    ReturnGroup.ELSEWHERE: N_(
        "{country}: Cisco doesn't name a carrier here. See Cisco's RMA guidelines or"
        " write to {mailbox}."
    ),
}
"""How to return devices, by country (docs/domain.md#returns-by-country)."""


def guidance(shipment: Shipment, words: Words) -> Md:
    """Say how to return a shipment from its country."""
    if not shipment.country:
        return words(
            "Record the country the devices were shipped to: it decides how to return them."
        )
    how = GUIDANCE[return_group(shipment.country)]
    return words(how, country=words.country(shipment.country), mailbox=INFO_MAILBOX)


# ------------------------------------------------------------------ the return


def return_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Say how to return what is still out, with the form for what was returned."""
    shipments = out(trial)
    expected = any(missing(shipment) for shipment in shipments)
    lines = [
        dotted(
            title(s, words),
            spaced(state_line(trial, s, words), guidance(s, words), *serials_lines(s, words)),
        )
        for s in shipments
    ]
    nothing = "" if shipments else nothing_out(trial, words)
    elements = [
        header(trial, words, today),
        kit.text(said) if said else None,
        kit.text(nothing) if nothing else None,
        *(_box(trial, shipment, words) for shipment in shipments),
        *(_form(words, today, problem) if expected else []),
    ]
    fallback = paragraphs(headline(trial, words, today), said, nothing, bullets(lines))
    return kit.card(words, fallback, elements, _buttons(trial, words, expected))


def nothing_out(trial: Trial, words: Words) -> Md:
    """Say that nothing has to be returned."""
    if any(dates.all_back(shipment) for shipment in trial.shipments):
        return words("All devices have been returned.")
    return words("Cisco hasn't shipped any devices for this trial.")


def returned(trial: Trial, count: int, words: Words) -> Md:
    """Say how many devices were returned and how many are still out."""
    back = words.plural("{n} device returned.", "{n} devices returned.", count)
    left = still_out(trial)
    if not left:
        return spaced(back, words("That's all of them: nothing more is due."))
    rest = words.plural("{n} device not returned yet.", "{n} devices not returned yet.", left)
    return spaced(back, rest)


def _box(trial: Trial, shipment: Shipment, words: Words) -> Element:
    pickup = pickup_line(shipment, words)
    return kit.box(
        [
            kit.text(title(shipment, words), bold=True),
            kit.text(state_line(trial, shipment, words)),
            kit.text(guidance(shipment, words)),
            kit.text(words("Pick-up: {what}", what=pickup)) if pickup else None,
            *map(kit.text, serials_lines(shipment, words)),
            kit.buttons(_actions(shipment, words)),
        ],
        separator=True,
    )


def _actions(shipment: Shipment, words: Words) -> Iterator[Action]:
    yield sheet_button(shipment, Sheet.PICKUP, words)
    if dates.unrecorded(shipment) or not shipment.serials:
        yield sheet_button(shipment, Sheet.SERIALS, words)
    match return_group(shipment.country):
        case ReturnGroup.US:
            yield mail_button(shipment, Mail.LABELS, words)
        case ReturnGroup.ELSEWHERE if shipment.country:
            yield mail_button(shipment, Mail.RETURN, words)
    if not shipment.order_number:
        yield mail_button(shipment, Mail.ORDER_NUMBER, words)


def _form(words: Words, today: date, problem: Invalid | None) -> Iterator[Element]:
    yield kit.section(words("Returned devices"))
    yield kit.small(words("Enter only serial numbers that were shipped."))
    yield from GiveBack.inputs(
        words,
        problem.values if problem else {"returned_on": today},
        problem.messages if problem else {},
    )


def _buttons(trial: Trial, words: Words, expected: bool) -> Iterator[Action]:
    if expected:
        yield GiveBack.button(words, style="positive", trial=id_of(trial), version=trial.version)
    yield devices_button(trial, words)
    yield word_button(words, N_("Back"), "show", trial)


# ------------------------------------------------------------------ the pick-up


def pickup_card(
    trial: Trial,
    shipment: Shipment,
    *,
    words: Words,
    today: date,
    problem: Invalid | None = None,
) -> Card:
    """Ask for the pick-up's day, carrier and numbers."""
    return sheet(
        BookPickUp,
        trial,
        words,
        today,
        meaning=[
            title(shipment, words),
            state_line(trial, shipment, words),
            guidance(shipment, words),
            words("I won't remind you of these devices until a week after the pick-up."),
        ],
        problem=problem,
        more=[devices_button(trial, words)],
        values={
            "pickup_on": shipment.pickup_on or today,
            "carrier": shipment.carrier or CARRIERS.get(return_group(shipment.country), ""),
            "tracking": shipment.tracking,
            "rma": shipment.rma,
        },
        shipment=id_of(shipment),
    )


def booked(shipment: Shipment, words: Words) -> Md:
    """Say what was booked."""
    return words("Pick-up booked: {what}.", what=pickup_line(shipment, words))


# ------------------------------------------------------------------ reminders

_RETURN = ((N_("Return…"), "return"), (N_("Devices…"), "devices"))

reminds(
    DEVICE_MINUS_7,
    N_("{devices}: device trial ends on {expires}"),
    N_("Due back at Cisco by {due}. {how}"),
    _RETURN,
)
reminds(
    DEVICE_7,
    N_("{devices}: due back at Cisco by {due}"),
    N_("Book the pick-up now. {how}"),
    _RETURN,
)
reminds(
    DEVICE_14,
    N_("{devices}: must be back at Cisco by {due}"),
    N_("Cisco may invoice devices that aren't returned (see the EULA). {how}"),
    _RETURN,
    grave=True,
)
reminds(
    DEVICE_WEEKLY,
    N_("{devices}: overdue at Cisco since {due}"),
    N_("Cisco may invoice devices that aren't returned (see the EULA). {how}"),
    _RETURN,
    grave=True,
)


# ------------------------------------------------------------------ refusals

explains(
    PICKUP_TOO_FAR,
    N_("{day} is too far ahead. Enter {latest} or earlier."),
    N_("That day is too far ahead. Enter an earlier day."),
)
explains(
    SERIAL_UNKNOWN,
    N_("Not shipped with this trial: {serials}. Nothing was recorded. Check the numbers."),
    N_("Some of these serial numbers weren't shipped. Nothing was recorded. Check the numbers."),
)
explains(
    SERIALS_MISSING, N_("No serial numbers recorded yet. First record the ones that were shipped.")
)


# ------------------------------------------------------------------ history

tells(PICKUP_BOOKED, N_("{who} booked a pick-up for {day}"), N_("{who} booked a pick-up"))
tells(
    RETURNED,
    N_("{who} recorded devices as returned on {day}: {serials}"),
    N_("{who} recorded devices as returned on {day}"),
    N_("{who} recorded devices as returned"),
)
