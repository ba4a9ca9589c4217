"""Changes that wait for Partner Hub: what is shown and what rings, case by case.

Day 0 is 1 December. A trial of 30 days that was started then ends on day 30.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from store.act import Act
from store.features import cancel, consent, let_go, partner_hub, provisioned, services, start
from store.features.cancel import CANCELLATION
from store.features.consent import ACCEPTANCE, CONSENT_WITHDRAWN, DECLINING
from store.features.correct import Correction, Truth, correct
from store.features.extend import EXTENSION, extend
from store.features.provisioned import PROVISIONING
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE, Wanted
from store.features.shared import reading
from store.features.shared.open_changes import TO_BE_CANCELLED, TOO_LATE_TO_UNDO
from store.features.start import ACCEPTED_IN_FUTURE, ADDITION, FAR_AWAY, REQUEST, START
from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE, NOTHING_TO_DO
from store.rules.eligibility import SERVICE_TAKEN
from store.rules.hub import HubChange, open_changes, opened
from store.tables import Consent, History, Reservation, Trial
from store.terms import CancelledBy, Filter, Kind, Service, State, Status
from tests.store.cast import TODAY, House, a_house, a_trial, at, begun, by, meet, refused
from tests.store.days import Days

MESSAGING = [Service.MESSAGING]


def on(day: int) -> date:
    return TODAY + timedelta(days=day)


def confirm(days: Days, kind: HubChange, house: House, done: int | None = None) -> None:
    """Confirm an open change today, or as done on another day."""
    task = opened(days.trial, kind)
    day = None if done is None else on(done)
    facts = by(house.admin, days.day)
    partner_hub.done_on(days.session, days.trial.id, task_id=task.id, day=day, **facts)


def withdraw(days: Days, kind: HubChange, house: House) -> None:
    task = opened(days.trial, kind)
    partner_hub.withdraw(days.session, days.trial.id, task_id=task.id, **by(house.admin, days.day))


def asked(session: Session, house: House, **form: Any) -> tuple[Days, Consent]:
    """A trial of an existing customer, and the consent card of its administrator."""
    started = begun(session, house, kind=Kind.EXISTING, services=MESSAGING, **form)
    return Days(session, started.trial), started.consents[0]


def answers(days: Days, card: Consent, *, accept: bool) -> None:
    """The customer answers on the bot's card."""
    clara = meet(days.session, "clara@meadow.example", "org-meadow")
    facts = {"room_id": "r", "direct": True, "accept": accept, "full_access": True}
    consent.decide(days.session, card.id, Act(clara, at(days.day)), **facts)


def running(session: Session, house: House, day: int, **form: Any) -> Days:
    """A trial that was started on day 0, some days later, with what had rung by then."""
    days = Days(session, a_trial(session, house, **{"services": MESSAGING} | form))
    days.to(day)
    return days


def kinds(heard: Sequence[tuple[str, int]]) -> set[str]:
    return {kind for kind, _ in heard}


# ------------------------------------------------------------------ not started, not asked


@pytest.mark.parametrize(("kind", "change"), [(Kind.NEW, START), (Kind.PAID, ADDITION)])
def test_new_or_paid_not_started(
    session: Session, house: House, kind: Kind, change: HubChange
) -> None:
    days = running(session, house, 0, kind=kind, done_on=None, services=[Service.CALLING])
    heard = days.to(60)
    assert heard == [("hub+1", 1), ("hub+3", 3), *(("hub-weekly", n) for n in range(10, 61, 7))]
    assert (days.status, days.trial.ends) == (Status.TO_START, None)
    confirm(days, change, house, done=58)
    assert (days.status, days.trial.first_day, days.trial.ends) == (
        Status.ACTIVE,
        on(58),
        on(88),
    )
    assert days.to(88)[-1] == ("end", 88)


def test_existing_request_not_sent(session: Session, house: House) -> None:
    days, card = asked(session, house, done_on=None)
    assert card.answer == "asked", "the bot's own card goes out at once"
    assert kinds(days.to(60)) == {"hub+1", "hub+3", "hub-weekly"}
    assert (days.status, days.trial.asked_on) == (Status.TO_REQUEST, None)


def test_request_sent(session: Session, house: House) -> None:
    days, _ = asked(session, house, done_on=None)
    days.to(5)
    confirm(days, REQUEST, house, done=4)
    assert (days.status, days.trial.asked_on) == (Status.PENDING_CONSENT, on(4))
    assert days.to(35) == [("consent+20", 24), ("consent+27", 31), ("consent+31", 35)]
    assert days.trial.cancelled_by == CancelledBy.NO_CONSENT


