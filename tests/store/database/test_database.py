"""Transactions and reads, on SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError

from store.database.database import Database, session_on
from store.database.trouble import is_out_of_reach
from store.tables import Flag
from tests.people import wait_for

FLAGS = Flag.metadata.tables["flag"]
NAMES = select(FLAGS.c.name).where(FLAGS.c.name.startswith("flag "))


@pytest.fixture
def narrow(database_url: str) -> Iterator[Database]:
    """A database whose users share one connection, one after the other."""
    database = Database(database_url, connections=1)
    yield database
    database.close()


def names(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(NAMES))


def put(connection: Connection, name: str) -> None:
    connection.execute(insert(FLAGS).values(name=name, value={}))


def test_a_reader_cannot_write_and_the_next_writer_can(narrow: Database) -> None:
    with pytest.raises(DBAPIError), narrow.reading() as session:
        put(session.connection(), "flag 1")
    assert names(narrow) == set()
    with narrow.writing() as connection:
        put(connection, "flag 2")
    with pytest.raises(DBAPIError), narrow.reading() as session:
        put(session.connection(), "flag 3")
    assert names(narrow) == {"flag 2"}


def test_a_connection_that_became_read_only_is_replaced_at_once(narrow: Database) -> None:
    statement = (
        "PRAGMA query_only = ON" if narrow.is_sqlite else "SET default_transaction_read_only = on"
    )
    with narrow.writing() as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(DBAPIError) as refused:
        narrow.check_writable()
    assert is_out_of_reach(refused.value)
    narrow.check_writable()
    with narrow.writing() as connection:
        put(connection, "flag 1")
    assert names(narrow) == {"flag 1"}


def put_and_fail(connection: Connection, name: str) -> None:
    put(connection, name)
    raise ZeroDivisionError


def test_a_failed_transaction_leaves_nothing(narrow: Database) -> None:
    with pytest.raises(ZeroDivisionError), narrow.transaction() as session:
        put_and_fail(session.connection(), "flag 1")
    with pytest.raises(ZeroDivisionError), narrow.writing() as connection:
        put_and_fail(connection, "flag 2")
    assert names(narrow) == set()
    with narrow.transaction() as session:
        put(session.connection(), "flag 3")
    with narrow.writing() as connection:
        put(connection, "flag 4")
    assert names(narrow) == {"flag 3", "flag 4"}


def test_a_failed_savepoint_rolls_back_only_its_own_changes(narrow: Database) -> None:
    with narrow.writing() as connection:
        put(connection, "flag 1")
        with pytest.raises(ZeroDivisionError), connection.begin_nested(), session_on(connection):
            put_and_fail(connection, "flag 2")
        with connection.begin_nested(), session_on(connection) as session:
            put(session.connection(), "flag 3")
    assert names(narrow) == {"flag 1", "flag 3"}


def test_sqlite_writers_take_turns_in_order_of_arrival(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    began: list[int] = []

    def write(number: int) -> None:
        with database.writing():
            began.append(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    with database.writing():
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_for(lambda number=number: len(database._turns._waiting) == number, "nobody waits")
    for thread in threads:
        thread.join()
    assert began == list(range(8))
    database.close()
