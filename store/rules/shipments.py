"""What the rows of a shipment say: whether it left, what is still out, what isn't recorded."""

from collections.abc import Iterator
from datetime import date

from store.rules.dates import all_back, unrecorded
from store.tables import Shipment, Trial
from store.terms import Kind


def has_left(shipment: Shipment) -> bool:
    """Whether anything says that the devices are on their way, out or back."""
    days = (shipment.shipped_on, shipment.expires_on, shipment.pickup_on, shipment.returned_on)
    return bool(shipment.serials) or any(days)


def out(trial: Trial) -> list[Shipment]:
    """The shipments of which something is still out.

    Without consent Cisco ships nothing: what an existing customer's start form wished for is out
    only once something says so.
    """
    consented = trial.kind != Kind.EXISTING or trial.accepted_on is not None
    return [row for row in trial.shipments if not all_back(row) and (consented or has_left(row))]


def missing(shipment: Shipment) -> list[str]:
    """The serial numbers that have not come back."""
    return [row.serial for row in shipment.serials if row.returned_on is None]


def back(shipment: Shipment) -> list[str]:
    """The serial numbers that have come back."""
    return [row.serial for row in shipment.serials if row.returned_on is not None]


def still_out(trial: Trial) -> int:
    """How many devices of a trial are not back, those without a recorded serial too."""
    return sum(len(missing(shipment)) + unrecorded(shipment) for shipment in out(trial))


def due(trial: Trial) -> Iterator[tuple[Shipment, date]]:
    """The shipments that are still to come back and whose D is known, with D."""
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            yield shipment, shipment.expires_on
