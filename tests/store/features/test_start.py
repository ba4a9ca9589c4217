"""Drafts and saving: reservations, refusals and repeated presses."""

from datetime import date
from typing import Any

from sqlmodel import Session, select

from store.act import Act
from store.features import drafts, start
from store.features.drafts import DRAFT_GONE
from store.features.expiry import END, END_MINUS_14
from store.features.start import ADDITION, OWN_TRIAL_RUNS, SITE_TAKEN, TOO_MANY_PROBES
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU, OLD_CARD
from store.rules.eligibility import LAST_SERVICE, SERVICE_BOUGHT, SERVICE_TAKEN
from store.tables import Customer, Draft, Person, Reservation, Trial
from store.terms import Kind, MeetingsOption, Service, State
from tests.store.cast import (
    NOW,
    House,
    a_form,
    a_house,
    a_trial,
    at,
    begun,
    meet,
    open_reminders,
    refused,
)


def a_draft(session: Session, house: House, by: Person | None = None) -> Draft:
    values = a_form().model_dump(mode="json")
    return drafts.begin(
        session, by=by or house.admin, space=house.space, step="check", now=NOW, values=values
    )


def test_two_presses_create_one_trial(session: Session, house: House) -> None:
    draft = a_draft(session, house)
    started = start.finish_draft(session, draft.id, Act(house.admin, NOW, draft.version))
    with refused(DRAFT_GONE) as facts:
        start.finish_draft(session, draft.id, Act(house.admin, NOW, draft.version))
    assert facts["trial_id"] == started.trial.id
    assert len(session.exec(select(Trial)).all()) == 1


def test_the_id_of_a_finished_draft_is_never_reused(session: Session, house: House) -> None:
    draft = a_draft(session, house)
    start.finish_draft(session, draft.id, Act(house.admin, NOW))
    assert a_draft(session, house).id > draft.id


def test_a_draft_belongs_to_one_person_and_expires_after_seven_days(
    session: Session, house: House
) -> None:
    draft = a_draft(session, house)
    with refused(DRAFT_GONE):
        drafts.save(session, draft.id, Act(house.other, NOW, 1), step="x", values={})
    with refused(OLD_CARD):
        drafts.save(session, draft.id, Act(house.admin, NOW, 7), step="x", values={})
    saved = drafts.save(
        session, draft.id, Act(house.admin, at(6), 1), step="site", values={"site": "x"}
    )
    assert (saved.step, saved.values["site"], saved.values["company"]) == (
        "site",
        "x",
        "Meadow Foods",
    )
    mine = drafts.copy(session, draft.id, by=house.other, now=at(6))
    assert (mine.person_id, mine.values) == (house.other.id, saved.values)
    assert drafts.current(session, house.admin, house.partner.id, now=at(14)) is None
    drafts.prune(session, now=at(12))
    assert drafts.current(session, house.other, house.partner.id, now=at(12)) is not None


def test_starting_a_trial_requires_the_right(session: Session, house: House) -> None:
    with refused(NOT_ALLOWED):
        a_draft(session, house, house.reader)
    with refused(NOTHING_FOR_YOU):
        a_trial(session, house, by=meet(session, "x@x.example", "org-x"))


def test_each_kind_starts_as_it_should(session: Session, house: House) -> None:
    new = a_trial(session, house, administrator="a@a.example", done_on="2026-11-28")
    assert (new.state, new.first_day, new.ends) == (
        State.ACTIVE,
        date(2026, 11, 28),
        date(2026, 12, 28),
    )
    assert new.todo_since is None
    form: dict[str, Any] = {"administrator": "b@b.example", "duration": 60, "done_on": None}
    paid = a_trial(session, house, kind=Kind.PAID, **form)
    assert [task.change for task in paid.hub_tasks] == [ADDITION]
    assert (paid.ends, paid.todo_since) == (None, date(2026, 12, 1))
    started = begun(
        session,
        house,
        kind=Kind.EXISTING,
        administrator="c@c.example",
        administrator_is_full=False,
        full_administrators=["D@c.example"],
    )
    assert (started.trial.state, started.trial.ends) == (State.CONSENT, None)
    assert {c.email: c.full_administrator for c in started.consents} == {
        "c@c.example": False,
        "d@c.example": True,
    }


def test_a_service_runs_with_one_partner_whose_name_is_not_shown(
    session: Session, house: House
) -> None:
    summit = a_house(session, "summit")
    a_trial(session, house)
    with refused(SERVICE_TAKEN) as facts:
        a_trial(session, summit, administrator="CLARA@meadow.example ")
    assert facts == {"services": (Service.MESSAGING, Service.CALLING)}
    assert not session.exec(select(Trial).where(Trial.partner_id == summit.partner.id)).all()
    assert not session.exec(select(Customer).where(Customer.partner_id == summit.partner.id)).all()
    a_trial(session, summit, services=[Service.MEETINGS])


def test_the_organisation_identifies_a_customer_with_two_administrators(
    session: Session, house: House
) -> None:
    summit = a_house(session, "summit")
    a_trial(session, house, organisation_id="ORG-9")
    with refused(SERVICE_TAKEN):
        a_trial(session, summit, administrator="else@meadow.example", organisation_id="org-9")


def test_a_site_belongs_to_one_live_trial(session: Session, house: House) -> None:
    summit = a_house(session, "summit")
    meetings = {
        "services": [Service.MEETINGS],
        "meetings_options": [MeetingsOption.ENTERPRISE],
        "site": "meadow.webex.com",
    }
    a_trial(session, house, **meetings)
    with refused(SITE_TAKEN):
        a_trial(session, summit, administrator="x@y.example", **meetings)


def test_a_partner_is_shown_its_own_running_trial(session: Session, house: House) -> None:
    running = a_trial(session, house)
    with refused(OWN_TRIAL_RUNS) as facts:
        a_trial(session, house, services=[Service.CALLING])
    assert facts == {"trial_id": running.id, "code": running.code}


def test_ten_probes_block_further_ones_for_an_hour(session: Session, house: House) -> None:
    for _ in range(10):
        start.probed(session, house.admin, NOW)
    with refused(TOO_MANY_PROBES):
        a_trial(session, house)
    a_trial(session, house, now=at(0, hour=10))


def test_bought_and_trialled_services_are_refused(session: Session, house: House) -> None:
    with refused(SERVICE_BOUGHT):
        a_trial(session, house, kind=Kind.PAID, bought=[Service.CALLING])
    with refused(SERVICE_TAKEN):
        a_trial(session, house, kind=Kind.EXISTING, trialled=[Service.CALLING])
    with refused(LAST_SERVICE):
        a_trial(session, house, services=[])


def test_devices_in_the_start_form_become_shipments(session: Session, house: House) -> None:
    trial = a_trial(session, house, to_ship={"phone": {"models": {"8865": 2}, "country": "CA"}})
    (shipment,) = trial.shipments
    assert (shipment.type, shipment.models, shipment.country) == ("phone", {"8865": 2}, "CA")
    assert trial.devices_due == date.max


def test_past_reminders_are_not_created(session: Session, house: House) -> None:
    trial = a_trial(session, house, done_on="2026-11-05")
    bells = open_reminders(session, trial)
    assert END in bells
    assert END_MINUS_14 not in bells
    assert session.exec(select(Reservation)).all()
