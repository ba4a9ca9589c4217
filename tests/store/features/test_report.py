"""The numbers of a report, compared with trials counted by hand."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from store.database.database import Database
from store.features import report
from store.features.cancel import CANCELLATION
from store.features.extend import EXTENSION
from store.features.report import Devices, Report
from store.features.shared.open_changes import want
from store.features.shared.trials import sort
from store.refusals import NOTHING_FOR_YOU
from store.rules.hub import HubChange
from store.rules.statuses import status
from store.tables import Shipment, Trial, id_of
from store.terms import DeviceType, Kind, State, Status
from tests.store.cast import TODAY, House, a_house, a_trial, meet, refused
from tests.store.crowd import fill

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MONDAY = date(2026, 11, 30)
"""TODAY is the Tuesday after it."""


def put(session: Session, house: House, *open_: HubChange, **facts: Any) -> Trial:
    """A trial whose row reads like this."""
    form = {"kind": facts.pop("kind", Kind.NEW), "done_on": facts.pop("done_on", TODAY)}
    email = f"a{len(session.exec(select(Trial)).all())}@meadow.example"
    trial = a_trial(session, house, administrator=email, **form)
    for name, value in facts.items():
        setattr(trial, name, value)
    for change in open_:
        want(trial, change, TODAY, days=30)
    sort(trial)
    session.flush()
    return trial


def told(session: Session, house: House) -> Report:
    return report.report(session, TODAY, by=house.reader)


def cancelled(day: date, **more: Any) -> dict[str, Any]:
    return {"state": State.CANCELLED, "cancelled_on": day, "cancelled_by": "partner", **more}


def converted(day: date) -> dict[str, Any]:
    return {"state": State.CONVERTED, "converted_on": day}


def test_trials_are_counted_by_status_and_open_changes_apart(
    session: Session, house: House
) -> None:
    put(session, house, kind=Kind.EXISTING)
    put(session, house, kind=Kind.EXISTING, asked_on=TODAY - 31 * DAY)  # lapsed
    put(session, house, kind=Kind.EXISTING, done_on=None)
    put(session, house, done_on=None)
    put(session, house)
    put(session, house, EXTENSION)
    put(session, house, EXTENSION, CANCELLATION)
    put(session, house, ends=TODAY)
    put(session, house, ends=TODAY - DAY)
    put(session, house, EXTENSION, ends=TODAY - 30 * DAY)
    put(session, house, ends=TODAY - 31 * DAY)
    put(session, house, EXTENSION, ends=TODAY - 31 * DAY)
    put(session, house, EXTENSION, ends=TODAY - 61 * DAY)
    put(session, house, state=State.ENDED, ends=TODAY - 200 * DAY)
    put(session, house, **converted(TODAY))
    put(session, house, **cancelled(TODAY))
    found = told(session, house)
    assert {name: (count.trials, count.open_) for name, count in found.statuses.items()} == {
        Status.PENDING_CONSENT: (1, 0),
        Status.TO_REQUEST: (1, 0),
        Status.TO_START: (1, 0),
        Status.ACTIVE: (4, 2),
        Status.GRACE: (2, 1),
        Status.UNSURE: (1, 1),
        Status.ENDED: (3, 1),
        Status.CONVERTED: (1, 0),
        Status.CANCELLED: (2, 0),
    }
    assert found.changes == {EXTENSION: 5, CANCELLATION: 1}
    every = session.exec(select(Trial)).all()
    one_by_one = Counter(status(trial, TODAY) for trial in every)
    assert {name: count.trials for name, count in found.statuses.items()} == one_by_one


def test_weeks_hold_what_expires_and_the_last_days_of_grace(session: Session, house: House) -> None:
    for ends in (TODAY, MONDAY + 6 * DAY, MONDAY + WEEK, MONDAY + 12 * WEEK - DAY):
        put(session, house, ends=ends)
    put(session, house, ends=MONDAY + 12 * WEEK)  # too late for the table
    put(session, house, EXTENSION, ends=MONDAY + WEEK)
    put(session, house, ends=TODAY - 30 * DAY)
    put(session, house, EXTENSION, ends=TODAY - DAY)
    put(session, house, EXTENSION, ends=TODAY - 31 * DAY)
    weeks = told(session, house).weeks
    assert [(week.expiring, week.waiting, week.grace) for week in weeks] == [
        (2, 0, 1),
        (2, 1, 0),
        (0, 0, 0),
        (0, 0, 0),
        (0, 0, 1),
        *[(0, 0, 0)] * 6,
        (1, 0, 0),
    ]
    assert (weeks[0].first, weeks[0].last) == (TODAY, MONDAY + 6 * DAY)
    assert (weeks[11].first, weeks[11].last) == (MONDAY + 11 * WEEK, MONDAY + 12 * WEEK - DAY)


def test_a_month_has_what_was_converted_of_what_had_run(session: Session, house: House) -> None:
    put(session, house, **converted(date(2026, 12, 1)))
    put(session, house, **converted(date(2026, 10, 31)))
    put(session, house, ends=date(2026, 10, 1))  # ended on 1 November
    put(session, house, state=State.ENDED, ends=date(2026, 9, 30))  # ended on 31 October
    put(session, house, **cancelled(date(2026, 10, 5)))
    put(session, house, **cancelled(date(2026, 10, 6), ends=None))  # never ran
    put(session, house, **converted(date(2026, 1, 1)))
    put(session, house, **converted(date(2025, 12, 31)))  # too long ago
    put(session, house)
    months = told(session, house).months
    assert [month.first.isoformat()[:7] for month in months][::11] == ["2026-01", "2026-12"]
    counted = {month.first.month: (month.converted, month.finished) for month in months}
    assert {name: count for name, count in counted.items() if count != (0, 0)} == {
        1: (1, 1),
        10: (1, 3),
        11: (0, 1),
        12: (1, 1),
    }


def test_devices_are_counted_by_the_earliest_day_they_are_due(
    session: Session, house: House
) -> None:
    due = {"overdue": [-1], "soon": [0, 14], "later": [15]}
    for days in (days for each in due.values() for days in each):
        ship(session, put(session, house), TODAY + (days - 14) * DAY)
    ship(session, put(session, house), None)
    back = ship(session, put(session, house), TODAY)
    back.returned_on = TODAY
    both = put(session, house)
    ship(session, both, TODAY + 100 * DAY)
    ship(session, both, TODAY - 100 * DAY, DeviceType.ROOM)
    for trial in session.exec(select(Trial)):
        sort(trial)
    session.flush()
    assert told(session, house).devices == Devices(overdue=2, soon=2, later=1, unknown=1)


def ship(
    session: Session, trial: Trial, expires_on: date | None, type_: DeviceType = DeviceType.PHONE
) -> Shipment:
    shipment = Shipment(
        trial_id=id_of(trial), type=type_, models={"8865": 1}, expires_on=expires_on
    )
    trial.shipments.append(shipment)
    session.flush()
    return shipment


def test_another_partners_trials_are_never_counted(session: Session, house: House) -> None:
    other = a_house(session, "summit")
    put(session, house)
    put(session, other)
    put(session, other)
    assert told(session, house).statuses[Status.ACTIVE].trials == 1
    assert told(session, other).statuses[Status.ACTIVE].trials == 2
    assert report.of_space(session, house.space, TODAY).statuses[Status.ACTIVE].trials == 1
    summit = id_of(other.partner)
    for by, within in ((meet(session, "jo", "org-x"), None), (house.full, summit)):
        with refused(NOTHING_FOR_YOU):
            report.report(session, TODAY, by=by, within=within)


def test_a_space_reports_only_its_own_trials(session: Session, house: House) -> None:
    elsewhere = put(session, house)
    put(session, house)
    elsewhere.space_id = a_house(session, "summit").space.id or 0
    session.flush()
    assert report.of_space(session, house.space, TODAY).statuses[Status.ACTIVE].trials == 1
    assert told(session, house).statuses[Status.ACTIVE].trials == 2


def test_thousands_of_trials_are_counted_in_a_few_rows(database: Database) -> None:
    """What comes out of the database grows with the days, not with the trials."""
    crowd = fill(database, 10_000, partners=2)
    with database.reading() as session:
        ours = col(Trial.partner_id) == crowd.house.partner.id
        groups = list(report._groups(session, ours))
        assert sum(group.trials for group in groups) == 5_000
        assert len(groups) < 1_500
        found = report.report(session, TODAY, by=crowd.house.reader)
        every = Counter(status(trial, TODAY) for trial in session.exec(select(Trial).where(ours)))
        assert {name: count.trials for name, count in found.statuses.items()} == every


@pytest.mark.parametrize("day", [date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29)])
def test_the_tables_have_twelve_weeks_and_twelve_months_on_every_day(
    session: Session, house: House, day: date
) -> None:
    found = report.report(session, day, by=house.reader)
    assert found.weeks[0].first == day
    assert [week.last - found.weeks[0].last for week in found.weeks] == [
        n * WEEK for n in range(12)
    ]
    firsts = [month.first for month in found.months]
    assert firsts == sorted(set(firsts))
    assert len(firsts) == 12
    assert firsts[-1] == day.replace(day=1)
