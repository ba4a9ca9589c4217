"""Changes of a running trial: Partner Hub, services, licences, assignments, snooze, notices."""

from datetime import date
from typing import Any

from sqlmodel import Session, select

from store.features import assign, customer_notices, handover, let_go, move, partner_hub, services
from store.features.extend import extend
from store.features.services import Wanted
from store.features.setup import SpaceFacts, link_space
from store.features.shared.people import owns
from store.features.snooze import snooze
from store.refusals import Reason
from store.tables import History, Reminder, Reservation
from store.terms import Bell, HubChange, MeetingsOption, Outcome, Service
from tests.store.cast import (
    NOW,
    House,
    a_house,
    a_trial,
    at,
    meet,
    open_bells,
    refused,
)


def by(person: Any, day: int = 0, seen: int | None = None) -> dict[str, Any]:
    return {"by": person, "seen": seen, "now": at(day)}


# ------------------------------------------------------------------ who may


def test_an_administrator_changes_only_what_is_theirs(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    with refused(Reason.NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.other))
    with refused(Reason.NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.reader))
    with refused(Reason.NOTHING_FOR_YOU):
        let_go.let_go(session, trial.id, **by(a_house(session, "summit").full))
    with refused(Reason.OLD_CARD) as facts:
        let_go.let_go(session, trial.id, **by(house.admin, seen=trial.version - 1))
    assert facts == {"trial_id": trial.id}
    assert not trial.let_go
    let_go.let_go(session, trial.id, **by(house.full, seen=trial.version))


def test_letting_go_keeps_only_deadlines_and_can_be_undone(session: Session, house: House) -> None:
    trial = a_trial(session, house, services=[Service.MESSAGING], done_on="2026-12-01")
    before = open_bells(session, trial)
    let_go.let_go(session, trial.id, outcome=Outcome.PRICE, **by(house.admin))
    assert set(open_bells(session, trial)) == {
        Bell.END,
        Bell.GRACE_29,
        Bell.GRACE_30,
        Bell.ENDED,
        Bell.CUSTOMER_END,
    }
    let_go.take_back(session, trial.id, **by(house.admin))
    assert (open_bells(session, trial), trial.outcome) == (before, "")


# ------------------------------------------------------------------ Partner Hub


