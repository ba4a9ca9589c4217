"""Sample trials in different states, so that a new sandbox has something to show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from store.act import Act
from store.features import cancel, consent, convert, devices, expiry
from store.features.serials import record_serials
from store.features.shared import people
from store.features.shared.trials import today_in
from store.features.start import NewTrial, start
from store.queues import reminders
from store.tables import Partner, Person, Space, Trial, id_of
from store.terms import CancelledBy, DeviceType, Outcome, Role

_CALLING = {"services": ["messaging", "calling"], "locations": 2}
_PHONES = {"phone": {"models": {"Cisco 8845": 4}, "country": "BG"}}


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A trial to create: how many days ago it was saved, and what has happened since."""

    company: str
    days_ago: int
    form: dict[str, Any]
    then: str = ""


_SKETCHES = (
    _Sketch("Alder Clinics", 7, {"duration": 30, **_CALLING}),
    _Sketch("Birch Logistics", 25, {"duration": 30, "services": ["messaging", "meetings"]}),
    _Sketch("Cedar Bank", 40, {"duration": 30, **_CALLING}),
    _Sketch("Dahlia Hotels", 12, {"kind": "existing"}),
    _Sketch("Elm Schools", 9, {"kind": "existing"}, then="accepted"),
    _Sketch("Fir Energy", 2, {"kind": "paid", "bought": ["meetings"], "done_on": None}),
    _Sketch(
        "Gorse Media", 50, {"duration": 60, "services": ["devices"], "device_licences": 4,
                            "to_ship": _PHONES}, then="shipped",
    ),
    _Sketch("Hazel Print", 20, {}, then="cancelled"),
    _Sketch("Iris Law", 28, {"duration": 30}, then="converted"),
    _Sketch("Juniper Farms", 70, {"duration": 30}, then="ended"),
    _Sketch("Linden Museum", 5, {"duration": 90, "services": ["messaging", "meetings"]}),
)  # fmt: skip


def fill(session: Session, now: datetime) -> int:
    """Create sample trials in the first space of every partner without trials; return how many.

    The first such partner gets the whole set, every other one only two trials. Each trial was saved
    on its own day by the partner's first administrator. No messages are sent about it, and only its
    reminders from `now` on are kept.
    """
    made: list[int] = []
    for partner in session.exec(select(Partner).order_by(col(Partner.id))):
        space = session.exec(
            select(Space).where(col(Space.partner_id) == partner.id).order_by(col(Space.id))
        ).first()
        by = _somebody(session, id_of(partner))
        if space is None or by is None or _has_trials(session, partner):
            continue
        for sketch in _SKETCHES[:2] if made else _SKETCHES:
            made.append(_make(session, sketch, space, by, now))
    reminders.forget_before(session.connection(), now, trial_ids=made)
    return len(made)


def _has_trials(session: Session, partner: Partner) -> bool:
    any_ = select(Trial.id).where(Trial.partner_id == partner.id).limit(1)
    return session.exec(any_).first() is not None


def _somebody(session: Session, partner_id: int) -> Person | None:
    for role in (Role.ADMIN, Role.FULL):
        for person, _ in people.with_roles(session, partner_id, role):
            return person
    return None


def _make(session: Session, sketch: _Sketch, space: Space, by: Person, now: datetime) -> int:
    saved = now - timedelta(days=sketch.days_ago)
    form = NewTrial.model_validate(_form(sketch, space, today_in(space, saved)))
    trial = start(session, form, by=by, space=space, now=saved).trial
    for change in _changes(session, trial, sketch, by, saved, now):
        session.flush()
        assert change is not None
    return id_of(trial)


def _form(sketch: _Sketch, space: Space, day: date) -> dict[str, Any]:
    name = f"{sketch.company.split()[0].lower()}{space.id if space.id != 1 else ''}"
    return {
        "kind": "new",
        "company": sketch.company,
        "administrator": f"admin@{name}.example",
        "country": "BG",
        "services": ["messaging"],
        "done_on": day,
        "customer_notices": False,
        **sketch.form,
    }


def _changes(
    session: Session, trial: Trial, sketch: _Sketch, by: Person, saved: datetime, now: datetime
) -> Iterator[object]:
    number, day = id_of(trial), timedelta(days=1)
    match sketch.then:
        case "accepted":
            at = saved + 4 * day
            yield consent.record(
                session,
                number,
                Act(by, at),
                accepted=True,
                day=today_in(trial.space, at),
                full_access=True,
            )
        case "cancelled":
            yield cancel.cancel(
                session,
                number,
                Act(by, saved + 12 * day),
                whose=CancelledBy.CUSTOMER,
                typed=trial.code,
                outcome=Outcome.PRICE,
            )
        case "converted":
            yield from _bought(session, trial, by, saved + 21 * day)
        case "ended":
            yield expiry.expire(session, number, now=saved + 31 * day)
            yield expiry.end(session, number, now=saved + 62 * day)
        case "shipped":
            yield _shipped(session, trial, by, saved)


def _bought(session: Session, trial: Trial, by: Person, at: datetime) -> Iterator[Trial]:
    number, day = id_of(trial), today_in(trial.space, at)
    yield convert.ordered(session, number, Act(by, at), order_number="WBX-20714", day=day)
    yield convert.converted(session, number, Act(by, at), day=day, why="Checked on the phone.")


def _shipped(session: Session, trial: Trial, by: Person, saved: datetime) -> Trial:
    [shipment] = trial.shipments
    day = today_in(trial.space, saved)
    details = devices.Details(
        DeviceType.PHONE,
        shipment.models,
        order_number="D7741203",
        country="BG",
        shipped_on=day,
        trial_started_on=day,
        expires_on=day + timedelta(days=55),
    )
    number, at = id_of(trial), saved + timedelta(hours=1)
    devices.change(session, number, Act(by, at), shipment_id=id_of(shipment), details=details)
    serials = [f"FCH2448D{n:03}" for n in range(4)]
    return record_serials(
        session, number, Act(by, at), shipment_id=id_of(shipment), serials=serials
    )
