"""Workers of other processes are woken for every event, but not once for each."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlmodel import func, select

from bot.announce import ENOUGH, Announcer
from bot.clock import Calendar, queue_now, ticks
from store.database.database import Database
from store.queues.inbox import Event, receive
from store.queues.leases import CHANNEL, INBOX
from store.tables import Inbox

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

PATIENCE = 10.0
NOW = Calendar().now()


@pytest.fixture
def worker(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


@pytest.fixture
def announcer(database: Database) -> Iterator[Announcer]:
    announcer = Announcer(database)
    yield announcer
    announcer.stop()


def test_an_event_says_so_with_its_commit_and_what_follows_closely_is_said_soon_after(
    announcer: Announcer, database: Database, worker: psycopg.Connection
) -> None:
    assert announcer.may_say()
    put(database, 1, announced=True)
    assert heard(worker, 1) == 1
    put(database, 2, announced=False)
    announcer.say_soon()
    assert heard(worker, 1) == 1


def test_of_many_that_come_closely_each_is_claimed_after_a_word(
    announcer: Announcer, database: Database, worker: psycopg.Connection
) -> None:
    words, seen, began = 0, 0, ticks()
    for n in range(40):
        says = announcer.may_say()
        put(database, n, announced=says)
        if not says:
            announcer.say_soon()
    while seen < 40:
        words += heard(worker, 1)
        seen = stored(database)
    assert words <= 2 * ((ticks() - began) / ENOUGH + 1)  # with a commit, and after one


def put(database: Database, n: int, *, announced: bool) -> None:
    event = Event("messages", "created", f"m{n}", "p", f"r{n}")

    def store(connection: object) -> None:
        given = {"received_at": NOW, "now": queue_now(), "announced": announced}
        assert receive(connection, event, **given)  # type: ignore[arg-type]

    database.statement(store, durable=True)


def heard(worker: psycopg.Connection, words: int) -> int:
    """How many words came, at least so many; fails if they don't come."""
    notes = list(worker.notifies(timeout=PATIENCE, stop_after=words))
    assert len(notes) >= words, "nobody was woken"
    assert {note.payload for note in notes} == {INBOX.name}
    return len(notes)


def stored(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Inbox)).one()
