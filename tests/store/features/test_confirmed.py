"""Confirmations that come late, cross each other or are undone: no reminder and no date is lost.

Day 0 is 1 December. A trial of 30 days that was started then ends on day 30.
"""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from store.act import Act
from store.features import cancel, consent, convert, let_go, partner_hub, services
from store.features.cancel import CANCELLATION
from store.features.extend import EXTENSION, extend
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE, Wanted
from store.features.shared.open_changes import TOO_LATE_TO_UNDO
from store.features.start import REQUEST, START
from store.refusals import DAY_TOO_EARLY
from store.rules.hub import HubChange, opened
from store.tables import Person, Reservation, Trial
from store.terms import CancelledBy, Kind, Service, State
from tests.store.cast import TODAY, House, a_trial, at, by, refused
from tests.store.days import Days
from tests.store.features.test_open_changes import confirm, on

MESSAGING, CALLING, DEVICES = Service.MESSAGING, Service.CALLING, Service.DEVICES


def at_time(person: Person, day: int, hour: int, minute: int) -> dict[str, Any]:
    """Who acts, and when: a time of a day in UTC (9:00 in Sofia is 7:00)."""
    return {"act": Act(person, at(day, hour) + timedelta(minutes=minute))}


# ------------------------------------------------------------------ undone


def test_e_rings_if_an_extension_is_confirmed_before_the_hour_and_undone_after_it(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    days = Days(session, trial)
    days.to(29)
    extend(session, trial.id, days=30, **by(house.admin, 29))
    undone_around_the_hour(days, EXTENSION, house, 30)
    assert trial.ends == on(30)
    assert "end" in [kind for kind, _ in days.to(30)]


def test_the_last_safe_day_rings_if_a_cancellation_is_undone_after_the_hour(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    days = Days(session, trial)
    days.to(58)
    cancelled(days, house)
    undone_around_the_hour(days, CANCELLATION, house, 59)
    assert "end+29" in [kind for kind, _ in days.to(59)]


def undone_around_the_hour(days: Days, kind: HubChange, house: House, day: int) -> None:
    """Confirm a change three minutes before the reminder hour, and undo it three minutes after."""
    task = opened(days.trial, kind)
    before, after = at_time(house.admin, day, 6, 57), at_time(house.admin, day, 7, 3)
    partner_hub.done_on(days.session, days.trial.id, task_id=task.id, **before)
    partner_hub.undo(days.session, days.trial.id, task_id=task.id, **after)


def cancelled(days: Days, house: House) -> None:
    """The partner wants to cancel."""
    facts = {"whose": CancelledBy.PARTNER, "typed": days.trial.code}
    cancel.cancel(days.session, days.trial.id, **facts, **by(house.admin, days.day))


def test_a_start_that_something_was_built_on_cannot_be_undone(
    session: Session, house: House
) -> None:
    def extended(trial: Trial) -> None:
        extend(session, trial.id, days=30, shorten=True, **by(house.admin, 0))

    def ordered(trial: Trial) -> None:
        convert.ordered(session, trial.id, order_number="1", day=TODAY, **by(house.admin, 0))

    def let(trial: Trial) -> None:
        let_go.let_go(session, trial.id, **by(house.admin, 0))

    for number, build in enumerate((extended, ordered, let)):
        trial = a_trial(session, house, done_on=None, administrator=f"it@c{number}.example")
        task = opened(trial, START)
        confirm(Days(session, trial), START, house)
        build(trial)
        with refused(TOO_LATE_TO_UNDO):
            partner_hub.undo(session, trial.id, task_id=task.id, **by(house.admin, 0))


def test_a_cancellation_of_what_was_ordered_before_can_be_undone(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    convert.ordered(session, trial.id, order_number="1", day=TODAY, **by(house.admin, 0))
    days = Days(session, trial)
    cancelled(days, house)
    task = opened(trial, CANCELLATION)
    confirm(days, CANCELLATION, house)
    partner_hub.undo(session, trial.id, task_id=task.id, **by(house.admin, 0))
    assert (trial.state, trial.ordered_on) == (State.ACTIVE, TODAY)


def test_a_request_that_was_accepted_since_cannot_be_undone(session: Session, house: House) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING, done_on=None)
    task = opened(trial, REQUEST)
    confirm(Days(session, trial), REQUEST, house)
    answer = {"accepted": True, "day": TODAY, "full_access": True}
    consent.record(session, trial.id, **answer, **by(house.admin, 0))
    with refused(TOO_LATE_TO_UNDO):
        partner_hub.undo(session, trial.id, task_id=task.id, **by(house.admin, 0))
    assert trial.state == State.PROVISIONING


# ------------------------------------------------------------------ crossing


def test_services_and_licences_that_are_open_together_keep_each_others_numbers(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, services=[MESSAGING, DEVICES], device_licences=5)
    days, wanted = Days(session, trial, 1), Wanted([MESSAGING, DEVICES, CALLING], locations=1)
    services.set_services(session, trial.id, wanted=wanted, **by(house.admin, 1))
    licences = {"licences": 100, "device_licences": 20}
    services.set_licences(session, trial.id, **licences, **by(house.admin, 1))
    confirm(days, LICENCE_CHANGE, house)
    confirm(days, SERVICE_CHANGE, house)
    assert trial.device_licences == 20


def test_licences_asked_before_devices_were_added_do_not_take_theirs(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, services=[MESSAGING])
    days = Days(session, trial, 1)
    licences = {"licences": 200, "device_licences": None}
    services.set_licences(session, trial.id, **licences, **by(house.admin, 1))
    wanted = Wanted([MESSAGING, DEVICES])
    services.set_services(session, trial.id, wanted=wanted, **by(house.admin, 1))
    confirm(days, SERVICE_CHANGE, house)
    confirm(days, LICENCE_CHANGE, house)
    assert (trial.licences, trial.device_licences) == (200, 5)


# ------------------------------------------------------------------ long ago


def test_a_start_of_long_ago_is_recorded_as_ended(session: Session, house: House) -> None:
    trial = a_trial(session, house, done_on=None)
    days = Days(session, trial)
    confirm(days, START, house, done=-70)
    days.to(2)
    assert trial.state == State.ENDED


def test_an_extension_confirmed_after_its_own_grace_is_recorded_as_ended(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    days = Days(session, trial)
    days.to(20)
    extend(session, trial.id, days=30, **by(house.admin, 20))
    days.to(85)
    confirm(days, EXTENSION, house, done=21)
    days.to(87)
    assert trial.state == State.ENDED
    held = select(Reservation).where(col(Reservation.trial_id) == trial.id)
    assert session.exec(held).all() == []


def test_a_request_sent_long_ago_is_recorded_as_lapsed(session: Session, house: House) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING, done_on=on(-40))
    Days(session, trial).to(2)
    assert trial.state == State.CANCELLED


def test_a_second_extension_cannot_have_been_made_before_the_first(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    extend(session, trial.id, days=30, done_on=on(20), **by(house.admin, 20))
    extend(session, trial.id, days=30, **by(house.admin, 22))
    with refused(DAY_TOO_EARLY):
        confirm(Days(session, trial, 22), EXTENSION, house, done=3)
    assert trial.ends == on(50)
