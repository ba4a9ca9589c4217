"""Returns (RMA): booked pick-ups, and returned devices by serial number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session

from store.act import Act
from store.features.devices import SERIAL_DOUBLE, count_back, of, refuse_doubles
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Reason, Refused
from store.rules.dates import all_back, check_done_on
from store.rules.plan import WEEK, Planned, counted, plans, weekly
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.shipments import due
from store.rules.transitions import NEVER_PENDING_CONSENT, Change
from store.tables import Serial, Shipment, Trial

RETURN = Change("return", NEVER_PENDING_CONSENT)

PICKUP_BOOKED = HistoryKind("pickup")
RETURNED = HistoryKind("returned")

PICKUP_TOO_FAR = Reason("pickup-too-far")
SERIAL_UNKNOWN = Reason("serial-unknown")
SERIALS_MISSING = Reason("serials-missing")

_OF = Topic.DEVICES
DEVICE_MINUS_7 = ReminderKind("device-7", after=-7, urgency=240, topic=_OF)
DEVICE_7 = ReminderKind("device+7", after=7, urgency=160, topic=_OF)
DEVICE_14 = ReminderKind(
    "device+14", after=14, urgency=60, topic=_OF, can_wait=False, mentions=True
)
DEVICE_WEEKLY = ReminderKind("device-weekly", urgency=150, topic=_OF)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    for shipment, expires_on in due(trial):
        for kind in (DEVICE_MINUS_7, DEVICE_7, DEVICE_14):
            yield from of_shipment(shipment, [counted(kind, expires_on)])
        spoken = until if shipment.pickup_on is None else shipment.pickup_on + 2 * WEEK
        overdue = weekly(DEVICE_WEEKLY, expires_on + 2 * WEEK, max(until, spoken))
        yield from of_shipment(shipment, overdue)


def of_shipment(shipment: Shipment, planned: Iterable[Planned]) -> Iterator[Planned]:
    """The reminders of one shipment; a booked pick-up silences those until seven days after it."""
    topic = f"/shipment{shipment.id}"
    for each in planned:
        if shipment.pickup_on is None or each.day >= shipment.pickup_on + WEEK:
            yield replace(each, mark=topic, topic=topic, shipment_id=shipment.id)


PICKUP_AHEAD = 30
"""How many days ahead a pick-up may be: it silences reminders, so a typo must not."""


@dataclass(frozen=True, slots=True)
class PickUp:
    """A pick-up booked with a carrier."""

    day: date
    carrier: str = ""
    tracking: str = ""
    rma: str = ""


def book_pickup(
    session: Session, trial_id: int, act: Act, *, shipment_id: int, pickup: PickUp
) -> Trial:
    """Record a pick-up: it silences a shipment's reminders until seven days after it.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO if all is back, PICKUP_TOO_FAR (`day`, `latest`)
    more than 30 days ahead, DAY_TOO_EARLY before the devices were shipped.
    """
    trial = hold(session, trial_id, act, RETURN)
    shipment = of(trial, shipment_id)
    if all_back(shipment):
        raise Refused(NOTHING_TO_DO)
    latest = today_in(trial.space, act.now) + timedelta(days=PICKUP_AHEAD)
    if pickup.day > latest:
        raise Refused(PICKUP_TOO_FAR, day=pickup.day, latest=latest)
    check_done_on(pickup.day, latest, shipment.shipped_on)
    before = {"day": shipment.pickup_on}
    shipment.pickup_on, shipment.carrier = pickup.day, pickup.carrier
    shipment.tracking, shipment.rma = pickup.tracking, pickup.rma
    after = {
        "type": shipment.type,
        "day": pickup.day,
        "carrier": pickup.carrier,
        "tracking": pickup.tracking,
        "rma": pickup.rma,
    }
    return keep(session, trial, act, PICKUP_BOOKED, before=before, after=after)


def give_back(
    session: Session, trial_id: int, act: Act, *, serials: Sequence[str], day: date
) -> Trial:
    """Record that shipped devices came back to Cisco: all of them or none.

    Rule: docs/domain.md#serial-numbers.

    Refused: as `hold`, WRONG_STATUS, SERIALS_MISSING if none were recorded,
    SERIAL_UNKNOWN (`serials`), SERIAL_DOUBLE (`serials`, or `back`: returned before),
    DAY_IN_FUTURE, DAY_TOO_EARLY before they were shipped.
    """
    trial = hold(session, trial_id, act, RETURN)
    rows = _shipped(trial, serials)
    ids = {row.shipment_id for row in rows}
    touched = [shipment for shipment in trial.shipments if shipment.id in ids]
    shipped_on = [shipment.shipped_on for shipment in touched if shipment.shipped_on]
    check_done_on(day, today_in(trial.space, act.now), max(shipped_on, default=None))
    for row in rows:
        row.returned_on = day
    for shipment in touched:
        count_back(shipment)
    after = {"serials": [row.serial for row in rows], "day": day}
    return keep(session, trial, act, RETURNED, after=after)


def _shipped(trial: Trial, serials: Sequence[str]) -> list[Serial]:
    """The rows of these serial numbers. Refused: as `give_back`, naming the wrong ones."""
    known = {row.serial: row for shipment in trial.shipments for row in shipment.serials}
    if not known:
        raise Refused(SERIALS_MISSING)
    unknown = tuple(dict.fromkeys(serial for serial in serials if serial not in known))
    if unknown:
        raise Refused(SERIAL_UNKNOWN, serials=unknown)
    refuse_doubles(serials)
    back = tuple(serial for serial in serials if known[serial].returned_on)
    if back:
        raise Refused(SERIAL_DOUBLE, back=back)
    return [known[serial] for serial in serials]
