"""A trial's shipments: what is out, what isn't known yet, and what can be done with each."""

from collections.abc import Iterator
from datetime import date

from cards.features.mails import Mail, mail_button
from cards.features.shared.shipment import (
    OnShipment,
    Sheet,
    act,
    devices_button,
    models_line,
    serials_lines,
    sheet_button,
    shipment_facts,
    state_line,
    title,
)
from cards.kit import kit
from cards.kit.forms import Form, Invalid, carried, choose, day, text, tick
from cards.kit.headline import header, headline, services_of
from cards.kit.history import tells
from cards.kit.kit import Action, Card, Element
from cards.kit.models import models
from cards.kit.offers import offers
from cards.kit.places import country
from cards.kit.refusals import explains
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Message, Words, bullets, dotted, paragraphs
from store.features.devices import (
    LONG_DEVICE_TRIAL,
    SHIP,
    SHIPMENT_EXISTS,
    SHIPMENT_RECORDED,
    began,
)
from store.refusals import DAY_IN_FUTURE
from store.rules import dates, statuses, transitions
from store.rules.shipments import has_left, out
from store.tables import Shipment, Trial, id_of
from store.terms import DeviceType, Service, SkipReason

offers("devices", N_("Devices…"), SHIP, place=60)

MAX_TEXT = 60