def test_steps_are_ticked_one_by_one_and_the_change_done_on_a_day(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    (task,) = trial.hub_tasks
    partner_hub.tick(session, trial.id, task_id=task.id, step="save", done=True, **by(house.admin))
    assert task.ticks["save"]["by"] == house.admin.id
    with refused(Reason.NOTHING_TO_DO):
        partner_hub.tick(
            session, trial.id, task_id=task.id, step="site", done=True, **by(house.admin)
        )
    assert {Bell.HUB_1, Bell.HUB_3} <= set(open_bells(session, trial))
    partner_hub.done_on(
        session, trial.id, task_id=task.id, day=date(2026, 12, 1), **by(house.admin)
    )
    assert trial.todo_since is None
    assert not {Bell.HUB_1, Bell.HUB_3} & set(open_bells(session, trial))


def test_an_extension_counts_from_the_day_it_was_done(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    extend(session, trial.id, days=30, **by(house.admin, day=20))
    assert trial.ends == date(2027, 1, 20)
    (task,) = [t for t in trial.hub_tasks if t.change == HubChange.EXTEND]
    partner_hub.done_on(
        session, trial.id, task_id=task.id, day=date(2026, 12, 19), **by(house.admin, day=22)
    )
    assert trial.ends == date(2027, 1, 18)
    assert open_bells(session, trial)[Bell.END] == date(2027, 1, 18)


def test_a_trial_is_made_shorter_only_knowingly(session: Session, house: House) -> None:
    trial = a_trial(session, house, duration=90)
    with refused(Reason.SHORTENS) as facts:
        extend(session, trial.id, days=30, **by(house.admin, day=25))
    assert (facts["old"], facts["new"]) == (date(2027, 3, 1), date(2027, 1, 25))
    with refused(Reason.NOT_AN_EXTENSION_CHOICE):
        extend(session, trial.id, days=60, shorten=True, **by(house.admin, day=25))
    extend(session, trial.id, days=30, shorten=True, **by(house.admin, day=25))
    assert (trial.ends, trial.extensions) == (date(2027, 1, 25), 1)


def test_the_end_is_set_to_what_partner_hub_shows(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    partner_hub.correct_end(
        session, trial.id, ends=date(2027, 1, 2), reason="Partner Hub says so", **by(house.admin)
    )
    line = session.exec(select(History).order_by(History.id.desc())).first()
    assert (line.before, line.after) == ({"ends": "2026-12-31"}, {"ends": "2027-01-02"})
    assert open_bells(session, trial)[Bell.END] == date(2027, 1, 2)


# ------------------------------------------------------------------ services


def test_services_are_added_and_removed_with_what_they_hold(session: Session, house: House) -> None:
    summit = a_house(session, "summit")
    trial = a_trial(session, house)
    assert Bell.NUMBERS_RELEASED in open_bells(session, trial)
    wanted = Wanted(
        services=[Service.MESSAGING, Service.MEETINGS],
        meetings_options=[MeetingsOption.ENTERPRISE],
        site="meadow",
        site_time_zone="Europe/Sofia",
    )
    with refused(Reason.TAKES_AWAY):
        services.set_services(session, trial.id, wanted, **by(house.admin))
    services.set_services(session, trial.id, wanted, sure=True, **by(house.admin))
    with refused(Reason.NOTHING_TO_DO):
        services.set_services(session, trial.id, wanted, **by(house.admin))
    assert [row.service for row in trial.services] == [Service.MESSAGING, Service.MEETINGS]
    assert Bell.NUMBERS_RELEASED not in open_bells(session, trial)
    keys = session.exec(select(Reservation.key).where(Reservation.trial_id == trial.id)).all()
    assert sorted(keys) == [
        "email:clara@meadow.example:meetings",
        "email:clara@meadow.example:messaging",
        "site:meadow.webex.com",
    ]
    a_trial(session, summit, services=[Service.CALLING])
    with refused(Reason.SERVICE_TAKEN):
        services.set_services(
            session,
            trial.id,
            Wanted([Service.MESSAGING, Service.CALLING]),
            sure=True,
            **by(house.admin),
        )
    assert [row.service for row in trial.services] == [Service.MESSAGING, Service.MEETINGS]
    with refused(Reason.LAST_SERVICE):
        services.set_services(session, trial.id, Wanted([]), **by(house.admin))


def test_licences_change_from_one_number_to_another(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    services.set_licences(session, trial.id, licences=200, device_licences=5, **by(house.admin))
    line = session.exec(select(History).order_by(History.id.desc())).first()
    assert (line.before["licences"], line.after["licences"]) == (100, 200)


# ------------------------------------------------------------------ people


def test_a_handover_moves_all_running_trials(session: Session, house: House) -> None:
    ours = [a_trial(session, house, administrator=f"a{n}@a.example") for n in range(3)]
    others = a_trial(session, house, administrator="b@b.example", by=house.full)
    facts: dict[str, Any] = {"from_id": house.admin.id, "by": house.full, "now": at(1)}
    day = date(2026, 12, 10)
    partner_id = house.partner.id
    assert handover.handover(session, partner_id, to_id=house.other.id, until=day, **facts) == 3
    assert all(owns(session, house.other, trial, day) for trial in ours)
    assert not owns(session, house.other, ours[0], date(2026, 12, 11))
    assert handover.handover(session, partner_id, to_id=house.other.id, **facts) == 3
    session.expire_all()
    assert not any(owns(session, house.admin, trial, day) for trial in [*ours, others])
    with refused(Reason.NO_SUCH_PERSON):
        handover.handover(session, partner_id, to_id=house.reader.id, **facts)
    with refused(Reason.NOT_ALLOWED):
        handover.handover(
            session,
            partner_id,
            from_id=house.admin.id,
            to_id=house.other.id,
            by=house.admin,
            now=NOW,
        )


def test_an_assigned_administrator_may_change_the_trial(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    assign.assign(session, trial.id, person_id=house.other.id, **by(house.full))
    let_go.let_go(session, trial.id, **by(house.other))
    assert assign.assigned(session, trial, date(2026, 12, 1)) == [house.admin, house.other]
    assign.unassign(session, trial.id, person_id=house.other.id, **by(house.full))
    with refused(Reason.NOT_ALLOWED):
        let_go.take_back(session, trial.id, **by(house.other))


# ------------------------------------------------------------------ reminders


def test_a_snooze_puts_reminders_off_but_no_deadline(session: Session, house: House) -> None:
    trial = a_trial(session, house, done_on="2026-12-01")
    until = snooze(session, trial.id, kind=Bell.END_MINUS_7, days=3, **by(house.admin, day=23))
    assert until == date(2026, 12, 27)
    assert open_bells(session, trial)[Bell.END_MINUS_7] == until
    with refused(Reason.SNOOZE_PAST_DEADLINE):
        snooze(session, trial.id, kind=Bell.END, days=1, **by(house.admin, day=30))


def test_replanning_changes_nothing_and_what_has_rung_stays_rung(
    session: Session, house: House
) -> None:
    from store.features.shared.trials import replan

    trial = a_trial(session, house)
    rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    rung = rows[0]
    rung.settled_at = at(1)
    session.flush()
    keys = sorted(row.key for row in rows)
    replan(session, trial, at(2))
    again = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    assert sorted(row.key for row in again) == keys
    assert rung.settled_at == at(1)


def test_a_customer_stops_the_messages(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    clara = meet(session, "clara@meadow.example", "org-meadow")
    with refused(Reason.NOTHING_FOR_YOU):
        customer_notices.stop(
            session, trial.id, by=meet(session, "ben@meadow.example", "x"), now=NOW
        )
    customer_notices.stop(session, trial.id, by=clara, now=at(1))
    assert Bell.CUSTOMER_END not in open_bells(session, trial)
    customer_notices.switch(session, trial.id, on=True, **by(house.admin, day=1))
    assert Bell.CUSTOMER_END in open_bells(session, trial)
    assert customer_notices.unreachable(session, trial.id, now=at(1)) is not None
    assert customer_notices.unreachable(session, trial.id, now=at(1)) is None


def test_a_trial_moves_to_another_space_with_its_reminders(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    elsewhere = link_space(
        session,
        room_id="second",
        title="Second",
        partner=house.partner.id,
        space=SpaceFacts(time_zone="Asia/Tokyo"),
        roles={},
        by=house.full,
        operators=(),
        now=NOW,
    )
    summit = a_house(session, "summit")
    with refused(Reason.OTHER_PARTNERS_SPACE):
        move.move(session, trial.id, space_id=summit.space.id, **by(house.full))
    move.move(session, trial.id, space_id=elsewhere.id, **by(house.full))
    rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    assert {(row.lane, row.rings_at.hour) for row in rows} == {(f"space/{elsewhere.id}", 0)}