# ------------------------------------------------------------------ answered on the bot's card


def test_accepted_on_the_card_only(session: Session, house: House) -> None:
    days, card = asked(session, house)
    days.to(2)
    answers(days, card, accept=True)
    assert days.status is Status.ACCEPTED_HERE
    assert days.to(33) == [
        ("accepted+2", 4),
        ("accepted+7", 9),
        ("accepted-weekly", 16),
        ("accepted-weekly", 23),
        ("unseen+27", 27),
        ("accepted-weekly", 30),
        ("unseen+31", 31),
    ]
    assert days.to(80)
    assert days.status is Status.ACCEPTED_HERE, "it asks, and never lapses by itself"


def test_partner_hub_shows_the_consent(session: Session, house: House) -> None:
    days, card = asked(session, house)
    answers(days, card, accept=True)
    days.to(3)
    confirm(days, ACCEPTANCE, house)
    assert days.status is Status.PENDING_PROVISIONING
    assert kinds(days.to(40)) == {"accepted+7", "accepted-weekly"}


def test_provisioned_shows_the_consent_too(session: Session, house: House) -> None:
    days, card = asked(session, house, done_on=None)
    answers(days, card, accept=True)
    days.to(3)
    assert [task.change for task in open_changes(days.trial)] == [
        REQUEST,
        ACCEPTANCE,
        PROVISIONING,
    ]
    provisioned.provisioned(session, days.trial.id, day=on(2), **by(house.admin, 3))
    assert (days.status, days.trial.ends, open_changes(days.trial)) == (Status.ACTIVE, on(32), [])


def test_declined_on_the_card(session: Session, house: House) -> None:
    days, card = asked(session, house)
    days.to(2)
    answers(days, card, accept=False)
    assert days.status is Status.DECLINED_HERE
    assert days.to(30) == [
        ("hub+1", 3),
        ("hub+3", 5),
        ("hub-weekly", 12),
        ("hub-weekly", 19),
        ("hub-weekly", 26),
    ]
    confirm(days, DECLINING, house)
    assert (days.status, days.trial.cancelled_by) == (Status.CANCELLED, CancelledBy.DECLINED)
    assert days.to(60) == []


def test_declined_before_the_request_was_sent_is_over(session: Session, house: House) -> None:
    days, card = asked(session, house, done_on=None)
    answers(days, card, accept=False)
    assert (days.status, open_changes(days.trial)) == (Status.CANCELLED, [])


# ------------------------------------------------------------------ an open extension


def wanted_on(session: Session, house: House, day: int) -> Days:
    """A trial that somebody wants to extend since a day, and nobody has."""
    days = running(session, house, day)
    extend(session, days.trial.id, days=30, **by(house.admin, day))
    return days


