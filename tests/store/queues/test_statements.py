"""What every round asks is built once, on both databases: building it costs more than asking."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlmodel import Session

from store.database.database import Database, session_on
from store.features import spaces
from store.features.shared import people
from store.queues import inbox, outbox, pauses, reminders, slots
from store.queues.slots import Place, Standing
from store.say import Say, To
from store.tables import Person

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LEASE: dict[str, Any] = {"token": "desk1-1", "now": NOW, "until": NOW + timedelta(seconds=30)}


def _in_session(look_up: Callable[[Session], object], connection: Connection) -> None:
    with session_on(connection) as session:
        look_up(session)


def _fill_twice(connection: Connection) -> None:
    """Put a message into a new slot, and then another."""
    place = Place("room:r", f"trial/{next(numbers)}", "r")
    slots.fill(connection, place, None, Standing("m", 0, "Hello", 1, None))
    slots.fill(connection, place, slots.slot(connection, *place), Standing("n", 0, "", 2, None))


numbers = count()
HELLO = Say(To("room:r"), "Hello")

EACH_ROUND: dict[str, Callable[[Connection], Any]] = {
    "limits": pauses.all_limits,
    "messages": partial(outbox.claim, of_reminders=False, calls=["post"], **LEASE, limit=9),
    "events": partial(inbox.claim, **LEASE, limit=9),
    "reminders": partial(reminders.claim, calendar=NOW, **LEASE, limit=9),
    "people": partial(_in_session, lambda session: people.look_up(session, {"olga"})),
    "a home": partial(_in_session, lambda session: spaces.home_of(session, Person(id=1, email=""))),
    "spaces": partial(_in_session, lambda session: spaces.look_up(session, {"room"})),
    "an answer": partial(_in_session, lambda session: outbox.put(session, [HELLO], now=NOW)),
    "its slot": _fill_twice,
}


@pytest.mark.parametrize("asked", EACH_ROUND)
def test_a_round_builds_no_statement_anew(database: Database, asked: str) -> None:
    with database.writing() as connection:
        first, second = (_statements(connection, EACH_ROUND[asked]) for _ in range(2))
    assert first
    assert [*map(id, first)] == [*map(id, second)]


def _statements(connection: Connection, ask: Callable[[Connection], Any]) -> list[Any]:
    """The statements that a question executes."""
    executed: list[Any] = []

    def note(_: Connection, statement: Any, *rest: Any) -> None:
        executed.append(statement)

    event.listen(connection, "before_execute", note)
    ask(connection)
    event.remove(connection, "before_execute", note)
    return executed
