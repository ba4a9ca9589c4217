"""Work that is in flight in an earlier release's database is finished by this release."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table
from sqlmodel import col, select

from bot.clock import queue_now
from store.database.database import Database
from store.features.digest import DIGEST
from store.queues import reminders
from store.rules.plan import Ring
from store.tables import Inbox, Outbox, Reminder, Space
from tests.databases import later_columns, migrate_to
from tests.people import wait_for
from tests.stage import HARBOUR, staged

HELD = {"lease": "0a1b2c3d-7", "leased_until": datetime(2100, 1, 1, tzinfo=UTC)}
"""The lease as an earlier release's process left it when it was stopped."""


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_work_in_flight_is_finished_by_this_release(
    empty_url: str, tmp_path: Path, revision: str
) -> None:
    database = Database(empty_url)
    migrate_to(database, revision)
    database.close()
    with staged(empty_url, tmp_path, starts=False) as stage:
        with later_columns(stage.database):
            stage.link("partner-space", "Harbour Networks", HARBOUR)
        space = stage.rooms["partner-space"]
        stage.tom.says("peace")
        with stage.database.writing() as connection:
            put(connection, "inbox", event_of(stage, stage.tom.last_said["id"], space))
            put(connection, "outbox", letter_to(space, "Left in the outbox"))
            plan_digest(connection, stage)
        stage.database.migrate()
        stage.bot = stage.another_bot()
        stage.tom.sees("I don't know “peace”", within=30)
        stage.tom.sees("Left in the outbox", within=30)
        wait_for(lambda: rang(stage.database), "the reminder never rang")
        stage.idle()
        assert stage.tom.count("I don't know “peace”") == 1
        assert left_open(stage.database) == []


def put(connection: Connection, name: str, row: dict[str, Any]) -> None:
    """Insert a row into a table of that release."""
    table = Table(name, MetaData(), autoload_with=connection)
    connection.execute(table.insert(), row)


def in_flight() -> dict[str, Any]:
    now = queue_now()
    return {"due": now, "created_at": now, "attempts": 0, "outcome": "", "error": "", **HELD}


def event_of(stage: Any, message_id: str, room_id: str) -> dict[str, Any]:
    about = {"key": f"messages/created/{message_id}", "resource": "messages", "event": "created"}
    person = stage.cast["partner-admin"]["personId"]
    place = {"room_id": room_id, "person_id": person, "lane": f"{room_id}/{person}"}
    return (
        in_flight()
        | about
        | place
        | {"object_id": message_id, "data": {}, "received_at": stage.clock.now()}
    )


def letter_to(room_id: str, text: str) -> dict[str, Any]:
    address = f"room:{room_id}"
    where = {"address": address, "lane": f"{address}/answer", "call": "post", "bell": False}
    return in_flight() | where | {"text": text, "event": ""}


def plan_digest(connection: Connection, stage: Any) -> None:
    with stage.database.reading() as session:
        (space,) = session.exec(select(Space)).all()
    now = stage.clock.now()
    ring = Ring(now - timedelta(hours=1), DIGEST, now.date(), "left", None, now.date())
    reminders.add(connection, [ring], space_id=space.id, now=now)
    reminders_ = Table("reminder", MetaData(), autoload_with=connection)
    connection.execute(reminders_.update().values(HELD).where(reminders_.c.key == "left"))


def rang(database: Database) -> bool:
    with database.reading() as session:
        left = session.exec(select(Reminder).where(col(Reminder.key) == "left")).one()
        return left.outcome == "rang"


def left_open(database: Database) -> list[Any]:
    with database.reading() as session:
        tables = (Inbox, Outbox)
        return [
            row
            for table in tables
            for row in session.exec(select(table).where(col(table.settled_at).is_(None)))
        ]
