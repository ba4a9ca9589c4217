"""What every change of a trial shares: permission and replanned reminders."""

from typing import Any

from sqlmodel import Session, col, select

from store.act import Act
from store.features import expiry, extend, let_go, partner_hub, services
from store.features.expiry import CALLING_STOPS, END, GRACE_OVER
from store.features.extend import EXTENDED
from store.features.partner_hub import HUB_1
from store.features.services import Wanted
from store.features.shared.trials import keep, replan
from store.queues import outbox
from store.queues.reminders import LONG_AGO
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU, OLD_CARD
from store.rules.hub import opened
from store.rules.reminder_kinds import ReminderKind
from store.say import Say, To
from store.tables import Reminder, Trial, id_of
from store.terms import Service
from tests.store.cast import NOW, TODAY, House, a_house, a_trial, at, by, refused


def test_an_administrator_can_change_only_their_own_trials(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    with refused(NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.other))
    with refused(NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.reader))
    with refused(NOTHING_FOR_YOU):
        let_go.let_go(session, trial.id, **by(a_house(session, "summit").full))
    with refused(OLD_CARD) as facts:
        let_go.let_go(session, trial.id, **by(house.admin, seen=trial.version - 1))
    assert facts == {"trial_id": trial.id}
    assert not trial.let_go
    let_go.let_go(session, trial.id, **by(house.full, seen=trial.version))


def test_replanning_is_idempotent_and_keeps_rung_reminders(session: Session, house: House) -> None:
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


def test_whatever_changes_inside_the_extras_is_saved(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    for n in range(2):
        trial.extras.setdefault("colours", []).append(n)
        keep(session, trial, Act(house.admin, NOW), EXTENDED)
        session.expire(trial)
        assert trial.extras == {"colours": list(range(n + 1))}


# ------------------------------------------------------------------ kinds of a newer release


def test_a_replan_keeps_reminders_of_kinds_from_a_newer_release(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    open_one, rung = (from_the_future(session, trial, day) for day in (1, 2))
    rung.settled_at = at(1)
    outbox.put(session, [said(trial, rung)], now=at(1), bell=True)
    session.flush()
    extend.extend(session, trial.id, days=30, **by(house.admin, day=5))
    kept = session.exec(select(Reminder.key).where(Reminder.kind == "note")).all()
    assert sorted(kept) == sorted([open_one.key, rung.key])
    assert unsent(session) == [rung.key]


def from_the_future(session: Session, trial: Trial, number: int) -> Reminder:
    """A reminder of a kind that this release doesn't declare."""
    reminder = Reminder(
        key=f"{trial.id}/note/2026-12-0{number}/note{number}",
        kind="note",
        lane=f"space/{trial.space_id}",
        space_id=trial.space_id,
        trial_id=trial.id,
        anchor=TODAY,
        rings_at=at(number),
        due=LONG_AGO,
        created_at=NOW,
    )
    session.add(reminder)
    session.flush()
    return reminder


# ------------------------------------------------------------------ unsent messages


def said(trial: Trial, reminder: Reminder) -> Say:
    """The message of a reminder that rings."""
    return Say(To.trial(id_of(trial)), reminder.key, trial_id=trial.id, event=f"r{reminder.id}")


def unsent(session: Session) -> list[str]:
    return [letter.text for letter in outbox.unsent(session.connection(), limit=99)]


def rings(session: Session, trial: Trial, *kinds: ReminderKind) -> list[Reminder]:
    """Ring these reminders while Webex is unavailable."""
    wanted = select(Reminder).where(Reminder.trial_id == trial.id, col(Reminder.kind).in_(kinds))
    rung = sorted(session.exec(wanted), key=lambda reminder: kinds.index(reminder.kind))
    assert len(rung) == len(kinds)
    for reminder in rung:
        reminder.settled_at = at(1)
        outbox.put(session, [said(trial, reminder)], now=at(1), bell=True)
    session.flush()
    return rung


def test_a_replan_withdraws_only_messages_that_became_untrue(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    end, calling = rings(session, trial, END, CALLING_STOPS)
    wanted: dict[str, Any] = {"wanted": Wanted([Service.MESSAGING]), "sure": True}
    services.set_services(session, trial.id, **wanted, **by(house.admin))
    (hub,) = rings(session, trial, HUB_1)
    assert unsent(session) == [end.key, calling.key, hub.key]
    task = opened(trial, services.SERVICE_CHANGE)
    partner_hub.done_on(session, trial.id, task_id=task.id, day=TODAY, **by(house.admin))
    assert unsent(session) == [end.key], "nor has another reminder of the service ended it"
    extend.extend(session, trial.id, days=30, **by(house.admin, day=5))
    assert unsent(session) == [end.key], "an open extension moves nothing"
    task = opened(trial, extend.EXTENSION)
    partner_hub.done_on(session, trial.id, task_id=task.id, **by(house.admin, day=6))
    assert end.key not in unsent(session)


def test_a_date_decision_is_announced_while_it_holds(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    rung = rings(session, trial, GRACE_OVER)
    expiry.end(session, id_of(trial), now=at(62))
    replan(session, trial, at(63))
    assert unsent(session) == [rung[0].key]
