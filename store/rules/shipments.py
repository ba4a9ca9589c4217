"""Questions about shipments: what has left, what is still out, what isn't recorded."""

from collections.abc import Iterator
from datetime import date

from store.rules.dates import all_back, unrecorded
from store.tables import Shipment, Trial
from store.terms import Kind


def has_left(shipment: Shipment) -> bool:
    """Whether any record shows that the devices were shipped."""
    days = (shipment.shipped_on, shipment.expires_on, shipment.pickup_on, shipment.returned_on)
    return bool(shipment.serials) or any(days)


def out(trial: Trial) -> list[Shipment]:
    """The shipments with devices still out.

    Cisco ships nothing without consent, so devices on an existing customer's start form count as
    out only once a record shows that they were shipped.
    """
    consented = trial.kind != Kind.EXISTING or trial.accepted_on is not None
    return [row for row in trial.shipments if not all_back(row) and (consented or has_left(row))]


def without_end(trial: Trial) -> list[Shipment]:
    """The shipments with devices still out whose D isn't known yet."""
    return [shipment for shipment in out(trial) if shipment.expires_on is None]


def missing(shipment: Shipment) -> list[str]:
    """The serial numbers of devices that aren't back."""
    return [row.serial for row in shipment.serials if row.returned_on is None]


def back(shipment: Shipment) -> list[str]:
    """The serial numbers of devices that are back."""
    return [row.serial for row in shipment.serials if row.returned_on is not None]


def still_out(trial: Trial) -> int:
    """How many of a trial's devices aren't back, including those without a recorded serial."""
    return sum(len(missing(shipment)) + unrecorded(shipment) for shipment in out(trial))


def due(trial: Trial) -> Iterator[tuple[Shipment, date]]:
    """The shipments that must still come back and whose D is known, with D."""
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            yield shipment, shipment.expires_on