def test_extension_open_up_to_the_old_end(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    assert (days.status, days.trial.ends, days.trial.extensions) == (Status.ACTIVE, on(30), 0)
    assert days.to(30) == [
        ("hub+1", 21),
        ("end-7", 23),
        ("hub+3", 23),
        ("customer-end-7", 29),
        ("customer-end", 30),
        ("end", 30),
        ("hub-weekly", 30),
    ]
    assert days.status is Status.ACTIVE
    confirm(days, EXTENSION, house, done=28)
    assert (days.trial.ends, days.trial.extensions) == (on(58), 1)
    assert days.to(58)[0] == ("end-14", 44)


def test_a_withdrawn_extension_leaves_everything_as_it_was(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    days.to(25)
    withdraw(days, EXTENSION, house)
    assert (days.status, days.trial.ends, open_changes(days.trial)) == (Status.ACTIVE, on(30), [])
    assert days.to(31) == [
        ("customer-end-7", 26),
        ("customer-end", 30),
        ("end", 30),
        ("end+1", 31),
    ]


def test_extension_open_past_the_old_end(session: Session, house: House) -> None:
    days = wanted_on(session, house, 30)
    assert days.to(60) == [
        ("end+1", 31),
        ("end+15", 45),
        ("end+27", 57),
        ("end+29", 59),
        ("end+30", 60),
    ]
    assert days.status is Status.GRACE


def test_extension_open_after_grace(session: Session, house: House) -> None:
    days = wanted_on(session, house, 30)
    days.to(60)
    assert days.to(90) == [("extension-weekly", n) for n in (61, 68, 75, 82, 89)]
    assert (days.status, days.trial.state) == (Status.UNSURE, State.ACTIVE)
    assert days.to(91) == [("end+31", 91)]
    assert (days.status, days.trial.state, days.trial.ended_on) == (
        Status.ENDED,
        State.ENDED,
        on(60),
    )


def test_an_extension_made_in_grace_can_be_confirmed_after_it(
    session: Session, house: House
) -> None:
    days = wanted_on(session, house, 30)
    days.to(70)
    with refused(DAY_TOO_LATE):
        confirm(days, EXTENSION, house, done=61)
    confirm(days, EXTENSION, house, done=60)
    assert (days.status, days.trial.ends) == (Status.ACTIVE, on(90))


def test_an_extension_that_was_not_made_ends_the_trial_after_grace(
    session: Session, house: House
) -> None:
    days = wanted_on(session, house, 30)
    days.to(70)
    withdraw(days, EXTENSION, house)
    assert (days.status, days.trial.state) == (Status.ENDED, State.ENDED)
    assert session.exec(select(Reservation)).all() == []


# ------------------------------------------------------------------ cancelling


def to_be_cancelled(session: Session, house: House, day: int) -> Days:
    days = running(session, house, day)
    facts = by(house.admin, day)
    cancel.cancel(session, days.trial.id, whose=CancelledBy.PARTNER, typed=days.trial.code, **facts)
    return days


def test_cancel_open(session: Session, house: House) -> None:
    days = to_be_cancelled(session, house, 5)
    assert (days.status, days.trial.state) == (Status.ACTIVE, State.ACTIVE)
    heard = days.to(60)
    assert [entry for entry in heard if entry[0] != "hub-weekly"] == [
        ("hub+1", 6),
        ("hub+3", 8),
        ("end", 30),
        ("end+29", 59),
        ("end+30", 60),
    ]
    assert [day for kind, day in heard if kind == "hub-weekly"] == list(range(15, 61, 7))


def test_a_cancellation_is_confirmed_with_its_day(session: Session, house: House) -> None:
    days = to_be_cancelled(session, house, 5)
    days.to(8)
    confirm(days, CANCELLATION, house, done=7)
    assert (days.status, days.trial.cancelled_on) == (Status.CANCELLED, on(7))
    assert (days.to(60), session.exec(select(Reservation)).all()) == ([], [])


def test_keep_it(session: Session, house: House) -> None:
    days = to_be_cancelled(session, house, 5)
    with refused(TO_BE_CANCELLED):
        extend(session, days.trial.id, days=30, **by(house.admin, 5))
    withdraw(days, CANCELLATION, house)
    assert kinds(days.to(30)) == {"end-14", "end-7", "customer-end-7", "end", "customer-end"}


def test_a_consent_card_dies_at_once_when_cancel_is_asked(session: Session, house: House) -> None:
    days, card = asked(session, house)
    facts = by(house.admin, 0)
    cancel.cancel(session, days.trial.id, whose=CancelledBy.PARTNER, sure=True, **facts)
    assert (days.status, card.answer) == (Status.PENDING_CONSENT, "withdrawn")
    with refused(CONSENT_WITHDRAWN):
        answers(days, card, accept=True)
    assert "consent+20" not in kinds(days.to(25))
    with refused(TO_BE_CANCELLED):
        consent.resend(session, days.trial.id, **by(house.admin, 25))
    withdraw(days, CANCELLATION, house)
    (new,) = consent.resend(session, days.trial.id, **by(house.admin, 25)).consents
    assert (new.email, new.answer) == (card.email, "asked")


def test_what_cisco_never_knew_is_cancelled_at_once(session: Session, house: House) -> None:
    days = running(session, house, 0, done_on=None)
    facts = by(house.admin, 0)
    cancel.cancel(session, days.trial.id, whose=CancelledBy.PARTNER, sure=True, **facts)
    assert (days.status, open_changes(days.trial)) == (Status.CANCELLED, [])


def test_cancelled_by_the_customer(session: Session, house: House) -> None:
    phones = {"phone": {"models": {"8865": 1}}}
    days = running(session, house, 5, to_ship=phones)
    days.trial.shipments[0].expires_on = on(20)
    facts = by(house.admin, 5)
    cancel.cancel(
        session, days.trial.id, whose=CancelledBy.CUSTOMER, typed=days.trial.code, **facts
    )
    assert days.status is Status.CANCELLED
    heard = kinds(days.to(40))
    assert heard
    assert all("device" in kind for kind in heard)


# ------------------------------------------------------------------ services and licences


def keys(session: Session, trial: Trial) -> set[str]:
    held = session.exec(select(Reservation.key).where(Reservation.trial_id == trial.id))
    return {key.rpartition(":")[2] for key in held}


def test_services_open(session: Session, house: House) -> None:
    days = running(session, house, 5, services=[Service.MESSAGING, Service.CALLING])
    wanted = Wanted([Service.MESSAGING, Service.MEETINGS])
    services.set_services(session, days.trial.id, wanted=wanted, sure=True, **by(house.admin, 5))
    assert [row.service for row in days.trial.services] == ["messaging", "calling"]
    assert keys(session, days.trial) == {"messaging", "calling", "meetings"}
    summit = a_house(session, "summit")
    with refused(SERVICE_TAKEN):
        a_trial(session, summit, services=[Service.MEETINGS])
    heard = days.to(75)
    assert {"hub+1", "hub+3", "hub-weekly", "calling+30", "calling+45"} <= kinds(heard)


def test_services_confirmed_or_kept(session: Session, house: House) -> None:
    days = running(session, house, 5, services=[Service.MESSAGING, Service.CALLING])
    wanted: dict[str, Any] = {"wanted": Wanted([Service.MEETINGS]), "sure": True}
    services.set_services(session, days.trial.id, **wanted, **by(house.admin, 5))
    withdraw(days, SERVICE_CHANGE, house)
    assert keys(session, days.trial) == {"messaging", "calling"}
    services.set_services(session, days.trial.id, **wanted, **by(house.admin, 5))
    confirm(days, SERVICE_CHANGE, house)
    assert [row.service for row in days.trial.services] == ["meetings"]
    assert keys(session, days.trial) == {"meetings"}
    assert not {kind for kind in kinds(days.to(75)) if "calling" in kind or "hub" in kind}


def test_licences_open(session: Session, house: House) -> None:
    days = running(session, house, 5)
    facts = by(house.admin, 5)
    services.set_licences(session, days.trial.id, licences=200, device_licences=None, **facts)
    assert days.trial.licences == 100
    assert days.to(15) == [("hub+1", 6), ("hub+3", 8), ("hub-weekly", 15)]
    confirm(days, LICENCE_CHANGE, house)
    assert days.trial.licences == 200


def test_services_of_what_cisco_never_knew_change_at_once(session: Session, house: House) -> None:
    days = running(session, house, 0, done_on=None)
    wanted = Wanted([Service.MEETINGS])
    services.set_services(session, days.trial.id, wanted=wanted, sure=True, **by(house.admin))
    assert [row.service for row in days.trial.services] == ["meetings"]
    assert [task.change for task in open_changes(days.trial)] == [START]


# ------------------------------------------------------------------ letting go, correcting


def test_let_go_withdraws_an_open_extension(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    let_go.let_go(session, days.trial.id, **by(house.admin, 20))
    assert open_changes(days.trial) == []
    assert kinds(days.to(60)) == {"end", "customer-end", "end+29", "end+30"}


def test_correct_closes_the_open_extension(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    truth: dict[str, Any] = {"what": Correction.ENDS, "truth": Truth(day=on(45)), "reason": "seen"}
    correct(session, days.trial.id, **truth, **by(house.full, 20))
    assert (days.trial.ends, open_changes(days.trial)) == (on(45), [])
    assert days.to(45)[-1] == ("end", 45)


# ------------------------------------------------------------------ lists and history


def test_lists_are_sorted_by_ciscos_dates(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    today = days.today
    assert days.trial.sorts_on == on(30)
    expiring = reading.page(session, Filter.EXPIRING, by=house.full, today=today).trials
    todo = reading.page(session, Filter.TODO, by=house.full, today=today).trials
    assert expiring == todo == [days.trial]


def test_history_says_what_was_asked_and_what_was_confirmed(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    confirm(days, EXTENSION, house)
    rows = session.exec(select(History).order_by(History.id.desc()).limit(2)).all()
    assert [row.what for row in rows] == ["extended", "extension-asked"]
    assert (rows[0].before, rows[0].after["ends"]) == ({"ends": "2026-12-31"}, "2027-01-20")
    assert rows[1].before == {}


# ------------------------------------------------------------------ days, and taking it back


def test_a_day_in_the_future_or_before_the_start_is_refused(session: Session, house: House) -> None:
    days = wanted_on(session, house, 20)
    with refused(DAY_IN_FUTURE):
        confirm(days, EXTENSION, house, done=21)
    with refused(DAY_TOO_EARLY):
        confirm(days, EXTENSION, house, done=-1)


@pytest.mark.parametrize("kind", [START, EXTENSION, SERVICE_CHANGE, CANCELLATION])
def test_a_mistaken_confirmation_is_taken_back(
    session: Session, house: House, kind: HubChange
) -> None:
    days = {
        START: lambda: running(session, house, 0, done_on=None),
        EXTENSION: lambda: wanted_on(session, house, 20),
        SERVICE_CHANGE: lambda: changing(session, house),
        CANCELLATION: lambda: to_be_cancelled(session, house, 5),
    }[kind]()
    before, held = facts_of(days.trial), keys(session, days.trial)
    confirm(days, kind, house)
    assert facts_of(days.trial) != before
    task = next(each for each in days.trial.hub_tasks if each.change == kind)
    act = Act(house.admin, at(days.day) + timedelta(minutes=10))
    partner_hub.undo(session, days.trial.id, act, task_id=task.id)
    assert (facts_of(days.trial), keys(session, days.trial)) == (before, held)
    assert opened(days.trial, kind) is task
    confirm(days, kind, house)


def changing(session: Session, house: House) -> Days:
    days = running(session, house, 5)
    wanted = Wanted([Service.MEETINGS])
    services.set_services(session, days.trial.id, wanted=wanted, sure=True, **by(house.admin, 5))
    return days


def facts_of(trial: Trial) -> dict[str, Any]:
    shown = trial.model_dump(exclude={"version", "todo_since", "sorts_on"})
    return shown | {"services": [row.service for row in trial.services]}


def test_a_confirmation_is_taken_back_only_for_ten_minutes_and_if_nothing_newer_would_go(
    session: Session, house: House
) -> None:
    days = wanted_on(session, house, 20)
    task = opened(days.trial, EXTENSION)
    late = Act(house.admin, at(20) + timedelta(minutes=11))
    soon = Act(house.admin, at(20) + timedelta(minutes=9))
    with refused(TOO_LATE_TO_UNDO):
        partner_hub.undo(session, days.trial.id, soon, task_id=task.id)
    confirm(days, EXTENSION, house)
    with refused(TOO_LATE_TO_UNDO):
        partner_hub.undo(session, days.trial.id, late, task_id=task.id)
    partner_hub.correct_end(session, days.trial.id, soon, ends=on(55), reason="seen")
    with refused(TOO_LATE_TO_UNDO):
        partner_hub.undo(session, days.trial.id, soon, task_id=task.id)
    assert days.trial.ends == on(55)


def test_only_what_can_be_given_up_is_withdrawn(session: Session, house: House) -> None:
    days = running(session, house, 0, done_on=None)
    with refused(NOTHING_TO_DO):
        withdraw(days, START, house)


# ------------------------------------------------------------------ the start form


def test_a_first_day_far_away_needs_a_tick(session: Session, house: House) -> None:
    with refused(FAR_AWAY):
        a_trial(session, house, done_on=None, first_day=on(91))
    trial = a_trial(session, house, done_on=None, first_day=on(91), far_away=True)
    assert trial.first_day == on(91)
    other = {"administrator": "b@b.example", "first_day": on(90)}
    assert a_trial(session, house, done_on=None, **other).first_day == on(90)


def test_already_accepted_asks_nobody_again(session: Session, house: House) -> None:
    form: dict[str, Any] = {"kind": Kind.EXISTING, "accepted_on": on(-9), "services": MESSAGING}
    with refused(ACCEPTED_IN_FUTURE):
        begun(session, house, **form | {"accepted_on": on(1)})
    with refused(DAY_TOO_EARLY):
        begun(session, house, **form | {"done_on": on(-10)})
    started = begun(session, house, **form | {"done_on": None})
    days = Days(session, started.trial)
    assert (days.status, started.consents) == (Status.PENDING_PROVISIONING, ())
    assert kinds(days.to(20)) == {"accepted-weekly"}
    other = begun(session, house, **form, administrator="b@b.example", done_on=on(-5)).trial
    assert (other.state, other.provisioned_on, other.ends) == (State.ACTIVE, on(-5), on(25))


def test_start_is_declared_for_every_kind_of_customer() -> None:
    assert set(start.STARTED_BY) == set(Kind)
