"""Ready-made e-mails for Cisco's mailboxes: plain text to copy on a phone, filled in from the data.

They are for Cisco, so they are in English whatever language people use here.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from textwrap import fill

from cards.features.shared.shipment import OnShipment, Sheet, devices_button, sheet_button, title
from cards.kit.fields import FILL_IN
from cards.kit.forms import Form, Invalid, carried, day, text
from cards.kit.kit import Action, Card
from cards.kit.links import EXTENSIONS_MAILBOX
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Message, Words, plain, verbatim
from store.features.device_extension import EXTEND_DEVICES, NOT_LONGER, SHIPMENT_PAST_120
from store.features.devices import LONG_DEVICE_TRIAL
from store.refusals import DAY_TOO_EARLY
from store.rules.dates import unrecorded
from store.tables import Person, Shipment, Trial, id_of
from store.terms import DeviceType

INFO_MAILBOX = "webextrials_info@cisco.com"

WIDTH = 60
MAX_WHY = 500

_ENGLISH = Words("en")


class Mail(StrEnum):
    """The reasons for writing to Cisco."""

    EXTENSION = "extension"
    ORDER_NUMBER = "order-number"
    LABELS = "labels"
    RETURN = "return"
    POWER = "power"


MAILBOXES: Mapping[Mail, str] = {
    Mail.EXTENSION: EXTENSIONS_MAILBOX,
    Mail.ORDER_NUMBER: INFO_MAILBOX,
    Mail.LABELS: INFO_MAILBOX,
    Mail.RETURN: INFO_MAILBOX,
    Mail.POWER: INFO_MAILBOX,
}
"""The mailbox for each e-mail; the trials team has no address of its own.

Rule: docs/domain.md#mailboxes.
"""

BUTTONS: Mapping[Mail, str] = {
    Mail.EXTENSION: N_("E-mail text…"),
    Mail.ORDER_NUMBER: N_("Ask for order number…"),
    Mail.LABELS: N_("Ask for new labels…"),
    Mail.RETURN: N_("Write to Cisco…"),
    Mail.POWER: N_("No PoE…"),
}


class AskMail(Form, key="device.mail", rule=on_trial(EXTEND_DEVICES)):
    """Ask for an e-mail text."""

    trial: int = carried()
    shipment: int = carried()
    mail: Mail = carried()


class MailFacts(
    OnShipment,
    key="device.mail-facts",
    rule=on_trial(EXTEND_DEVICES),
    title=N_("E-mail text"),
    submit=N_("Show text"),
    refused_at={
        NOT_LONGER: "until",
        SHIPMENT_PAST_120: "until",
        DAY_TOO_EARLY: "expires_on",
        LONG_DEVICE_TRIAL: "expires_on",
    },
):
    """Fill in what an e-mail needs and isn't recorded yet."""

    mail: Mail = carried()
    organisation_id: str = text(
        N_("Customer's organisation ID"),
        required=False,
        max=100,
        hint=N_("You'll find it on the customer's page in Partner Hub."),
    )
    order_number: str = text(
        N_("Order number (if known)"),
        required=False,
        max=60,
        hint=N_("It often starts with D."),
    )
    expires_on: date | None = day(
        N_("Device trial end"), required=False, hint=N_("Use the date in the EULA e-mail.")
    )
    until: date | None = day(N_("Extend until"), required=False)
    why: str = text(N_("Why is more time needed?"), required=False, max=MAX_WHY, multiline=True)


def mail_button(shipment: Shipment, mail: Mail, words: Words) -> Action:
    """Build the button that asks for an e-mail text."""
    return AskMail.button(
        words,
        words(BUTTONS[mail]),
        trial=shipment.trial_id,
        shipment=id_of(shipment),
        mail=mail,
    )


# ------------------------------------------------------------------ missing facts


def asked(mail: Mail, trial: Trial, shipment: Shipment) -> list[str]:
    """Return the fields to fill in first: those that the e-mail uses and that aren't recorded."""
    if mail is not Mail.EXTENSION:
        return [] if _identified(mail, trial, shipment) else ["organisation_id"]
    known = {
        "organisation_id": trial.customer.organisation_id,
        "order_number": shipment.order_number,
        "expires_on": shipment.expires_on,
    }
    return [*(name for name, value in known.items() if not value), "until", "why"]


