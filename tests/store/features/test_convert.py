"""Conversion: interest, checklist, order or handover, provisioning."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from store.act import Act
from store.features import convert
from store.features.convert import CONVERSION, ORDERED_5, ORDERED_20, ORDERED_27, ORDERED_29
from store.features.customer_notices import CUSTOMER_END
from store.features.expiry import END, END_MINUS_7, GRACE_1
from store.features.returns import DEVICE_7, DEVICE_14, DEVICE_MINUS_7
from store.refusals import NOTHING_FOR_YOU, NOTHING_TO_DO
from store.rules.hub import ADDRESS_DIFFERS, CHECKLIST, CHECKLIST_OPEN, NOT_ORDERED, TIER_TWO, Step
from store.tables import History, Shipment, Trial
from store.terms import Service, State
from tests.store.cast import NOW, House, a_trial, at, meet, open_reminders, refused

DAY = date(2026, 12, 20)


@pytest.fixture
def trial(session: Session, house: House) -> Trial:
    return a_trial(session, house, done_on="2026-12-01")


def by(house: House, day: int = 20) -> dict[str, Any]:
    return {"act": Act(house.admin, at(day))}


def order(session: Session, trial: Trial, house: House) -> None:
    convert.ordered(session, trial.id, order_number=" ab-1 ", day=DAY, **by(house))


def test_only_the_customers_administrator_can_ask_to_buy(session: Session, trial: Trial) -> None:
    ben = meet(session, "ben@meadow.example", "org-meadow")
    with refused(NOTHING_FOR_YOU):
        convert.want_to_buy(session, trial.id, Act(ben, NOW), room_id="r")
    clara = meet(session, "clara@meadow.example", "org-meadow")
    convert.want_to_buy(session, trial.id, Act(clara, NOW), room_id="r")
    assert trial.interest_on == date(2026, 12, 1)


def test_a_known_interest_keeps_its_first_day_and_its_one_line(
    session: Session, house: House, trial: Trial
) -> None:
    clara = meet(session, "clara@meadow.example", "org-meadow")
    for day, is_new in ((1, True), (5, False)):
        wanted, new = convert.want_to_buy(session, trial.id, Act(clara, at(day)), room_id="r")
        assert (wanted.interest_on, new) == (date(2026, 12, 2), is_new)
    with refused(NOTHING_TO_DO):
        convert.record_interest(session, trial.id, day=date(2026, 12, 1), **by(house))
    told = select(History).where(History.what == convert.INTEREST_RECORDED)
    assert len(session.exec(told).all()) == 1


def test_an_ordered_trial_has_provisioning_reminders(
    session: Session, house: House, trial: Trial
) -> None:
    order(session, trial, house)
    assert trial.order_number == "AB-1"
    planned = open_reminders(session, trial)
    assert {ORDERED_5, ORDERED_20, ORDERED_27, ORDERED_29} <= set(planned)
    assert not {END, END_MINUS_7, CUSTOMER_END, GRACE_1} & set(planned)


def test_provisioning_requires_the_order_and_the_whole_checklist(
    session: Session, house: House, trial: Trial
) -> None:
    with refused(NOT_ORDERED):
        convert.converted(session, trial.id, day=DAY, **by(house))
    order(session, trial, house)
    with refused(CHECKLIST_OPEN) as facts:
        convert.converted(session, trial.id, day=DAY, **by(house))
    assert facts["items"] == tuple(item for item in CHECKLIST[1] if item is not Step.ORDER_NUMBER)
    with refused(ADDRESS_DIFFERS):
        convert.tick(
            session, trial.id, item=Step.ADMINISTRATOR, done=True, typed="x@y.z", **by(house)
        )
    with refused(NOTHING_TO_DO):
        convert.tick(session, trial.id, item=Step.SERVICES_ON_ORDER, done=True, **by(house))
    for item in facts["items"]:
        convert.tick(
            session,
            trial.id,
            item=item,
            done=True,
            contact="partner",
            typed="Clara@meadow.example ",
            on_order=[Service.MESSAGING],
            **by(house),
        )
    (task,) = [task for task in trial.hub_tasks if task.change == CONVERSION]
    assert task.facts["on_order"] == ["messaging"]
    with refused(CHECKLIST_OPEN) as missing:
        convert.converted(session, trial.id, day=DAY, **by(house))
    assert missing["items"] == (Step.SERVICES_ON_ORDER,)
    both = [Service.MESSAGING, Service.CALLING]
    item = Step.SERVICES_ON_ORDER
    convert.tick(session, trial.id, item=item, done=True, on_order=both, **by(house))
    convert.converted(session, trial.id, day=DAY, **by(house))
    assert (trial.state, trial.converted_on) == (State.CONVERTED, DAY)
    assert open_reminders(session, trial) == {}
    a_trial(session, house)  # its reservations are free


def test_a_reason_excuses_open_checklist_items(
    session: Session, house: House, trial: Trial
) -> None:
    order(session, trial, house)
    convert.tick(session, trial.id, item=Step.ORDER_NUMBER, done=False, **by(house))
    convert.converted(session, trial.id, day=DAY, why="Cisco did it by phone", **by(house))
    assert trial.state == State.CONVERTED


def test_a_tier_two_partner_hands_over_to_the_distributor(
    session: Session, house: House, trial: Trial
) -> None:
    with refused(NOTHING_TO_DO):
        convert.handed_over(session, trial.id, day=DAY, **by(house))
    house.partner.tier = 2
    session.flush()
    with refused(TIER_TWO):
        order(session, trial, house)
    with refused(NOT_ORDERED):
        convert.converted(session, trial.id, day=DAY, **by(house))
    convert.handed_over(session, trial.id, day=DAY, **by(house))
    convert.converted(session, trial.id, day=DAY, **by(house))
    assert trial.state == State.CONVERTED


def test_devices_of_a_converted_trial_stay_due(
    session: Session, house: House, trial: Trial
) -> None:
    trial.shipments.append(
        Shipment(trial_id=trial.id, type="room", expires_on=date(2027, 2, 1), models={"Kit": 1})
    )
    order(session, trial, house)
    convert.converted(session, trial.id, day=DAY, why="-", **by(house))
    assert {DEVICE_MINUS_7, DEVICE_7, DEVICE_14} <= set(open_reminders(session, trial))
    assert trial.devices_due == date(2027, 2, 1)
