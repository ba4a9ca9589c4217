"""Shipments, extensions and returns in the store, on both databases."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlmodel import Session

from store.act import Act
from store.database.database import Database
from store.features import cancel, consent, device_extension, devices, mails, returns
from store.features.device_extension import NOT_LONGER, SHIPMENT_PAST_120
from store.features.devices import SERIAL_DOUBLE, SHIPMENT_EXISTS, SHIPMENT_RECORDED, Details
from store.features.returns import (
    DEVICE_7,
    DEVICE_14,
    DEVICE_MINUS_7,
    DEVICE_WEEKLY,
    PICKUP_TOO_FAR,
    SERIAL_UNKNOWN,
    SERIALS_MISSING,
    PickUp,
)
from store.features.serials import record_serials
from store.features.shared import reading
from store.refusals import (
    NOT_ALLOWED,
    NOTHING_FOR_YOU,
    NOTHING_TO_DO,
    OLD_CARD,
    WRONG_STATUS,
    Reason,
    Refused,
)
from store.rules.plan import plan
from store.rules.shipments import missing, still_out
from store.tables import Person, Trial
from store.terms import CancelledBy, DeviceType, ExtensionState, Kind, Service, State
from tests.store.cast import TODAY, House, a_house, a_trial, at, open_reminders
from tests.store.examples import OF_DEVICES, a_space, rule, trials, zones
from tests.store.examples import still_out as due
from tests.store.features.test_races import at_once

D = date(2027, 1, 29)
SERIALS = ("FOC1A", "FOC2A", "FOC3A")
SHIPPED = Details(
    DeviceType.PHONE, {"8865": 3}, "D123456", "BG", TODAY, TODAY, D
)  # fmt: skip


@pytest.fixture
def trial(session: Session, house: House) -> Trial:
    """A trial whose start form requested phones."""
    form = {"services": [Service.MESSAGING, Service.DEVICES]}
    return a_trial(session, house, to_ship={"phone": {"models": {"8865": 3}}}, **form)


def by(
    house: House,
    trial: Trial,
    *,
    by: Person | None = None,
    now: datetime | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An act by somebody who has seen the trial's current version."""
    act = Act(by or house.admin, now or at(1), trial.version)
    return {"shipment_id": trial.shipments[0].id, "act": act, **more}


def shipped(session: Session, house: House, trial: Trial) -> None:
    """Ship the phones with their serial numbers, due on D."""
    devices.change(session, trial.id, details=SHIPPED, **by(house, trial))
    record_serials(session, trial.id, serials=SERIALS, **by(house, trial))


def give_back(session: Session, house: House, trial: Trial, *serials: str, **more: Any) -> None:
    """Record these devices as returned."""
    about = by(house, trial, day=TODAY, **more)
    del about["shipment_id"]
    returns.give_back(session, trial.id, serials=serials, **about)


def refused(reason: Reason, call: Any, *args: Any, **kwargs: Any) -> Refused:
    """Return the refusal that a call raises."""
    with pytest.raises(Refused) as no:
        call(*args, **kwargs)
    assert no.value.reason is reason
    return no.value


# ------------------------------------------------------------------ shipments


def test_the_start_form_creates_the_shipment(trial: Trial) -> None:
    (phones,) = trial.shipments
    assert (phones.type, phones.models, phones.country) == (DeviceType.PHONE, {"8865": 3}, "BG")
    assert phones.expires_on is None
    assert trial.devices_due == date.max


def test_changed_details_are_in_history_and_plan_the_return(
    session: Session, house: House, trial: Trial
) -> None:
    devices.change(session, trial.id, details=SHIPPED, **by(house, trial))
    assert trial.devices_due == D
    planned = open_reminders(session, trial)
    assert (planned[DEVICE_MINUS_7], planned[DEVICE_14]) == (
        date(2027, 1, 22),
        date(2027, 2, 12),
    )
    assert planned[DEVICE_WEEKLY] == date(2027, 2, 19)
    row, _ = reading.history(session, trial.id, by=house.reader, now=at(1))[0]
    assert row.what == SHIPMENT_RECORDED
    assert row.before == {
        "type": "phone",
        "order_number": "",
        "shipped_on": None,
        "trial_started_on": None,
        "expires_on": None,
    }
    assert row.after["expires_on"] == "2027-01-29"
    same = by(house, trial, details=SHIPPED)
    refused(NOTHING_TO_DO, devices.change, session, trial.id, **same)


