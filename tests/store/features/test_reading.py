"""Queries: lists, filters, pages, search, history, counts; only the partner's own data."""

from datetime import date, timedelta

from sqlmodel import Session

from store.act import Act
from store.features import expiry, note
from store.features.cancel import cancel
from store.features.expiry import EXPIRED
from store.features.note import NOTED
from store.features.shared import reading
from store.features.shared.open_changes import DONE_IN_PARTNER_HUB
from store.features.start import STARTED
from store.refusals import NOTHING_FOR_YOU
from store.tables import Serial, Shipment
from store.terms import CancelledBy, Filter, Kind, MeetingsOption, Service
from tests.store.cast import NOW, TODAY, House, a_house, a_trial, at, meet, refused


def listed(session: Session, house: House, which: Filter, day: int = 0) -> list[str]:
    today = TODAY + timedelta(days=day)
    found = reading.page(session, which, by=house.reader, today=today)
    return [trial.customer.company for trial in found.trials]


def several(session: Session, house: House) -> None:
    """One trial for each state that a list can show, named by its company."""
    for company, facts in {
        "asked": {"kind": Kind.EXISTING},
        "waiting": {"done_on": None},
        "long": {"duration": 90},
        "short": {"duration": 30},
        "grace": {"done_on": "2026-10-25"},
        "over": {"done_on": "2026-09-01"},
        "shipped": {"duration": 60, "to_ship": {"phone": {"models": {"8865": 1}}}},
    }.items():
        a_trial(session, house, company=company, administrator=f"a@{company}.example", **facts)


def test_lists_show_matching_trials_by_days_left(session: Session, house: House) -> None:
    several(session, house)
    running = ["grace", "asked", "short", "shipped", "long"]
    assert listed(session, house, Filter.LIVE) == [*running, "waiting"]
    assert listed(session, house, Filter.ACTIVE) == ["short", "shipped", "long"]
    assert listed(session, house, Filter.EXPIRING) == ["grace", "short"]
    assert listed(session, house, Filter.PENDING) == ["asked", "waiting"]
    assert listed(session, house, Filter.EXPIRED) == ["grace", "over"]
    assert listed(session, house, Filter.DEVICES) == ["shipped"]
    assert listed(session, house, Filter.TODO) == ["waiting"]
    assert listed(session, house, Filter.LIVE, day=31) == ["short", "shipped", "long", "waiting"]
    counted = reading.counts(session, by=house.reader, today=TODAY)
    for which in Filter:
        assert counted[which] == len(listed(session, house, which)), which


def test_mine_lists_trials_started_by_or_assigned_to_me(session: Session, house: House) -> None:
    from store.features.assign import assign

    a_trial(session, house, company="toms")
    hers = a_trial(session, house, company="ines", administrator="x@i.example", by=house.other)
    assert [t.company for t in mine(session, house)] == ["toms"]
    assign(
        session, hers.id, Act(house.full, NOW), person_id=house.admin.id, until=date(2026, 12, 5)
    )
    assert [t.company for t in mine(session, house)] == ["toms", "ines"]
    assert [t.company for t in mine(session, house, day=5)] == ["toms"]


def mine(session: Session, house: House, day: int = 0):
    today = TODAY + timedelta(days=day)
    page = reading.page(session, Filter.MINE, by=house.admin, today=today)
    return [trial.customer for trial in page.trials]


def test_pages_have_no_gaps_or_repetitions(session: Session, house: House) -> None:
    for number in range(7):
        a_trial(session, house, company=f"c{number}", administrator=f"a@c{number}.example")
    for which, size in ((Filter.LIVE, 3), (Filter.EXPIRED, 2)):
        day = TODAY + timedelta(days=0 if which is Filter.LIVE else 40)
        seen, after = [], None
        while True:
            page = reading.page(session, which, by=house.reader, today=day, after=after, size=size)
            seen += [trial.id for trial in page.trials]
            after = page.after
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 7


def test_a_trial_is_found_by_anything_people_type(session: Session, house: House) -> None:
    trial = a_trial(
        session,
        house,
        company="Цветна градина",
        organisation_id="org-77",
        services=[Service.MEETINGS],
        meetings_options=[MeetingsOption.ENTERPRISE],
        site="garden.webex.com",
    )
    a_trial(session, house, company="Other", administrator="o@other.example")
    shipment = Shipment(trial_id=trial.id, type="phone", order_number="D123456")
    session.add(shipment)
    session.flush()
    session.add(Serial(shipment_id=shipment.id, serial="FOC1234X0AB"))
    trial.order_number = "CCW-1"
    session.flush()
    for text in (
        trial.code,
        trial.code.lower().replace("-", " "),
        "цвет",
        "ЦВЕТНА ГРАДИНА",
        "Clara@meadow.example",
        "meadow.example",
        "garden.webex.com",
        "https://garden.webex.com/meet",
        "org-77",
        "d123456",
        "foc1234x0ab",
        "ccw-1",
    ):
        assert [t.id for t in reading.find(session, text, by=house.reader)] == [trial.id], text
    for text in ("", "nothing", "%", "T-7K3Q"):
        assert reading.find(session, text, by=house.reader) == []


def test_running_trials_come_first_among_several_hits(session: Session, house: House) -> None:
    first = a_trial(session, house)
    cancel(session, first.id, Act(house.admin, NOW), whose=CancelledBy.CUSTOMER, typed=first.code)
    second = a_trial(session, house)
    assert [t.id for t in reading.find(session, "meadow", by=house.full)] == [second.id, first.id]


def test_nobody_sees_another_partners_trials(session: Session, house: House) -> None:
    summit = a_house(session, "summit")
    trial = a_trial(session, house)
    outsider = meet(session, "o@else.example", "org-else")
    for person in (summit.full, outsider):
        assert reading.find(session, trial.code, by=person) == []
        assert reading.page(session, Filter.LIVE, by=person, today=TODAY).trials == []
        assert set(reading.counts(session, by=person, today=TODAY).values()) == {0}
        with refused(NOTHING_FOR_YOU):
            reading.show(session, trial.id, by=person, now=NOW)
        with refused(NOTHING_FOR_YOU):
            reading.history(session, trial.id, by=person, now=NOW)
    with refused(NOTHING_FOR_YOU):
        reading.show(session, 4711, by=house.full, now=NOW)
    assert reading.find(session, trial.code, by=house.full, within=summit.partner.id) == []


def test_history_shows_who_did_what_and_when(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    note.note(session, trial.id, Act(house.full, at(1)), text="They called.")
    expiry.expire(session, trial.id, now=at(31))
    lines = reading.history(session, trial.id, by=house.reader, now=at(32))
    assert [(line.what, who) for line, who in lines] == [
        (EXPIRED, ""),
        (NOTED, house.full.name),
        (DONE_IN_PARTNER_HUB, house.admin.name),
        (STARTED, house.admin.name),
    ]


def test_who_may_act_on_a_trial(session: Session, house: House) -> None:
    trial = a_trial(session, house, by=house.full)
    assert reading.actors(session, trial, TODAY) == [house.full]
    admins = a_trial(session, house, company="Other", administrator="o@other.example")
    assert reading.actors(session, admins, TODAY) == [house.full, house.admin]
    view = reading.show(session, trial.id, by=house.reader, now=NOW)
    assert (view.standing.role, view.standing.own) == ("read-only", False)
