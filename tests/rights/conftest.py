"""The world to attack, made once for each worker and database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.rights.events import Play
from tests.rights.world import a_world


@pytest.fixture(scope="session")
def play(sqlite_linked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """The world on SQLite."""
    folder = tmp_path_factory.mktemp("rights")
    file = folder / "world.db"
    shutil.copyfile(sqlite_linked, file)
    play = Play(a_world(f"sqlite:///{file}", folder))
    yield play
    play.close()


@pytest.fixture(scope="session")
def postgres_play(
    postgres_template: str, postgres_linked: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Play]:
    """The world on PostgreSQL."""
    with psycopg.connect(postgres_template, autocommit=True) as server:
        server.execute(f"CREATE DATABASE world TEMPLATE {postgres_linked} STRATEGY file_copy")
        url = postgres_template.replace("/postgres?", "/world?")
        play = Play(a_world(url, tmp_path_factory.mktemp("rights")))
        yield play
        play.close()
        server.execute("DROP DATABASE world WITH (FORCE)")