def test_a_trial_has_one_shipment_of_each_type(
    session: Session, house: House, trial: Trial
) -> None:
    about = by(house, trial)
    del about["shipment_id"]
    no = refused(SHIPMENT_EXISTS, devices.ship, session, trial.id, details=SHIPPED, **about)
    assert no.facts == {"type": DeviceType.PHONE}
    board = Details(DeviceType.BOARD, {"Board Pro 55": 1}, country="BG")
    devices.ship(session, trial.id, details=board, **about)
    change = by(house, trial, details=board)
    refused(SHIPMENT_EXISTS, devices.change, session, trial.id, **change)


def test_a_serial_number_belongs_to_one_shipment(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    board = Details(DeviceType.BOARD, {"Board Pro 55": 1}, country="BG")
    about = by(house, trial)
    del about["shipment_id"]
    devices.ship(session, trial.id, details=board, **about)
    about = by(house, trial, shipment_id=trial.shipments[1].id)
    no = refused(
        SERIAL_DOUBLE,
        record_serials,
        session,
        trial.id,
        serials=["FOC9A", "FOC1A"],
        **about,
    )
    assert no.facts == {"serials": ("FOC1A",)}


@pytest.mark.parametrize("who", ["reader", "other", "stranger"])
def test_changing_devices_requires_the_right(
    session: Session, house: House, trial: Trial, who: str
) -> None:
    shipped(session, house, trial)
    stranger = a_house(session, "summit").full
    person = stranger if who == "stranger" else getattr(house, who)
    reason = NOTHING_FOR_YOU if who == "stranger" else NOT_ALLOWED
    about = by(house, trial, by=person)
    whole = {name: value for name, value in about.items() if name != "shipment_id"}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (devices.ship, {"details": SHIPPED, **whole}),
        (devices.change, {"details": SHIPPED, **about}),
        (devices.drop, about),
        (record_serials, {"serials": ["FOC9A"], **about}),
        (mails.complete, {"order_number": "D9", **about}),
        (device_extension.asked, about),
        (device_extension.approved, {"until": D + timedelta(days=9), **about}),
        (device_extension.denied, about),
        (returns.book_pickup, {"pickup": PickUp(TODAY), **about}),
        (returns.give_back, {"serials": ["FOC1A"], "day": TODAY, **whole}),
    ]
    for call, facts in calls:
        refused(reason, call, session, trial.id, **facts)
    old = {**about, "act": Act(house.full, at(1), trial.version - 1)}
    refused(OLD_CARD, device_extension.asked, session, trial.id, **old)


def test_nothing_can_be_recorded_before_the_customer_accepts(
    session: Session, house: House
) -> None:
    form = {"services": [Service.DEVICES], "to_ship": {"phone": {"models": {"8865": 1}}}}
    trial = a_trial(session, house, kind=Kind.EXISTING, **form)
    facts = by(house, trial, details=SHIPPED)
    refused(WRONG_STATUS, devices.change, session, trial.id, **facts)
    assert trial.devices_due is None
    consent.lapse(session, trial.id, now=at(31))
    assert (trial.state, trial.devices_due) == (State.CANCELLED, None)


# ------------------------------------------------------------------ extensions


