"""`correct`: facts recorded late or wrongly, including in Ended and Cancelled trials."""

from datetime import date
from typing import Any

from sqlmodel import Session, select

from store.act import Act
from store.features import consent, expiry
from store.features.cancel import cancel
from store.features.correct import CORRECTED, Truth, correct
from store.features.expiry import END
from store.features.provisioned import PROVISION_7
from store.refusals import DAY_TOO_EARLY, NOT_ALLOWED, NOTHING_TO_DO
from store.rules.corrections import CORRECTION_IMPOSSIBLE, CORRECTION_TOO_LATE, Correction
from store.rules.eligibility import SERVICE_TAKEN
from store.rules.statuses import status
from store.tables import Consent, History, Reservation, Trial
from store.terms import Answer, CancelledBy, Kind, State, Status
from tests.store.cast import House, a_house, a_trial, at, begun, meet, open_reminders, refused


def right(
    session: Session, trial: Trial, house: House, what: Correction, after: int, **truth: Any
) -> Trial:
    by = truth.pop("by", house.full)
    return correct(
        session, trial.id, Act(by, at(after)), what=what, truth=Truth(**truth), reason="It was so."
    )


def test_consent_accepted_in_time_can_be_recorded_after_the_lapse(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING)
    consent.lapse(session, trial.id, now=at(31))
    with refused(CORRECTION_IMPOSSIBLE):
        right(session, trial, house, Correction.ACCEPTED, 32, day=date(2027, 1, 1))
    right(session, trial, house, Correction.ACCEPTED, 32, day=date(2026, 12, 30))
    assert (trial.state, trial.accepted_on, trial.cancelled_by) == (
        State.PROVISIONING,
        date(2026, 12, 30),
        "",
    )
    assert session.exec(select(Reservation).where(Reservation.trial_id == trial.id)).all()
    assert PROVISION_7 in open_reminders(session, trial)
    line = session.exec(select(History).order_by(History.id.desc())).first()
    assert (line.what, line.before["state"], line.after["state"], line.note) == (
        CORRECTED,
        "cancelled",
        "provisioning",
        "It was so.",
    )


def test_only_full_administrators_can_correct_within_thirty_days(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING)
    facts: dict[str, Any] = {"day": date(2026, 12, 30)}
    with refused(NOT_ALLOWED):
        right(session, trial, house, Correction.ACCEPTED, 32, by=house.admin, **facts)
    consent.lapse(session, trial.id, now=at(31))
    with refused(CORRECTION_TOO_LATE):
        right(session, trial, house, Correction.ACCEPTED, 62, **facts)
    right(session, trial, house, Correction.ACCEPTED, 61, **facts)


def test_a_wrong_year_can_be_corrected_for_thirty_days_after_it_was_entered(
    session: Session, house: House
) -> None:
    wrong = date(2020, 2, 29)
    trial = a_trial(session, house, done_on=wrong)
    assert status(trial, date(2026, 12, 2)) is Status.ENDED
    with refused(CORRECTION_TOO_LATE):
        right(session, trial, house, Correction.ENDS, 31, day=date(2027, 1, 20))
    right(session, trial, house, Correction.ENDS, 29, day=date(2027, 1, 20))
    assert (trial.state, trial.ends) == (State.ACTIVE, date(2027, 1, 20))


