"""Ringing: one message a space and hour, and no reminder holds up another."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.conversation import routes
from bot.conversation.turn import Turn
from store.features.consent import CONSENT_20
from store.features.customer_notices import CUSTOMER_MINUS_7
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

    route = routes.bells[BROKEN]
    broken = type(route)(**{**fields(route), "handler": breaks})
    monkeypatch.setitem(routes.bells, BROKEN, broken)


def fields(route: Any) -> dict[str, Any]:
    return {name: getattr(route, name) for name in route.__slots__}


def a_trial(stage: Stage, n: int, **form: Any) -> Trial:
    return stage.a_trial(company=f"Customer {n}", administrator=f"it@customer{n}.example", **form)


def test_reminders_of_an_hour_are_one_message(stage: Stage) -> None:
    without_digest(stage)
    trials = [a_trial(stage, n) for n in range(3)]
    ends = trials[0].ends
    assert ends is not None
    stage.clock.at(ends - timedelta(days=14))
    stage.tom.sees(*(trial.code for trial in trials))
    assert len(stage.tom.news()) == 1


def test_a_reminder_that_breaks_waits_and_the_others_ring(stage: Stage, poisoned: None) -> None:
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
