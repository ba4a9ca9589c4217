"""Shipments of devices, one per type and trial, and their details."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Reason, Refused
from store.rules.dates import check_done_on, device_limit, unrecorded
from store.rules.shipments import has_left
from store.rules.transitions import NEVER_PENDING_CONSENT, Change
from store.tables import Shipment, Trial, id_of
from store.terms import DeviceType

SHIP = Change("ship", NEVER_PENDING_CONSENT)
SHIPMENT_RECORDED = HistoryKind("shipment")
SHIPMENT_EXISTS = Reason("shipment-exists")
SERIAL_DOUBLE = Reason("serial-double")
LONG_DEVICE_TRIAL = Reason("long-device-trial")


@dataclass(frozen=True, slots=True)
class Details:
    """The known details of a shipment.

    `models`: name → quantity. `country`: ISO code. `expires_on`: D, from the EULA mail
    (docs/domain.md#device-expiry).
    """

    type: DeviceType
    models: Mapping[str, int] = field(default_factory=dict)
    order_number: str = ""
    country: str = ""
    shipped_on: date | None = None
    trial_started_on: date | None = None
    expires_on: date | None = None


def ship(
    session: Session, trial_id: int, act: Act, *, details: Details, sure: bool = False
) -> Trial:
    """Record a shipment; a trial can have only one of each type (docs/domain.md#shipments).

    `sure`: the EULA mail gives this D, however long the device trial is.
    Refused: as `hold`, WRONG_STATUS, SHIPMENT_EXISTS (`type`), DAY_IN_FUTURE for the ship date,
    LONG_DEVICE_TRIAL (`expires`, `began`) unless `sure`.
    """
    trial = hold(session, trial_id, act, SHIP)
    _check(trial, details, [shipment.type for shipment in trial.shipments], act.now)
    if not sure:
        check_end(*_device_trial(details))
    shipment = Shipment(trial_id=id_of(trial), type=details.type)
    _describe(shipment, details)
    trial.shipments.append(shipment)
    after = _known(shipment)
    return keep(session, trial, act, SHIPMENT_RECORDED, after=after)


def change(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    shipment_id: int,
    details: Details,
    sure: bool = False,
) -> Trial:
    """Correct the details of a shipment; its returns are replanned.

    Refused: as `ship`, NOTHING_TO_DO if nothing changes.
    """
    trial = hold(session, trial_id, act, SHIP)
    shipment = of(trial, shipment_id)
    before = _known(shipment)
    others = [other.type for other in trial.shipments if other is not shipment]
    _check(trial, details, others, act.now)
    if not sure and _device_trial(details) != _device_trial(shipment):
        check_end(*_device_trial(details))
    _describe(shipment, details)
    after = _known(shipment)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        raise Refused(NOTHING_TO_DO)
    count_back(shipment)
    return keep(
        session,
        trial,
        act,
        SHIPMENT_RECORDED,
        before={"type": shipment.type, **{name: before[name] for name in changed}},
        after={"type": shipment.type, **{name: after[name] for name in changed}},
    )


def drop(session: Session, trial_id: int, act: Act, *, shipment_id: int) -> Trial:
    """Record that a shipment never left: nothing of it is due, and its type is free again.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO once it was shipped.
    """
    trial = hold(session, trial_id, act, SHIP)
    shipment = of(trial, shipment_id)
    if has_left(shipment):
        raise Refused(NOTHING_TO_DO)
    before = _known(shipment)
    trial.shipments.remove(shipment)
    after = {"type": shipment.type}
    return keep(session, trial, act, SHIPMENT_RECORDED, before=before, after=after)


# ------------------------------------------------------------------ one shipment


def of(trial: Trial, shipment_id: int) -> Shipment:
    """One of a trial's shipments. Refused: NOTHING_TO_DO."""
    for shipment in trial.shipments:
        if shipment.id == shipment_id:
            return shipment
    raise Refused(NOTHING_TO_DO)


def check_end(began: date | None, expires_on: date | None) -> None:
    """Refuse a D more than 120 days after the start of the device trial.

    Rule: docs/domain.md#device-extension. Refused: LONG_DEVICE_TRIAL (`expires`, `began`).
    """
    if began and expires_on and expires_on > device_limit(began):
        raise Refused(LONG_DEVICE_TRIAL, expires=expires_on, began=began)


def began(shipment: Shipment | Details) -> date | None:
    """The start of the device trial; if it is unknown, the ship date counts."""
    return shipment.trial_started_on or shipment.shipped_on


def _device_trial(shipment: Shipment | Details) -> tuple[date | None, date | None]:
    return began(shipment), shipment.expires_on


def refuse_doubles(serials: Sequence[str]) -> None:
    """Refuse duplicate serial numbers (SERIAL_DOUBLE: serials)."""
    doubles = tuple(serial for serial, times in Counter(serials).items() if times > 1)
    if doubles:
        raise Refused(SERIAL_DOUBLE, serials=doubles)


def count_back(shipment: Shipment) -> None:
    """Update `returned_on`: the day the last device came back, or None while any is out."""
    if not shipment.serials:
        return
    days = [serial.returned_on for serial in shipment.serials if serial.returned_on]
    complete = len(days) == len(shipment.serials) and not unrecorded(shipment)
    shipment.returned_on = max(days) if complete else None


def _check(trial: Trial, details: Details, taken: Sequence[str], now: datetime) -> None:
    if details.type in taken:
        raise Refused(SHIPMENT_EXISTS, type=details.type)
    if details.shipped_on:
        check_done_on(details.shipped_on, today_in(trial.space, now))


def _describe(shipment: Shipment, details: Details) -> None:
    for name, value in asdict(details).items():
        setattr(shipment, name, value)
    shipment.order_number = details.order_number.strip().upper()


def _known(shipment: Shipment) -> dict[str, Any]:
    return {name: getattr(shipment, name) for name in Details.__dataclass_fields__}