class SaveShipment(
    Form,
    key="device.save",
    rule=on_trial(SHIP),
    title=N_("Shipment"),
    submit=N_("Save"),
    refused_at={
        SHIPMENT_EXISTS: "type",
        DAY_IN_FUTURE: "shipped_on",
        LONG_DEVICE_TRIAL: "sure",
    },
):
    """Record a shipment, or correct one; without `shipment`, it is a new one."""

    trial: int = carried()
    version: int = carried()
    shipment: int = carried(default=0)
    type: DeviceType = choose(N_("Type"), DeviceType)
    models: tuple[tuple[str, int], ...] = models(N_("Models and quantities"))
    order_number: str = text(
        N_("Order number"),
        required=False,
        max=MAX_TEXT,
        hint=N_("See the shipping e-mail; it often starts with D."),
    )
    country: str = country(N_("Shipped to"))
    shipped_on: date | None = day(N_("Shipped on"), required=False)
    trial_started_on: date | None = day(N_("Device trial start"), required=False)
    expires_on: date | None = day(
        N_("Device trial end"),
        required=False,
        hint=N_(
            "Use the date in the EULA e-mail, not the one in Control Hub. Leave empty"
            " until you have it."
        ),
    )
    sure: bool = tick(N_("The EULA e-mail gives this end"))

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require models, a trial end after its start, and no trial start before shipping."""
        if not self.models:
            yield "models", Message(N_("Enter what was shipped, for example: 8865 x 2."))
        began = self.trial_started_on or self.shipped_on
        if began and self.expires_on and self.expires_on <= began:
            yield (
                "expires_on",
                Message(N_("That's too early. Enter a day after {day}."), {"day": began}),
            )
        if self.shipped_on and self.trial_started_on and self.trial_started_on < self.shipped_on:
            day = self.shipped_on
            yield (
                "trial_started_on",
                Message(N_("That's too early. Enter {day} or later."), {"day": day}),
            )


class DropShipment(
    OnShipment, key="device.drop", rule=on_trial(SHIP), submit=N_("Remove (never shipped)")
):
    """Remove a shipment that was never sent."""


class OpenAdd(Form, key="device.open-add", rule=on_trial(SHIP), submit=N_("Add a shipment…")):
    """Open the form for another shipment."""

    trial: int = carried()


# ------------------------------------------------------------------ all shipments


def devices_card(
    trial: Trial, *, words: Words, today: date, may_change: bool, said: str = ""
) -> Card:
    """Show every shipment with its facts and buttons."""
    changes = may_change and transitions.allowed(trial, SHIP, today)
    remarks = list(_remarks(trial, words, today))
    elements = [
        header(trial, words, today),
        kit.text(said) if said else None,
        *(_box(trial, shipment, words, changes) for shipment in trial.shipments),
        *map(kit.text, remarks),
    ]
    lines = [
        dotted(title(shipment, words), state_line(trial, shipment, words))
        for shipment in trial.shipments
    ]
    fallback = paragraphs(headline(trial, words, today), said, bullets(lines), *remarks)
    return kit.card(words, fallback, elements, _buttons(trial, words, changes))


def _remarks(trial: Trial, words: Words, today: date) -> Iterator[Md]:
    if not trial.shipments:
        yield words("Cisco hasn't shipped any devices for this trial.")
    if trial.skip_reason and not trial.shipments:
        yield words.term(SkipReason, trial.skip_reason)
    if statuses.status(trial, today) not in transitions.NEVER_PENDING_CONSENT:
        yield words("You can record devices once the customer has accepted.")
    if statuses.status(trial, today) not in statuses.LIVE and out(trial):
        yield words("The trial is over, but shipped devices must still be returned.")


def _box(trial: Trial, shipment: Shipment, words: Words, changes: bool) -> Element:
    unknown = shipment.expires_on is None and shipment in out(trial)
    return kit.box(
        [
            kit.text(words.term(DeviceType, shipment.type), bold=True),
            kit.text(models_line(shipment), spacing="none") if shipment.models else None,
            kit.text(state_line(trial, shipment, words), color="warning" if unknown else None),
            kit.facts(shipment_facts(shipment, words)),
            *map(kit.small, serials_lines(shipment, words)),
            kit.small(words(WITHOUT_POWER)) if shipment.type == DeviceType.PHONE else None,
            kit.buttons(_actions(shipment, words)) if changes else None,
        ],
        separator=True,
    )


WITHOUT_POWER = N_(
    "Phones come without a power supply. If the customer has no PoE, write to the trials team."
)


def _actions(shipment: Shipment, words: Words) -> Iterator[Action]:
    yield sheet_button(shipment, Sheet.DETAILS, words)
    yield sheet_button(shipment, Sheet.SERIALS, words)
    if not dates.all_back(shipment):
        yield sheet_button(shipment, Sheet.EXTENSION, words)
        yield sheet_button(shipment, Sheet.PICKUP, words)
    if shipment.type == DeviceType.PHONE and not dates.all_back(shipment):
        yield mail_button(shipment, Mail.POWER, words)


def _buttons(trial: Trial, words: Words, changes: bool) -> Iterator[Action]:
    if changes and out(trial):
        yield word_button(words, N_("Return…"), "return", trial)
    if changes and len(trial.shipments) < len(DeviceType):
        yield OpenAdd.button(words, trial=id_of(trial))
    yield word_button(words, N_("Back"), "show", trial)


# ------------------------------------------------------------------ one shipment


def add_card(trial: Trial, *, words: Words, today: date, problem: Invalid | None = None) -> Card:
    """Ask for the details of another shipment."""
    care = [words(ONE_A_TYPE)]
    if Service.DEVICES not in services_of(trial):
        care.append(words("This trial doesn't include Webex devices."))
    return sheet(
        SaveShipment,
        trial,
        words,
        today,
        care=care,
        problem=problem,
        more=[devices_button(trial, words)],
        values={"country": trial.customer.country},
        only=_asked(problem),
    )


def _asked(problem: Invalid | None) -> set[str]:
    """Return the fields to show; the tick only if the end was doubtful."""
    shown = {name for name, field in SaveShipment.fields.items() if field.visible}
    return shown if problem and "sure" in problem.messages else shown - {"sure"}


ONE_A_TYPE = N_("Cisco ships once per device type: order everything now.")


def details_card(
    trial: Trial,
    shipment: Shipment,
    *,
    words: Words,
    today: date,
    problem: Invalid | None = None,
) -> Card:
    """Show the details of a shipment, to add to or correct."""
    return sheet(
        SaveShipment,
        trial,
        words,
        today,
        meaning=[title(shipment, words)],
        care=list(_doubts(shipment, words)),
        problem=problem,
        values=_known(shipment),
        only=_asked(problem),
        more=[
            None if shipment.order_number else mail_button(shipment, Mail.ORDER_NUMBER, words),
            None
            if has_left(shipment)
            else act(DropShipment, trial, shipment, words, "destructive"),
            devices_button(trial, words),
        ],
        shipment=id_of(shipment),
    )


def _known(shipment: Shipment) -> dict[str, object]:
    values = {name: getattr(shipment, name) for name in _asked(None)}
    return values | {"models": tuple(shipment.models.items())}


def _doubts(shipment: Shipment, words: Words) -> Iterator[Md]:
    started = began(shipment)
    if started and shipment.expires_on and shipment.expires_on > dates.device_limit(started):
        yield words("That's more than 120 days. Check it against the EULA e-mail.")


# ------------------------------------------------------------------ refusals

explains(
    SHIPMENT_EXISTS,
    N_("Devices of this type were already shipped. Cisco ships once per device type and trial."),
)
explains(
    LONG_DEVICE_TRIAL,
    N_(
        "The end is more than 120 days after {began}. Check the EULA e-mail. If it gives this day,"
        " tick the box under *Details…*."
    ),
    N_("That's more than 120 days. Check it against the EULA e-mail."),
)


# ------------------------------------------------------------------ history

tells(SHIPMENT_RECORDED, N_("{who} updated the shipment: {type}"), N_("{who} updated the shipment"))
