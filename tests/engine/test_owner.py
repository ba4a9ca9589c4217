"""The owner of leases: what a dead owner held is free at once, what a living one holds is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlmodel import col, select

from bot.clock import ticks
from bot.engine import owner
from bot.engine.owner import SILENCE, Owner
from bot.process.run import Bot
from store.database.database import Database
from store.tables import Outbox
from tests.cable import Cable
from tests.people import wait_for
from tests.stage import Stage

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CABLE = pytest.mark.enable_socket  # PostgreSQL's own socket is a file


def dead(database: Database, looks: Owner, now: datetime) -> list[str]:
    """The owners that an owner takes for dead."""
    with database.writing() as connection:
        return looks.dead(connection, now=now)


@pytest.fixture
def two(database: Database) -> Iterator[tuple[Owner, Owner]]:
    """Two living owners that have just beaten."""
    both = Owner(database), Owner(database)
    for each in both:
        each.live()
        with database.writing() as connection:
            each.beat(connection, now=NOW)
    yield both
    for each in both:
        each.close()


def test_an_owner_that_holds_its_lock_is_alive_however_long_it_is_silent(
    database: Database, two: tuple[Owner, Owner]
) -> None:
    assert dead(database, two[0], NOW + timedelta(days=1)) == []


def test_an_owner_that_lost_its_lock_is_dead_once_it_is_silent(
    database: Database, two: tuple[Owner, Owner]
) -> None:
    looks, dies = two
    dies.close()
    assert dead(database, looks, NOW + timedelta(seconds=1)) == []
    assert dead(database, looks, NOW + SILENCE + timedelta(seconds=0.1)) == [dies.name]


@CABLE
def test_an_owner_locks_again_at_once_after_its_connection_breaks_unnoticed_by_the_server(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "LOOK", 0.0)
    with Cable(postgres_url) as cable:
        far, near = Database(cable.url), Database(postgres_url)
        broken, looks = Owner(far), Owner(near)
        broken.live()
        looks.live()
        with near.writing() as connection:
            broken.beat(connection, now=NOW)
        cable.break_off()
        began = ticks()
        broken.live()
        assert ticks() - began < 2
        assert dead(near, looks, NOW + timedelta(days=1)) == []
        broken.close()
        wait_for(
            lambda: dead(near, looks, NOW + timedelta(days=1)) == [broken.name],
            "its lock is held for ever",
        )
        looks.close()
        far.close()
        near.close()


# ------------------------------------------------------------------ in a bot


def holds_something(bot: Bot) -> bool:
    desk = bot._parts.desk
    return desk is not None and bool(desk._under_way)


def killed(bot: Bot) -> None:
    """End a desk like a kill: what it holds stays held, and its lock is released."""
    desk = bot._parts.desk
    assert desk is not None
    desk._stopping.set()

    def has_ended() -> bool:
        desk._under_way = {}
        return not desk._thread.is_alive()

    wait_for(has_ended, "the desk never ended")
    desk._owner.close()


def test_work_held_by_a_dead_desk_is_done_by_another_within_three_seconds(stage: Stage) -> None:
    bots = [stage.bot, stage.another_bot()]
    assert {bot.context.settings.lease for bot in bots} == {30.0}
    stage.fault("GET /v1/messages", "hang", delay=8.0, times=1)
    stage.tom.says("peace")
    (holds,) = wait_for(lambda: [bot for bot in bots if holds_something(bot)], "nobody took it")
    killed(holds)
    stage._bots.remove(holds)
    try:
        stage.tom.sees("I don't know “peace”", within=3)
    finally:
        holds.stop()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_desks_that_lose_their_connections_do_not_take_each_others_messages(
    stage: Stage, postgres_template: str
) -> None:
    stage.another_bot()
    for number in range(3):
        stage.fault("POST /v1/messages", "latency", delay=1.5, times=1)
        stage.tom.says(f"is it peace {number}")
        wait_for(lambda: letter_is_held(stage), "nothing was being sent")
        with psycopg.connect(postgres_template, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname LIKE 'test%' AND pid != pg_backend_pid()"
            )
        stage.tom.sees(f"I don't know “is it peace {number}”", within=10)
        stage.idle()
        assert stage.tom.count(f"I don't know “is it peace {number}”") == 1


def letter_is_held(stage: Stage) -> bool:
    with stage.database.reading() as session:
        held = select(Outbox.id).where(col(Outbox.lease).is_not(None))
        return session.exec(held).first() is not None
