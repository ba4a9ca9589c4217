"""Device extensions: a ready-made e-mail to the trials team, and recording the team's answer."""

from datetime import date, timedelta

from cards.features.mails import MAX_WHY, Mail, MailFacts, asked, mail_button
from cards.features.shared.shipment import OnShipment, act, devices_button, state_line, title
from cards.kit.forms import Invalid, carried, day
from cards.kit.history import tells
from cards.kit.kit import Action, Card
from cards.kit.links import EXTENSIONS_MAILBOX
from cards.kit.refusals import explains
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Words, spaced
from store.features.device_extension import (
    DEVICE_EXTENSION_RECORDED,
    NOT_LONGER,
    SHIPMENT_PAST_120,
    Wish,
)
from store.features.devices import began
from store.rules.dates import device_limit
from store.tables import Shipment, Trial, id_of
from store.terms import ExtensionState

USUAL = timedelta(days=30)


class ExtensionAsked(OnShipment, key="device.asked", submit=N_("I've asked Cisco")):
    """Record that the e-mail was sent. `named_…`: what its text asked for.

    Not `until` and `why`: those are inputs of the same card, which Webex submits too.
    """

    named_until: date | None = carried(default=None)
    named_why: str = carried(default="", max=MAX_WHY)


class ExtensionApproved(
    OnShipment,
    key="device.approved",
    title=N_("Device extension"),
    submit=N_("Approved"),
    refused_at={NOT_LONGER: "until", SHIPMENT_PAST_120: "until"},
):
    """Record the day until which the devices may stay."""

    until: date = day(N_("Approved until"))


class ExtensionDenied(OnShipment, key="device.denied", submit=N_("Denied")):
    """Record that the trials team denied the extension."""


def extension_card(
    trial: Trial,
    shipment: Shipment,
    *,
    words: Words,
    today: date,
    problem: Invalid | None = None,
) -> Card:
    """Prepare the e-mail to the trials team or, once it was sent, ask for the answer."""
    if shipment.extension == ExtensionState.ASKED:
        return _answer_card(trial, shipment, words, today, problem)
    return letter_card(trial, shipment, words=words, today=today, problem=problem)


def letter_card(
    trial: Trial,
    shipment: Shipment,
    *,
    words: Words,
    today: date,
    said: str = "",
    wish: Wish | None = None,
    problem: Invalid | None = None,
) -> Card:
    """Prepare the e-mail to the trials team.

    `said`: what has just happened; it replaces the introduction. `wish`: what the text that was
    just shown asks for.
    """
    first = said or words(
        "Extending the trial doesn't extend its devices. Write to {mailbox}; I'll prepare"
        " the text.",
        mailbox=EXTENSIONS_MAILBOX,
    )
    done = _sent(trial, shipment, wish, words) if not (problem and problem.messages) else None
    then = words("Once you've sent it, press *I've asked Cisco*.") if done else ""
    return sheet(
        MailFacts,
        trial,
        words,
        today,
        meaning=[spaced(first, then), title(shipment, words), state_line(trial, shipment, words)],
        care=[limit_line(shipment, words)],
        problem=problem,
        values={"until": _usual(shipment, today)},
        only=asked(Mail.EXTENSION, trial, shipment),
        more=[done, devices_button(trial, words)],
        shipment=id_of(shipment),
        mail=Mail.EXTENSION,
    )


def _sent(trial: Trial, shipment: Shipment, wish: Wish | None, words: Words) -> Action | None:
    """Build the button for an e-mail that was sent; None if that was recorded already."""
    if shipment.extension == ExtensionState.ASKED:
        return None
    if wish is None:
        return act(ExtensionAsked, trial, shipment, words)
    return act(ExtensionAsked, trial, shipment, words, named_until=wish.until, named_why=wish.why)


def _answer_card(
    trial: Trial,
    shipment: Shipment,
    words: Words,
    today: date,
    problem: Invalid | None,
) -> Card:
    on = shipment.extension_on or today
    return sheet(
        ExtensionApproved,
        trial,
        words,
        today,
        meaning=[title(shipment, words), words("Requested from Cisco on {day}.", day=on)],
        care=[limit_line(shipment, words)],
        problem=problem,
        values={"until": _usual(shipment, today)},
        more=[
            act(ExtensionDenied, trial, shipment, words, "destructive"),
            mail_button(shipment, Mail.EXTENSION, words),
            devices_button(trial, words),
        ],
        shipment=id_of(shipment),
    )


def limit_line(shipment: Shipment, words: Words) -> Md:
    """Return the last day allowed for a device trial, as far as it is known."""
    started = began(shipment)
    if started is None:
        return words(
            "A device trial can last 120 days in total. The start of this one isn't recorded."
        )
    return words(
        "By Cisco's count, a device trial can last 120 days in total: until {day}.",
        day=device_limit(started),
    )


def _usual(shipment: Shipment, today: date) -> date:
    """Return the day a month later, within the 120 days."""
    more = (shipment.expires_on or today) + USUAL
    started = began(shipment)
    return min(more, device_limit(started)) if started else more


# ------------------------------------------------------------------ refusals

explains(
    SHIPMENT_PAST_120,
    N_("{until} is too late. Device trials last at most 120 days: enter {limit} or earlier."),
    N_("That day is too late. Device trials last at most 120 days: enter an earlier day."),
)
explains(
    NOT_LONGER,
    N_("The devices can already stay until {expires}. Enter a later day."),
    N_("That day is too early. Enter one after the current end."),
)


# ------------------------------------------------------------------ history

tells(
    DEVICE_EXTENSION_RECORDED,
    N_("{who} recorded the device extension as {state}: {type}"),
    N_("{who} recorded a device extension"),
)
