"""A fresh, migrated database for each test, on both engines.

`database_url` runs a test once on SQLite and once on PostgreSQL; `database` is that one, opened.
Migrations run once per session: then SQLite's file is copied and PostgreSQL clones a template.
For tests that use a `stage`, the copied database has both partners' spaces linked.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import inspect, text

from store.database.database import Database, migrations
from tests.postgres import postgres
from tests.stage import link_both

MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory: cloning a database there is ten times faster."""

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with all tables."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables, open."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An SQLite file for this test only."""
    file = tmp_path / "trialbot.db"
    template = "sqlite_linked" if _wants_links(request) else "sqlite_template"
    shutil.copyfile(request.getfixturevalue(template), file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database for this test only, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    template = request.getfixturevalue("postgres_linked") if _wants_links(request) else "migrated"
    with psycopg.connect(postgres_template, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield postgres_template.replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """An SQLite file without tables."""
    return f"sqlite:///{tmp_path}/empty.db"


@pytest.fixture
def empty_postgres_url(postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database without tables, dropped afterwards."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(postgres_template, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield postgres_template.replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _wants_links(request: pytest.FixtureRequest) -> bool:
    return "stage" in request.fixturenames


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def sqlite_linked(sqlite_template: Path) -> Path:
    """A migrated SQLite file with both partners' spaces linked."""
    file = sqlite_template.with_name("linked.db")
    shutil.copyfile(sqlite_template, file)
    link_both(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A PostgreSQL server for this session, with a migrated database `migrated`; its URL."""
    in_memory = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="trialbot-pg-", dir=in_memory) as folder,
        postgres(Path(folder)) as server,
    ):
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE migrated")
        _migrate(server.get_uri(database="migrated"))
        yield url


@pytest.fixture(scope="session")
def postgres_linked(postgres_template: str) -> str:
    """The name of a database like `migrated` with both partners' spaces linked."""
    with psycopg.connect(postgres_template, autocommit=True) as server:
        server.execute("CREATE DATABASE linked TEMPLATE migrated STRATEGY file_copy")
    link_both(postgres_template.replace("/postgres?", "/linked?"))
    return "linked"


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


def migrate_to(database: Database, revision: str) -> None:
    """Create the tables of an earlier release."""
    with database.writing() as connection:
        command.upgrade(migrations(connection), revision)


LATER = {
    "trial": {"extras": "JSON DEFAULT '{}'"},
    "customer": {"administrator_id": "INTEGER"},
    "hub_task": {
        "waits": "BOOLEAN DEFAULT FALSE",
        "done_at": "TIMESTAMP",
        "undo": "JSON DEFAULT '{}'",
    },
    "outbox": {"mail": "JSON"},
}
"""Columns of later releases that today's code writes."""


@contextmanager
def later_columns(database: Database) -> Iterator[None]:
    """Lend an earlier release's database the columns that it lacks and today's code needs."""
    lent = []
    with database.writing() as connection:
        for table, columns in LATER.items():
            there = {column["name"] for column in inspect(connection).get_columns(table)}
            lent += [(table, name) for name in columns if name not in there]
        for table, name in lent:
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {name} {LATER[table][name]}"))
    yield
    with database.writing() as connection:
        for table, name in lent:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {name}"))
