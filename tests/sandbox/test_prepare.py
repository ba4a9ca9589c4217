"""What `make run` does with a database: it creates the tables and keeps their contents."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import func, select

from store.database.database import Database
from store.tables import Trial
from tests.people import wait_for

PATIENCE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def command() -> list[str]:
    """The command that `make run` runs."""
    bot = [sys.executable, "-m", "sandbox.prepare"]
    return [sys.executable, "-m", "sandbox", "--port", str(free_port()), "--", *bot]


def environment(database_url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": database_url, "PORT": str(free_port())}


def run(database_url: str, log: Path) -> str:
    """Run what `make run` runs until it is ready, then stop it as Ctrl-C does; its output."""
    with log.open("w") as file:
        process = subprocess.Popen(
            command(), env=environment(database_url), stdout=file, stderr=file
        )
    try:
        wait_for(lambda: "be somebody" in log.read_text(), "it never began", PATIENCE)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    assert code == 0, log.read_text()
    return log.read_text()


def trials(database_url: str) -> int:
    """How many trials there are."""
    database = Database(database_url)
    with database.reading() as session:
        count: int = session.exec(select(func.count()).select_from(Trial)).one()
    database.close()
    return count


@pytest.mark.enable_socket
def test_an_empty_database_gets_its_tables_and_is_kept(empty_url: str, tmp_path: Path) -> None:
    for made in (13, 0):
        assert f"Made {made} trials." in run(empty_url, tmp_path / f"log{made}")
        assert trials(empty_url) == 13


def test_a_missing_database_is_reported_in_one_line() -> None:
    away = environment("postgresql://nobody@127.0.0.1:1/trialbot")
    done = subprocess.run(command(), env=away, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the database can't be used: ")
    assert done.stderr.count("\n") == 1
