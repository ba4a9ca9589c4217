"""The computer's clock is set back: nothing waits for it to catch up."""

import datetime as real_datetime
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schedule
from sqlmodel import col, select

from bot import clock
from bot.clock import Jumps, queue_now
from bot.process import timetable
from store.database.database import Database
from store.queues import beats, pauses
from store.queues.leases import INBOX, OUTBOX
from store.queues.pauses import Limit
from store.tables import Beat, Inbox
from tests.people import wait_for
from tests.stage import HARBOUR, Stage, staged

TWO_HOURS = timedelta(hours=2)


class Wall:
    """A wall clock that can be set, for queue time, calendar time and the timetable."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.offset = timedelta()
        wall = self

        class Shown(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) + wall.offset

        shown = {**vars(real_datetime), "datetime": Shown}
        patch.setattr(schedule, "datetime", SimpleNamespace(**shown))
        now = {"time": lambda: time.time() + wall.offset.total_seconds()}
        patch.setattr(clock, "time", SimpleNamespace(**{**vars(time), **now}))

    def back(self, by: timedelta) -> None:
        """Set the clock back."""
        self.offset -= by


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


@pytest.fixture
def stage(database_url: str, tmp_path: Path, wall: Wall, monkeypatch: Any) -> Iterator[Stage]:
    """A bot whose clock can be set, and that beats every second."""
    monkeypatch.setattr(timetable, "HEARTBEAT", 1)
    with staged(database_url, tmp_path) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        yield stage


def test_a_jump_is_noticed_once_and_small_corrections_never(wall: Wall) -> None:
    jumps = Jumps()
    wall.back(timedelta(seconds=4))
    assert not jumps.noticed()
    wall.back(timedelta(minutes=1))
    assert jumps.noticed()
    assert not jumps.noticed()


def test_a_pause_ends_although_the_clock_was_set_back(stage: Stage, wall: Wall) -> None:
    with stage.database.writing() as connection:
        until = queue_now() + timedelta(seconds=4)
        pauses.limit(connection, Limit("POST /messages", until, "429"))
    stage.tom.says("peace")
    wait_for(lambda: waits(stage, OUTBOX), "the answer was never written")
    wall.back(TWO_HOURS)
    stage.tom.sees("I don't know “peace”", within=10)


def test_a_retry_comes_although_the_clock_was_set_back(stage: Stage, wall: Wall) -> None:
    stage.fault("GET /v1/messages", "503", times=2, retry_after=2)
    stage.tom.says("peace")
    wait_for(lambda: tried(stage), "it was never tried")
    wall.back(TWO_HOURS)
    stage.tom.sees("I don't know “peace”", within=10)


def test_a_lost_machines_lease_ends_although_the_clock_was_set_back(
    database_url: str, tmp_path: Path, wall: Wall
) -> None:
    with staged(database_url, tmp_path, lease=2.0) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        stage.fault("GET /v1/messages", "503", retry_after=1)
        stage.tom.says("peace")
        wait_for(lambda: tried(stage), "it was never tried")
        with stage.database.writing() as connection:
            lost = {"lease": "lost-1", "leased_until": queue_now() + timedelta(seconds=2)}
            connection.execute(INBOX.update().values(lost))
        stage.mend()
        wall.back(TWO_HOURS)
        stage.tom.sees("I don't know “peace”", within=10)


def test_what_was_put_off_for_hours_by_a_wrong_clock_is_tried_at_the_next_start(
    stage: Stage,
) -> None:
    stage.fault("GET /v1/messages", "503")
    stage.tom.says("peace")
    wait_for(lambda: tried(stage), "it was never tried")
    stage.bot.stop()
    stage._bots.clear()
    stage.mend()
    with stage.database.writing() as connection:
        connection.execute(INBOX.update().values(due=queue_now() + TWO_HOURS))
    stage.bot = stage.another_bot()
    stage.tom.sees("I don't know “peace”", within=10)


def test_the_timetable_goes_on_although_the_clock_was_set_back(stage: Stage, wall: Wall) -> None:
    wait_for(lambda: alive_until(stage), "no heartbeat")
    wall.back(TWO_HOURS)
    set_back = queue_now()
    wait_for(lambda: alive_until(stage) < set_back + timedelta(minutes=1), "no more heartbeats")


def test_a_job_held_before_the_clock_was_set_back_is_free_afterwards(database: Database) -> None:
    now = queue_now()
    with database.writing() as connection:
        assert beats.hold(connection, "webhooks", "one", seconds=15, now=now)
        assert not beats.hold(connection, "webhooks", "two", seconds=15, now=now)
        assert beats.hold(connection, "webhooks", "two", seconds=15, now=now - TWO_HOURS)


def test_a_process_that_seems_to_live_for_hours_is_dead(database: Database) -> None:
    now = queue_now()
    with database.writing() as connection:
        beats.beat(connection, "run/host/1", until=now + timedelta(seconds=15))
        assert beats.living(connection, now=now) == ["run/host/1"]
        assert beats.living(connection, now=now - TWO_HOURS) == []


def test_a_process_runs_in_utc_whatever_its_computer_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Sofia")
    time.tzset()
    try:
        clock.run_in_utc()
        assert time.localtime().tm_gmtoff == 0
        assert os.environ["TZ"] == "UTC"
    finally:
        monkeypatch.undo()
        time.tzset()


def waits(stage: Stage, table: Any) -> bool:
    with stage.database.reading() as session:
        rows = select(table.c.id).where(table.c.settled_at.is_(None), table.c.lease.is_(None))
        return session.exec(rows).first() is not None


def tried(stage: Stage) -> bool:
    with stage.database.reading() as session:
        rows = select(Inbox.id).where(col(Inbox.attempts) >= 1, col(Inbox.lease).is_(None))
        return session.exec(rows).first() is not None


def alive_until(stage: Stage) -> datetime:
    """Until when the bot's process counts as alive."""
    with stage.database.reading() as session:
        return session.exec(select(Beat.until).where(col(Beat.name).contains("/"))).one()