def lacking(form: MailFacts, trial: Trial, shipment: Shipment) -> dict[str, Message]:
    """Return the required facts that are still missing, by field."""
    missing = []
    if not (form.organisation_id or form.order_number or _identified(form.mail, trial, shipment)):
        missing.append("organisation_id")
    if form.mail is Mail.EXTENSION and form.until is None:
        missing.append("until")
    return {name: Message(FILL_IN) for name in missing}


def _identified(mail: Mail, trial: Trial, shipment: Shipment) -> bool:
    """Return whether Cisco can tell whose devices these are (docs/domain.md#mailboxes)."""
    numbered = mail is not Mail.ORDER_NUMBER and bool(shipment.order_number)
    serials = bool(shipment.serials) and not unrecorded(shipment)
    return bool(trial.customer.organisation_id) or numbered or serials


def mail_card(
    trial: Trial,
    shipment: Shipment,
    mail: Mail,
    *,
    words: Words,
    today: date,
    problem: Invalid | None = None,
) -> Card:
    """Ask for what an e-mail needs."""
    needs = words(
        "Cisco needs either the organisation ID and the administrator's e-mail, or the"
        " serial numbers of all devices."
    )
    return sheet(
        MailFacts,
        trial,
        words,
        today,
        meaning=[title(shipment, words), needs],
        problem=problem,
        only=asked(mail, trial, shipment),
        more=[sheet_button(shipment, Sheet.SERIALS, words), devices_button(trial, words)],
        shipment=id_of(shipment),
        mail=mail,
    )


# ------------------------------------------------------------------ the e-mails


def ready_text(
    mail: Mail,
    trial: Trial,
    shipment: Shipment,
    *,
    sender: Person,
    until: date | None = None,
    why: str = "",
) -> Md:
    """Build an e-mail with its address, subject and facts."""
    wishes = {"Extend until": _day(until), "Reason": why}
    known = {**_facts(trial, shipment), **wishes}
    lines = [
        f"To: {MAILBOXES[mail]}",
        f"Subject: {_SUBJECTS[mail]}: {plain(trial.customer.company)}",
        "",
        "Hello,",
        "",
        _ASKS[mail].format(country=_country(shipment)),
        "",
        *(f"{label}: {plain(fact)}" for label, fact in known.items() if fact),
        "",
        "Kind regards",
        f"{plain(sender.name or sender.email)}, {plain(trial.partner.name)}",
    ]
    return verbatim("\n".join(_folded(line) for line in lines))


def _folded(line: str) -> str:
    """Break a line that is too long for a phone."""
    return fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)


_SUBJECTS: Mapping[Mail, str] = {
    Mail.EXTENSION: "Extension of a device trial",
    Mail.ORDER_NUMBER: "Order number of trial devices",
    Mail.LABELS: "New return labels for trial devices",
    Mail.RETURN: "Return of trial devices",
    Mail.POWER: "Power for trial phones without PoE",
}
_ASKS: Mapping[Mail, str] = {
    Mail.EXTENSION: "please extend the trial of these devices.",
    Mail.ORDER_NUMBER: "please tell us the order number of these trial devices.",
    Mail.LABELS: (
        "the return labels of these trial devices are lost. Please send us new ones for the United"
        " States."
    ),
    Mail.RETURN: "please tell us how to return these trial devices from {country}.",
    Mail.POWER: (
        "the customer can't power these trial phones over Ethernet (PoE). Please tell us what to"
        " do."
    ),
}


def _facts(trial: Trial, shipment: Shipment) -> dict[str, str]:
    """Return the facts by which Cisco identifies the devices."""
    customer = trial.customer
    models = ", ".join(f"{name} x {n}" for name, n in shipment.models.items())
    serials = ", ".join(row.serial for row in shipment.serials)
    return {
        "Customer": customer.company,
        "Organisation ID": customer.organisation_id,
        "Administrator": customer.administrator,
        "Order number": shipment.order_number or "not known",
        "Devices": f"{_ENGLISH.term(DeviceType, shipment.type)}: {models}",
        "Serial numbers": serials,
        "Shipped to": _country(shipment) if shipment.country else "",
        "Shipped on": _day(shipment.shipped_on),
        "Device trial start": _day(shipment.trial_started_on),
        "Device trial end (EULA e-mail)": _day(shipment.expires_on),
    }


def _day(day: date | None) -> str:
    return plain(_ENGLISH.day(day)) if day else ""


def _country(shipment: Shipment) -> str:
    return plain(_ENGLISH.country(shipment.country))
