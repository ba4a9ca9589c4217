"""Serial numbers as people paste them: on lines or in a row, in lower case, after `S/N:`."""

import re
from datetime import date
from typing import Any

from cards.features.shared.shipment import OnShipment, devices_button, title
from cards.kit.fields import NOTHING, Choices, Text, Wrong
from cards.kit.forms import Invalid, carried
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.refusals import explains
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Words
from store.features.devices import SERIAL_DOUBLE, SHIP
from store.features.serials import SERIALS_RECORDED
from store.tables import Shipment, Trial, id_of

MAX_TYPED = 3_000
"""The most characters that a 20 KB card can show again beside all shipments of a trial."""

_LABEL = re.compile(
    r"(?<![\w-])(?:s\s*/\s*n|s\.\s*n\.|sn|serial(?:\s*(?:numbers?|no|nr))?"
    r"|серийн(?:и|ите)\s*номера|сериен\s*(?:номер|№)|сер\.?\s*(?:номер|№))(?![\w-])[.:#=\s]*",
    re.I,
)
_NUMBERING = re.compile(r"^\s*(?:\d{1,3}[.)]\s|[-*•–]\s)", re.M)
_BETWEEN = re.compile(r"[\s,;|/\"'“”„‚‘’«»<>(){}\[\]\u200b]+")
_SERIAL = re.compile(r"(?=.*\d)[A-Z0-9](?:[A-Z0-9-]{1,38})[A-Z0-9]")
_CISCOS = re.compile(r"[A-Z]{3}\d{4}[A-Z0-9]{4}")
"""Cisco's own serial numbers: a place, a year and week, a number."""
_BESIDE = re.compile(r"(?:[A-Z0-9+]+-)+[A-Z0-9+]+|\d{3,5}|(?:SEP)?[0-9A-F]{12}")
"""What else stands in a list of devices: product numbers, models and MAC addresses."""
_PRODUCT = re.compile(r"(?:CP|CS|CTS|DX|TTC)-.*|.*-K9")


class SerialNumbers(Text):
    """Serial numbers in any format; the value is a tuple, in upper case, duplicates included."""

    def read(self, typed: str, choices: Choices | None) -> tuple[str, ...]:
        """Parse serial numbers. Raises `Wrong`, which names the first implausible one.

        Product numbers and MAC addresses beside Cisco's serial numbers are left out.
        """
        bare = _NUMBERING.sub(" ", _LABEL.sub(" ", super().read(typed, choices)))
        parts = [part.strip(".:#=*-_") for part in _BETWEEN.split(bare)]
        if any(_CISCOS.fullmatch(part.upper()) for part in parts):
            parts = [part for part in parts if not _is_beside(part.upper())]
        return tuple(_serial(part) for part in parts if part)

    def blank(self) -> tuple[str, ...]:
        """Return no serial numbers."""
        return ()

    def again(self, raw: object) -> str:
        """Return the typed text, limited in bytes: a serial number has one per character."""
        return super().again(raw).encode()[:MAX_TYPED].decode(errors="ignore")

    def write(self, value: Any) -> str:
        """Return the serial numbers, one per line."""
        return "" if value is NOTHING else "\n".join(value)


def serial_numbers(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare a field for several serial numbers; the value is a tuple."""
    return SerialNumbers(label=label, required=required, multiline=True, hint=hint, max=MAX_TYPED)


def _is_beside(part: str) -> bool:
    return bool(_BESIDE.fullmatch(part)) and not _CISCOS.fullmatch(part)


def _serial(typed: str) -> str:
    if _PRODUCT.fullmatch(typed.upper()):
        raise Wrong(N_("{typed} is a product number. Enter serial numbers."), typed=typed[:60])
    if not _SERIAL.fullmatch(typed.upper()):
        raise Wrong(N_("{typed} doesn't look like a serial number."), typed=typed[:60])
    return typed.upper()


# ------------------------------------------------------------------ shipped serial numbers


class RecordSerials(
    OnShipment,
    key="device.serials",
    rule=on_trial(SHIP),
    title=N_("Serial numbers"),
    submit=N_("Save"),
    refused_at={SERIAL_DOUBLE: "serials"},
):
    """Record all serial numbers that were shipped. `then`: the command to continue with."""

    then: str = carried(default="devices")
    serials: tuple[str, ...] = serial_numbers(
        N_("Shipped serial numbers"),
        hint=N_("Paste them in any format: lines, commas, lower case or with S/N."),
    )


def serials_card(
    trial: Trial,
    shipment: Shipment,
    *,
    words: Words,
    today: date,
    then: str = "devices",
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show all serial numbers of a shipment, to add to or correct."""
    meaning = [
        title(shipment, words),
        words("Cisco checks these numbers: only matching devices count as returned."),
    ]
    if any(row.returned_on for row in shipment.serials):
        meaning.append(words("Removing a serial number also deletes its return record."))
    return sheet(
        RecordSerials,
        trial,
        words,
        today,
        meaning=meaning,
        care=[said] if said else [],
        problem=problem,
        more=[devices_button(trial, words)],
        values={"serials": tuple(row.serial for row in shipment.serials)},
        shipment=id_of(shipment),
        then=problem.values.get("then", then) if problem else then,
    )


# ------------------------------------------------------------------ refusals

explains(
    SERIAL_DOUBLE,
    N_("Already returned: {back}. Nothing was recorded. Check the numbers."),
    N_("Entered more than once: {serials}. Nothing was recorded. Check the numbers."),
    N_("Some serial numbers were entered more than once. Nothing was recorded. Check the numbers."),
)


# ------------------------------------------------------------------ history

tells(
    SERIALS_RECORDED,
    N_("{who} updated the serial numbers: {type}"),
    N_("{who} updated the serial numbers"),
)
