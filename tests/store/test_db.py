"""How a database is begun, ended and read, SQLite and PostgreSQL alike."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from store.database.database import Database
from store.tables import Flag

FLAGS = Flag.metadata.tables["flag"]
NAMES = select(FLAGS.c.name).where(FLAGS.c.name.startswith("flag "))


@pytest.fixture
def narrow(database_url: str) -> Iterator[Database]:
    """A database where everybody gets the same connection, one after the other."""
    database = Database(database_url, connections=1)
    yield database
    database.close()


def names(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(NAMES))


def put(connection: Connection, name: str) -> None:
    connection.execute(insert(FLAGS).values(name=name, value={}))


def test_who_reads_cannot_write_and_who_comes_next_can(narrow: Database) -> None:
    with pytest.raises(DBAPIError), narrow.reading() as session:
        put(session.connection(), "flag 1")
    assert names(narrow) == set()
    narrow.statement(lambda connection: put(connection, "flag 2"))
    with pytest.raises(DBAPIError), narrow.reading() as session:
        put(session.connection(), "flag 3")
    assert names(narrow) == {"flag 2"}


def put_and_fail(connection: Connection, name: str) -> None:
    put(connection, name)
    raise ZeroDivisionError


@pytest.mark.parametrize("durable", [False, True])
def test_what_fails_midway_leaves_nothing(narrow: Database, *, durable: bool) -> None:
    with pytest.raises(ZeroDivisionError), narrow.transaction(durable=durable) as session:
        put_and_fail(session.connection(), "flag 1")
    with pytest.raises(ZeroDivisionError), narrow.statements(durable=durable) as connection:
        put_and_fail(connection, "flag 2")
    assert names(narrow) == set()
    with narrow.transaction(durable=durable) as session:
        put(session.connection(), "flag 3")
    with narrow.statements(durable=durable) as connection:
        put(connection, "flag 4")
    narrow.statement(lambda connection: put(connection, "flag 5"), durable=durable)
    assert names(narrow) == {"flag 3", "flag 4", "flag 5"}


def test_only_what_is_durable_waits_for_the_disk(postgres_url: str) -> None:
    database = Database(postgres_url, connections=1)

    def waits(connection: Connection) -> str:
        return str(connection.execute(text("SHOW synchronous_commit")).scalar_one())

    with database.statements() as connection:
        assert waits(connection) == "off"
    with database.statements(durable=True) as connection:
        assert waits(connection) == "on"
    with database.transaction(durable=False) as session:
        assert waits(session.connection()) == "off"
    with database.transaction() as session:
        assert waits(session.connection()) == "on"
    shared = database.sharing(lambda connection, names: [waits(connection) for _ in names])
    assert shared("somebody") == "off"
    assert database.statement(waits, durable=True) == "on"
    database.close()


def test_what_is_asked_often_stays_prepared(postgres_url: str) -> None:
    """After a rollback the driver would prepare everything anew."""
    database = Database(postgres_url, connections=1)
    for _ in range(10):
        assert names(database) == set()
    with database.reading() as session:
        prepared = session.connection().execute(
            text("SELECT statement FROM pg_prepared_statements")
        )
        assert any("FROM flag" in statement for statement in prepared.scalars())
    database.close()
