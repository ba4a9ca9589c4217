"""Work that is in flight in an earlier release's database is finished by this release."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, text
from sqlmodel import col, select

from bot.clock import queue_now
from store.database.database import Database
from store.features.digest import DIGEST
from store.features.partner_hub import HUB_FORMER
from store.queues import reminders
from store.rules.plan import Ring
from store.tables import Inbox, Outbox, Reminder, Space
from tests.databases import later_columns, migrate_to
from tests.lives import without_digest
from tests.people import wait_for
from tests.stage import HARBOUR, Stage, staged
from tests.store import former

HELD = {"lease": "0a1b2c3d-7", "leased_until": datetime(2100, 1, 1, tzinfo=UTC)}
"""The lease as an earlier release's process left it when it was stopped."""

OF_THE_DEAD = HELD | {"lease": "desk7-1"}
"""The lease of a process whose heartbeats have stopped."""


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


def test_a_database_of_the_present_release_is_carried_over(empty_url: str, tmp_path: Path) -> None:
    database = Database(empty_url)
    migrate_to(database, "0005")
    database.close()
    with staged(empty_url, tmp_path, starts=False) as stage:
        with later_columns(stage.database):
            stage.link("partner-space", "Harbour Networks", HARBOUR)
        without_digest(stage)
        later = max(datetime.now(UTC), stage.clock.now()).date() + timedelta(days=50)
        with stage.database.writing() as connection:
            codes = as_of_0005(connection, stage, later)
            said = event_of(stage, says(stage, "show T-2222"), stage.rooms["partner-space"])
            letter = letter_to(stage.rooms["partner-space"], "Left in the outbox")
            put(connection, "inbox", said | OF_THE_DEAD)
            put(connection, "outbox", letter | OF_THE_DEAD)
            beat = {"name": "desk7", "holder": "desk7", "until": queue_now() - timedelta(hours=1)}
            put(connection, "beat", beat)
        stage.database.migrate()
        stage.bot = stage.another_bot()
        stage.tom.sees("T-2222", "Trial active", within=30).lacks("if done today", "To do in")
        stage.tom.sees("Left in the outbox", within=30)
        stage.clock.to(max(stage.clock.now(), listed_at(stage.database)))
        stage.nora.sees("T-2222", "check in Partner Hub: Extend the trial (some steps")
        for code, shown in codes.items():
            stage.tom.says(f"show {code}").sees(code, shown)
        stage.clock.days(8)
        assert stage.nora.count("still unticked") == 1, "it is listed once"
        assert stage.nora.count("in Partner Hub: Extend") == 1, "what rang or waited is over"
        waiting = stage.open_reminders(stage.trial("T-2222"))
        assert waiting[0] == "end-14"
        assert left_open(stage.database) == []


def says(stage: Stage, text: str) -> str:
    """What Tom wrote while no bot was running; the message's id."""
    stage.tom.says(text)
    return str(stage.tom.last_said["id"])


def as_of_0005(connection: Connection, stage: Stage, ends: date) -> dict[str, str]:
    """Trials as that release left them, one with a reminder in flight; what each shows."""
    (space,) = connection.execute(text("SELECT id, partner_id FROM space")).all()
    tom = connection.scalar(
        text("SELECT person_id FROM address WHERE email = :email"),
        {"email": stage.tom.email},
    )
    ours = {"partner_id": space.partner_id, "space_id": space.id, "started_by": tom}
    of_today = {"ends": ends, "todo_since": former.TODAY}
    extended = former.a_trial(connection, ours, "T-2222", extensions=1, **of_today)
    facts = {"days": 30, "old": former.TODAY.isoformat()}
    task = former.a_task(connection, extended, "extend", facts=facts)
    topic = f"/task{task}"
    rang = {"settled_at": former.NOW, "outcome": "rang"}
    former.a_reminder(connection, extended, "hub+1", former.TODAY, topic=topic, **rang)
    former.a_reminder(connection, extended, "hub+3", former.TODAY, topic=topic, **OF_THE_DEAD)
    former.a_reminder(
        connection, extended, "end-14", ends, rings_at=former.NOW + timedelta(days=4000)
    )
    states: dict[str, tuple[str, dict[str, Any]]] = {
        "T-3333": (
            "Trial pending customer consent",
            {"kind": "existing", "state": "consent", "asked_on": ends - timedelta(days=45)},
        ),
        "T-4444": (
            "Cancelled",
            {"state": "cancelled", "cancelled_on": former.TODAY, "cancelled_by": "partner"},
        ),
        "T-6666": ("Ended", {"state": "ended", "ends": former.TODAY - timedelta(days=60)}),
    }
    for code, (_, trial) in states.items():
        former.a_trial(connection, ours, code, **trial)
    return {"T-2222": "Trial active"} | {code: shown for code, (shown, _) in states.items()}


def listed_at(database: Database) -> datetime:
    """When the changes that were open are listed."""
    with database.reading() as session:
        (listed,) = session.exec(select(Reminder).where(col(Reminder.kind) == HUB_FORMER)).all()
        return listed.rings_at


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


def letter_to(room_id: str, said: str) -> dict[str, Any]:
    address = f"room:{room_id}"
    where = {"address": address, "lane": f"{address}/answer", "call": "post", "bell": False}
    return in_flight() | where | {"text": said, "event": ""}


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