def test_an_extension_ends_at_most_120_days_after_the_start(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    limit = TODAY + timedelta(days=120)
    later = by(house, trial, until=limit)
    refused(NOTHING_TO_DO, device_extension.approved, session, trial.id, **later)
    device_extension.asked(session, trial.id, **by(house, trial))
    too_late = by(house, trial, until=limit + timedelta(days=1))
    no = refused(SHIPMENT_PAST_120, device_extension.approved, session, trial.id, **too_late)
    assert no.facts["limit"] == limit
    same = by(house, trial, until=D)
    refused(NOT_LONGER, device_extension.approved, session, trial.id, **same)
    device_extension.approved(session, trial.id, **by(house, trial, until=limit))
    (phones,) = trial.shipments
    assert (phones.expires_on, phones.extension) == (limit, ExtensionState.APPROVED)
    assert open_reminders(session, trial)[DEVICE_14] == limit + timedelta(days=14)


# ------------------------------------------------------------------ returned devices


def test_a_return_is_recorded_entirely_or_not_at_all(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    for reason, serials, facts in (
        (SERIAL_UNKNOWN, ("FOC1A", "FOC9A", "FOC8A"), {"serials": ("FOC9A", "FOC8A")}),
        (SERIAL_DOUBLE, ("FOC1A", "FOC2A", "FOC1A"), {"serials": ("FOC1A",)}),
    ):
        assert refused(reason, give_back, session, house, trial, *serials).facts == facts
    assert missing(trial.shipments[0]) == list(SERIALS)
    give_back(session, house, trial, "FOC2A")
    no = refused(SERIAL_DOUBLE, give_back, session, house, trial, "FOC1A", "FOC2A")
    assert no.facts == {"back": ("FOC2A",)}
    assert missing(trial.shipments[0]) == ["FOC1A", "FOC3A"]
    give_back(session, house, trial, "FOC3A", "FOC1A")
    assert (trial.shipments[0].returned_on, trial.devices_due) == (TODAY, None)
    assert not OF_DEVICES & set(open_reminders(session, trial))


def test_a_return_requires_serial_numbers(session: Session, house: House, trial: Trial) -> None:
    refused(SERIALS_MISSING, give_back, session, house, trial, "FOC1A")


def test_a_device_without_a_recorded_number_keeps_the_shipment_due(
    session: Session, house: House, trial: Trial
) -> None:
    devices.change(session, trial.id, details=SHIPPED, **by(house, trial))
    record_serials(session, trial.id, serials=SERIALS[:2], **by(house, trial))
    give_back(session, house, trial, *SERIALS[:2])
    assert (still_out(trial), trial.devices_due) == (1, D)
    record_serials(session, trial.id, serials=SERIALS, **by(house, trial))
    give_back(session, house, trial, SERIALS[2])
    assert (still_out(trial), trial.devices_due) == (0, None)


def test_adding_a_forgotten_number_makes_the_shipment_due_again(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    give_back(session, house, trial, *SERIALS)
    record_serials(session, trial.id, serials=(*SERIALS, "FOC4A"), **by(house, trial))
    assert (trial.shipments[0].returned_on, trial.devices_due) == (None, D)
    record_serials(session, trial.id, serials=SERIALS, **by(house, trial))
    assert (trial.shipments[0].returned_on, trial.devices_due) == (TODAY, None)


def test_a_pickup_silences_reminders_for_one_week(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    day = D + timedelta(days=6)
    too_far = by(house, trial, pickup=PickUp(day), now=at(0))
    refused(PICKUP_TOO_FAR, returns.book_pickup, session, trial.id, **too_far)
    returns.book_pickup(
        session, trial.id, pickup=PickUp(day, "DHL"), **by(house, trial, now=at(64))
    )
    planned = open_reminders(session, trial)
    assert DEVICE_7 not in planned
    assert planned[DEVICE_14] == D + timedelta(days=14)
    again = PickUp(D + timedelta(days=14))
    returns.book_pickup(session, trial.id, pickup=again, **by(house, trial, now=at(65)))
    days = [
        ring.names_day
        for ring in plan(trial, house.space, now=at(65))
        if ring.shipment_id and ring.names_day > D + timedelta(days=6)
    ]
    assert days[0] == D + timedelta(days=21)


def test_devices_of_a_cancelled_trial_stay_due(
    session: Session, house: House, trial: Trial
) -> None:
    shipped(session, house, trial)
    about = by(house, trial)
    del about["shipment_id"]
    cancel.cancel(session, trial.id, whose=CancelledBy.CUSTOMER, typed=trial.code, **about)
    assert DEVICE_14 in open_reminders(session, trial)
    device_extension.asked(session, trial.id, **by(house, trial))
    give_back(session, house, trial, *SERIALS)
    assert not open_reminders(session, trial)


@rule
@given(trials(), zones, st.integers(-30, 200))
def test_a_shipment_that_is_out_always_has_a_future_reminder(
    trial: Trial, zone: str, later: int
) -> None:
    assume(trial.snoozed_until is None)
    now = at(0) + (trial.saved_on - TODAY) + timedelta(days=later)
    ahead = {
        ring.shipment_id for ring in plan(trial, a_space(zone), now=now) if ring.rings_at > now
    }
    assert {shipment.id for shipment in due(trial)} <= ahead


def test_one_of_two_concurrent_returns_is_recorded(database: Database) -> None:
    with database.transaction() as session:
        house = a_house(session)
        to_ship = {"phone": {"models": {"8865": 3}}}
        trial = a_trial(session, house, services=[Service.DEVICES], to_ship=to_ship)
        shipped(session, house, trial)
        about = by(house, trial, serials=["FOC1A"], day=TODAY)
        del about["shipment_id"]

    def record(session: Session) -> int:
        again = {**about, "act": replace(about["act"], by=session.merge(house.admin))}
        return returns.give_back(session, trial.id, **again).version

    results = at_once(database, record, record)
    assert sorted(map(str, results)) == sorted([str(trial.version + 1), OLD_CARD])
    with database.reading() as session:
        (phones,) = session.get_one(Trial, trial.id).shipments
        assert missing(phones) == ["FOC2A", "FOC3A"]
