"""Databases full of trials, on both engines, kept in `.local/bench` for the rest of the day.

Their dates count from the day on which they were made, so that nothing in them is due.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
from sqlalchemy import delete
from sqlmodel import select

from store import flags
from store.database.database import MIGRATIONS, Database
from store.rules import calendars
from store.tables import Beat, Space
from tests.bench.rig import Rig
from tests.postgres import postgres
from tests.store import crowd

FOLDER = Path(__file__).parents[2] / ".local" / "bench"
ENGINES = ("sqlite", "postgres")
PARTNERS, SPACES = 100, 5
"""500 spaces: five for each partner."""


def made_of() -> str:
    """A tag of what a crowd depends on: the day, the migrations and the code that fills it."""
    recipe = [*sorted((MIGRATIONS / "versions").glob("*.py")), Path(crowd.__file__)]
    content = b"".join(file.read_bytes() for file in recipe)
    return f"{today():%Y%m%d}_{hashlib.sha256(content).hexdigest()[:8]}"


def today() -> date:
    """The day from which the dates of a crowd count if it is made now."""
    return datetime.now(UTC).date()


@contextmanager
def stocked(engine: str, trials: int) -> Iterator[str]:
    """The URL of a database with this many trials, a quarter of them live."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (_sqlite if engine == "sqlite" else _postgres)(trials) as url:
        yield url


def settle_in(webex: Rig, database: Database) -> None:
    """Give each space a sandbox room, and keep a bot from doing more at its start than usual.

    Nobody is told that it was away, and it replans nothing: a crowd counts as planned by its rules.
    """
    members = [webex.nora["personId"]]
    with database.transaction() as session:
        for space in session.exec(select(Space)).all():
            made = webex.tell("rooms", title=space.title, members=members, bot=True)
            space.room_id = made["id"]
        session.exec(delete(Beat))
        flags.remember(session, "planned by", calendars.versions())


@contextmanager
def _sqlite(trials: int) -> Iterator[str]:
    file = FOLDER / f"growth_{trials}_{made_of()}.db"
    if not file.exists():
        for old in FOLDER.glob(f"growth_{trials}_*"):
            old.unlink()
        growing = file.with_suffix(".growing")
        growing.unlink(missing_ok=True)
        _fill(f"sqlite:///{growing}", trials)
        growing.rename(file)
    yield f"sqlite:///{file}"


@contextmanager
def _postgres(trials: int) -> Iterator[str]:
    files = FOLDER / "postgres"
    files.mkdir(parents=True, exist_ok=True)
    with postgres(files) as running:
        server = running.get_uri()
        name = f"growth_{trials}_{made_of()}"
        with psycopg.connect(server, autocommit=True) as connection:
            there = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
            if name not in there:
                for old in [one for one in there if one.startswith(f"growth_{trials}_")]:
                    connection.execute(f'DROP DATABASE "{old}"')
                connection.execute("DROP DATABASE IF EXISTS growing")
                connection.execute("CREATE DATABASE growing")
                _fill(_named(server, "growing"), trials)
                connection.execute(f"ALTER DATABASE growing RENAME TO {name}")
        yield _named(server, name)


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _fill(url: str, trials: int) -> None:
    database = Database(url, connections=1)
    if database.is_sqlite:
        _be_generous(database)
    database.migrate()
    crowd.fill(database, trials, PARTNERS, spaces=SPACES, today=today())
    _look_after(database)
    database.close()


def _look_after(database: Database) -> None:
    """Do what a database does by itself in its first hour, so that it doesn't while measured."""
    upkeep = "PRAGMA wal_checkpoint(TRUNCATE)" if database.is_sqlite else "VACUUM ANALYZE"
    with database.standing_connection() as connection:
        connection.exec_driver_sql(upkeep)


def _be_generous(database: Database) -> None:
    """Give SQLite enough memory for the indexes of a million trials while filling."""
    with database._writers.connect() as connection:
        connection.connection.execute("PRAGMA cache_size = -1000000")
        connection.connection.execute("PRAGMA synchronous = OFF")
