"""Ringing: one message per space and hour, and no reminder delays another."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.conversation import routes
from bot.conversation.turn import Turn
from bot.process import doctor
from cards.kit import reminding
from store.features.consent import CONSENT_20
from store.features.customer_notices import CUSTOMER_MINUS_7
from store.queues.reminders import LONG_AGO
from store.rules.reminder_kinds import ReminderKind
from store.say import Say
from store.tables import Flag, Reminder, Trial
from store.terms import Kind
from tests.lives import without_digest
from tests.people import wait_for
from tests.stage import Stage

BROKEN = CUSTOMER_MINUS_7


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer's reminder that always breaks."""

    def breaks(turn: Turn, trial: Trial, reminder: Reminder) -> Sequence[Say]:
        turn.session.add(Flag(name="never", value={}))
        raise ZeroDivisionError("a bug")

    route = routes.reminder_routes[BROKEN]
    broken = type(route)(**{**fields(route), "handler": breaks})
    monkeypatch.setitem(routes.reminder_routes, BROKEN, broken)


def fields(route: Any) -> dict[str, Any]:
    return {name: getattr(route, name) for name in route.__slots__}


def a_trial(stage: Stage, n: int, **form: Any) -> Trial:
    return stage.a_trial(company=f"Customer {n}", administrator=f"it@customer{n}.example", **form)


def test_reminders_due_in_the_same_hour_are_one_message(stage: Stage) -> None:
    without_digest(stage)
    trials = [a_trial(stage, n) for n in range(3)]
    ends = trials[0].ends
    assert ends is not None
    stage.clock.at(ends - timedelta(days=14))
    stage.tom.sees(*(trial.code for trial in trials))
    assert len(stage.tom.news()) == 1


def test_a_failing_reminder_waits_and_the_others_ring(stage: Stage, poisoned: None) -> None:
    without_digest(stage)
    sick, well = a_trial(stage, 1), a_trial(stage, 2, kind=Kind.EXISTING)
    due = {(sick.id, BROKEN), (well.id, CONSENT_20)}
    with stage.database.transaction() as session:
        for reminder in session.exec(select(Reminder)).all():
            if (reminder.trial_id, reminder.kind) in due:
                reminder.rings_at = stage.clock.now()
            else:
                session.delete(reminder)
    stage.tom.sees(well.code, "no answer yet")

    def waits() -> bool:
        with stage.database.reading() as session:
            left = session.exec(select(Reminder).where(col(Reminder.settled_at).is_(None))).all()
            return [row.kind for row in left] == [BROKEN] and left[0].attempts >= 2

    wait_for(waits, "the broken reminder was never tried")
    with stage.database.reading() as session:
        assert session.get(Flag, "never") is None


# ------------------------------------------------------------------ kinds from a newer release

NEW = "note"


@pytest.fixture
def newer_release() -> Iterator[None]:
    """Let the program declare one more kind of reminder from now on."""
    kind = ReminderKind(NEW, after=0, urgency=1)
    reminding.reminds(kind, "a note of {day}")
    routes.remind(kind)(routes.reminder_routes[CONSENT_20].handler)
    yield
    del ReminderKind._known[NEW], reminding.notices[kind], routes.reminder_routes[kind]


def test_a_kind_from_a_newer_release_waits_for_it_and_the_others_ring(
    stage: Stage, request: pytest.FixtureRequest
) -> None:
    without_digest(stage)
    trial = a_trial(stage, 1, kind=Kind.EXISTING)
    plan_note(stage, trial)
    stage.idle()
    assert trial.asked_on is not None
    stage.clock.at(trial.asked_on + timedelta(days=20))
    stage.tom.sees(trial.code, "no answer yet")
    note = the_note(stage)
    assert (note.attempts, note.lease, note.rang_at, note.settled_at) == (0, None, None, None)
    with stage.database.reading() as session:
        late = doctor.reminders.count_late(session.connection(), before=stage.clock.now())
    assert late == 1, "doctor shows it"
    request.getfixturevalue("newer_release")
    stage.look_at_the_clock()
    stage.tom.sees(trial.code, "a note of Tue, 1 Dec 2026")
    assert the_note(stage).outcome == "rang"


def test_an_overdue_kind_from_a_newer_release_blocks_no_other_space(stage: Stage) -> None:
    without_digest(stage)
    first = a_trial(stage, 1)
    with stage.database.transaction() as session:
        session.add_all(note_of(stage, first, n) for n in range(600))
    other = stage.a_trial("petra", "other-partner-space", kind=Kind.EXISTING)
    assert other.asked_on is not None
    stage.clock.at(other.asked_on + timedelta(days=20))
    stage.petra.sees(other.code, "no answer yet")


def plan_note(stage: Stage, trial: Trial) -> None:
    with stage.database.transaction() as session:
        session.add(note_of(stage, trial, 0))


def note_of(stage: Stage, trial: Trial, number: int) -> Reminder:
    """A note for today, as a newer release would plan it."""
    now = stage.clock.now()
    return Reminder(
        key=f"{trial.id}/{NEW}/{now.date()}/note{number}",
        kind=NEW,
        lane=f"space/{trial.space_id}",
        space_id=trial.space_id,
        trial_id=trial.id,
        anchor=now.date(),
        rings_at=now,
        due=LONG_AGO,
        created_at=now,
    )


def the_note(stage: Stage) -> Reminder:
    with stage.database.reading() as session:
        return session.exec(select(Reminder).where(Reminder.kind == NEW)).one()
