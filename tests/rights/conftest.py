"""The world to attack, made once for each worker and database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.observe import set_up_logging
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