def test_an_ended_trial_can_be_corrected_to_extended_or_bought(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    expiry.end(session, trial.id, now=at(61))
    right(session, trial, house, Correction.EXTENDED, 62, day=date(2027, 1, 20))
    assert (trial.state, trial.ends, trial.extensions) == (State.ACTIVE, date(2027, 2, 19), 1)
    again = a_trial(session, house, administrator="x@x.example")
    expiry.end(session, again.id, now=at(61))
    right(session, again, house, Correction.CONVERTED, 62, day=date(2027, 1, 29))
    assert (again.state, again.ended_on) == (State.CONVERTED, None)


def test_a_trial_is_reopened_only_if_its_place_is_free(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    expiry.end(session, trial.id, now=at(61))
    a_trial(session, a_house(session, "summit"), now=at(61))
    with refused(SERVICE_TAKEN):
        right(session, trial, house, Correction.EXTENDED, 62, day=date(2027, 1, 20))
    assert trial.state == State.ENDED


def test_correcting_a_cancellation_restores_the_former_state(
    session: Session, house: House
) -> None:
    started = begun(session, house, kind=Kind.EXISTING)
    trial, (card,) = started.trial, started.consents
    facts: dict[str, Any] = {"act": Act(house.admin, at(1))}
    cancel(session, trial.id, whose=CancelledBy.CUSTOMER, sure=True, **facts)
    assert session.get_one(Consent, card.id, populate_existing=True).answer == Answer.WITHDRAWN
    right(session, trial, house, Correction.NOT_CANCELLED, 2)
    assert trial.state == State.CONSENT
    clara = meet(session, "clara@meadow.example", "org-meadow")
    consent.decide(
        session, card.id, Act(clara, at(3)), room_id="r", direct=True, accept=True, full_access=True
    )
    assert trial.state == State.PROVISIONING


def test_correcting_the_first_day_moves_the_end_and_the_reminders(
    session: Session, house: House
) -> None:
    from store.features.provisioned import provisioned

    started = begun(session, house, kind=Kind.EXISTING)
    trial = started.trial
    act = Act(house.admin, at(5))
    day = date(2026, 12, 3)
    consent.record(session, trial.id, accepted=True, day=day, full_access=True, act=act)
    provisioned(session, trial.id, day=date(2026, 12, 6), act=act)
    right(session, trial, house, Correction.PROVISIONED, 6, day=date(2026, 12, 4))
    assert trial.ends == date(2027, 1, 3)
    assert open_reminders(session, trial)[END] == date(2027, 1, 3)


def test_a_corrected_administrator_replaces_the_former_one(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    right(session, trial, house, Correction.ADMINISTRATOR, 1, text="Carla@Meadow.example")
    keys = session.exec(select(Reservation.key).where(Reservation.trial_id == trial.id)).all()
    assert {key.split(":")[1] for key in keys} == {"carla@meadow.example"}
    a_trial(session, a_house(session, "summit"))


def test_correcting_the_end_to_the_distant_past_ends_the_trial(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, duration=60)
    with refused(DAY_TOO_EARLY):
        right(session, trial, house, Correction.ENDS, 25, day=date(2026, 11, 30))
    right(session, trial, house, Correction.ENDS, 25, day=date(2026, 12, 11))
    assert (trial.state, trial.ends) == (State.ACTIVE, date(2026, 12, 11))
    right(session, trial, house, Correction.ENDS, 50, day=date(2026, 12, 20))
    assert (trial.state, trial.ended_on) == (State.ENDED, date(2027, 1, 19))
    a_trial(session, a_house(session, "summit"))
    with refused(NOTHING_TO_DO):
        right(session, trial, house, Correction.ENDS, 50, day=date(2026, 12, 20))


def test_a_trial_that_was_not_cancelled_may_have_lapsed(session: Session, house: House) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING)
    facts: dict[str, Any] = {"act": Act(house.admin, at(10))}
    cancel(session, trial.id, whose=CancelledBy.CUSTOMER, sure=True, **facts)
    right(session, trial, house, Correction.NOT_CANCELLED, 35)
    assert (trial.state, trial.cancelled_by) == (State.CANCELLED, CancelledBy.NO_CONSENT)
    assert trial.cancelled_on == date(2027, 1, 1)
    assert open_reminders(session, trial) == {}


def test_correcting_the_consent_day_keeps_a_partners_cancellation(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING)
    act = Act(house.admin, at(5))
    day = date(2026, 12, 3)
    consent.record(session, trial.id, accepted=True, day=day, full_access=True, act=act)
    done: dict[str, Any] = {"act": Act(house.admin, at(6)), "done_on": date(2026, 12, 7)}
    cancel(session, trial.id, whose=CancelledBy.PARTNER, sure=True, **done)
    right(session, trial, house, Correction.ACCEPTED, 7, day=date(2026, 12, 2))
    assert (trial.state, trial.accepted_on) == (State.CANCELLED, date(2026, 12, 2))
