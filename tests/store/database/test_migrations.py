"""Migrations create the tables that the program expects, on both databases."""

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from store.database.database import Database, migrations
from store.features.partner_hub import HUB_FORMER, HUB_WEEKLY
from store.features.roles import give
from store.features.shared.trials import lock, replan
from store.queues.inbox import Event, receive
from store.rules.hub import open_changes
from store.rules.statuses import status
from store.tables import Customer, History, Inbox, Reminder, id_of
from store.terms import Role, Status
from tests.databases import later_columns, migrate_to
from tests.store import former
from tests.store.cast import NOW, House, a_house, a_trial, meet

TODAY = former.TODAY
E = date(2026, 12, 31)
SOFIA = ZoneInfo("Europe/Sofia")


def test_models_and_migrations_agree(database: Database) -> None:
    with database._writers.begin() as connection:
        command.check(migrations(connection))


def test_migrating_a_current_database_again_changes_nothing(
    database: Database,
) -> None:
    assert database.is_current()
    database.migrate()
    assert database.is_current()


def test_an_empty_database_is_not_current(tmp_path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    assert not empty.is_current()
    empty.close()


@pytest.mark.parametrize(("stands_at", "fits"), [("0001", False), ("9999", True)])
def test_later_tables_are_current_and_earlier_ones_are_not(
    database: Database, stands_at: str, *, fits: bool
) -> None:
    with database._writers.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": stands_at})
    assert database.is_current() is fits


# ------------------------------------------------------------------ 0004

OPENED = ("history", "reminder")


def test_opening_the_kinds_keeps_rows_indexes_and_foreign_keys(empty_url: str) -> None:
    database = at_0003(empty_url)
    with database.writing() as connection:
        before = [everything_of(connection, name) for name in OPENED]
    database.migrate()
    with database.writing() as connection:
        after = [everything_of(connection, name) for name in OPENED]
        assert after == before
        assert all(there["rows"] and there["indexes"] and there["keys"] for there in after)
        for name, column in zip(OPENED, ("what", "kind"), strict=True):
            checks = inspect(connection).get_check_constraints(name)
            assert f"ck_{name}_{column}" not in [check["name"] for check in checks]
            connection.execute(text(f"UPDATE {name} SET {column} = 'of a newer release'"))
            with pytest.raises(IntegrityError), connection.begin_nested():
                connection.execute(text(f"UPDATE {name} SET trial_id = 999"))
    database.close()


def test_a_process_of_the_previous_release_can_read_during_the_migration(
    empty_postgres_url: str,
) -> None:
    database = at_0003(empty_postgres_url)
    done, read = threading.Event(), threading.Barrier(4)

    def reads_on() -> int:
        count = 0
        former = Database(empty_postgres_url)
        while not done.is_set():
            with former.reading() as session:
                assert len(session.exec(select(Reminder)).all()) == 1
                assert len(session.exec(select(History)).all()) == 1
            count += 1
            if count == 1:
                read.wait(10)
        former.close()
        return count

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(reads_on) for _ in range(3)]
        read.wait(10)
        database.migrate()
        time.sleep(0.2)
        done.set()
        assert all(reader.result(30) > 1 for reader in readers)
    assert database.is_current()
    database.close()


# ------------------------------------------------------------------ 0008


def test_events_and_companies_stored_before_are_known_by_their_new_keys(empty_url: str) -> None:
    database = Database(empty_url)
    migrate_to(database, "0005")
    uuids = [f"00000000-0000-4000-8000-{n:012}" for n in range(1_500)]
    events = [Event("messages", "created", webex_id(uuid)) for uuid in uuids]
    events.append(Event("messages", "created", webex_id(uuids[0], "urn:TEAM:us-west-2_r")))
    member = Event("memberships", "created", webex_id("a:b"), data={"created": "2026-12-01"})
    with later_columns(database), database.transaction() as session:
        session.add_all(stored(event, event.object_id) for event in events)
        session.add(stored(member, f"{member.object_id}/2026-12-01"))
        house = a_house(session)
        session.add(a_customer(house, "Meadow\u200b  Foods", "meadow\u200b  foods"))
    database.migrate()
    with database.writing() as connection:
        for event in (*events, member):
            assert receive(connection, event, received_at=NOW, now=NOW) is None
        assert connection.scalar(text("SELECT company_key FROM customer")) == "meadow foods"
    database.close()


def stored(event: Event, key: str) -> Inbox:
    """An event as the former release stored it, under the spelling of its id."""
    return Inbox(
        key=f"{event.resource}/{event.event}/{key}",
        lane=event.lane,
        resource=event.resource,
        event=event.event,
        object_id=event.object_id,
        data=event.data,
        due=NOW,
        created_at=NOW,
        received_at=NOW,
    )


def a_customer(house: House, company: str, key: str) -> Customer:
    return Customer(
        partner_id=id_of(house.partner),
        company=company,
        company_key=key,
        administrator="clara@meadow.example",
        domain="meadow.example",
    )


def webex_id(key: str, cluster: str = "us") -> str:
    inside = f"ciscospark://{cluster}/MESSAGE/{key}".encode()
    return base64.urlsafe_b64encode(inside).decode().rstrip("=")


def at_0003(url: str) -> Database:
    """A database of an earlier release, with a trial that has history and a reminder."""
    database = Database(url)
    migrate_to(database, "0003")
    with database.writing() as connection:
        trial = former.a_trial(connection, former.a_partner(connection), "T-1", ends=E)
        former.put(connection, "history", trial_id=trial, at=former.NOW, what="started")
        shipment = former.put(connection, "shipment", trial_id=trial, type="phone")
        former.a_reminder(connection, trial, "end", E, shipment_id=shipment)
    return database


# ------------------------------------------------------------------ 0007


def test_customers_get_the_administrator_whom_webex_has_shown(empty_url: str) -> None:
    database = Database(empty_url)
    migrate_to(database, "0005")
    with later_columns(database), database.transaction() as session:
        house = a_house(session)
        clara = meet(session, "clara@meadow.example", "org-meadow")
        trials = [a_trial(session, house)]
        trials.append(a_trial(session, house, administrator="lena@meadow.example"))
        give(session, 1, email="waits@x.example", role=Role.ADMIN, by=None, now=NOW)
        customers = [trial.customer_id for trial in trials]
        clara_id = id_of(clara)
    with database.writing() as connection:  # as a release before 0007 leaves it
        stranger = "INSERT INTO customer SELECT 9, partner_id, company, company_key, :at, domain,"
        rest = " organisation_id, vertical, vertical_note, country, language, full_administrators"
        copied = text(stranger + rest + " FROM customer WHERE id = :id")
        connection.execute(copied, {"at": "waits@x.example", "id": customers[0]})
    database.migrate()
    with database.reading() as session:
        found = {row.id: row.administrator_id for row in session.exec(select(Customer))}
    database.close()
    assert found == {customers[0]: clara_id, customers[1]: None, 9: None}


# ------------------------------------------------------------------ 0009

DAY = timedelta(days=1)
FORMERLY: dict[str, tuple[dict[str, Any], dict[str, Any], Status]] = {
    # the trial and its task as the former release wrote them, and what is shown today
    "started": (
        {"ends": E},
        {"change": "start", "done_on": TODAY},
        Status.ACTIVE,
    ),
    "steps open": ({"ends": E}, {"change": "start"}, Status.ACTIVE),
    "added": ({"kind": "paid", "ends": E}, {"change": "add"}, Status.ACTIVE),
    "asked": (
        {"kind": "existing", "state": "consent", "asked_on": TODAY},
        {"change": "request"},
        Status.PENDING_CONSENT,
    ),
    "accepted": (
        {"kind": "existing", "state": "provisioning", "asked_on": TODAY, "accepted_on": TODAY},
        {"change": "provision"},
        Status.PENDING_PROVISIONING,
    ),
    "extended": (
        {"ends": E + 21 * DAY, "extensions": 1},
        {"change": "extend", "facts": {"days": 30, "old": E.isoformat()}},
        Status.ACTIVE,
    ),
    "services changed": ({"ends": E}, {"change": "services", "facts": {}}, Status.ACTIVE),
    "in grace": ({"ends": TODAY - DAY}, {"change": "extend"}, Status.GRACE),
    "ordered": ({"ends": E, "ordered_on": TODAY}, {"change": "convert"}, Status.ACTIVE),
    "cancelled": (
        {"ends": E, "state": "cancelled", "cancelled_on": TODAY, "cancelled_by": "partner"},
        {"change": "cancel"},
        Status.CANCELLED,
    ),
    "ended": (
        {"ends": TODAY - 60 * DAY, "state": "ended"},
        {"change": "start", "done_on": TODAY},
        Status.ENDED,
    ),
    "converted": (
        {"ends": E, "state": "converted", "converted_on": TODAY},
        {"change": "convert", "done_on": TODAY},
        Status.CONVERTED,
    ),
}
LISTED = {
    "steps open",
    "added",
    "asked",
    "extended",
    "services changed",
    "in grace",
    "cancelled",
}


def at_0005(url: str) -> tuple[Database, dict[str, int]]:
    """A database of the present release with a trial in every state; their ids."""
    database = Database(url)
    migrate_to(database, "0005")
    with database.writing() as connection:
        ours, trials = former.a_partner(connection), {}
        for number, (name, (trial, task, _)) in enumerate(FORMERLY.items()):
            todo = None if "done_on" in task else TODAY
            code = f"T-{number}"
            trials[name] = former.a_trial(connection, ours, code, todo_since=todo, **trial)
            number = former.a_task(connection, trials[name], **task)
            topic = f"/task{number}"
            rang = {"settled_at": former.NOW, "outcome": "rang"}
            former.a_reminder(connection, trials[name], "hub+1", TODAY, topic=topic, **rang)
            former.a_reminder(connection, trials[name], "hub+3", TODAY, topic=topic)
            former.a_reminder(connection, trials[name], "end", E)
    return database, trials


def test_what_was_recorded_counts_as_confirmed(empty_url: str) -> None:
    database, ids = at_0005(empty_url)
    database.migrate()
    with database.transaction() as session:
        for name, (_, task, shown) in FORMERLY.items():
            trial = lock(session, ids[name])
            assert trial is not None
            assert status(trial, TODAY) is shown, name
            open_now = [each.change for each in open_changes(trial)]
            waits = task["change"] in ("provision", "convert") and "done_on" not in task
            assert open_now == ([task["change"]] if waits else []), name
            assert trial.todo_since == (TODAY if waits else None)
            (row,) = trial.hub_tasks
            assert row.ticks
            assert row.done_on == task.get("done_on")
    database.close()


def test_steps_still_open_are_listed_once_and_nothing_rings_again(empty_url: str) -> None:
    database, ids = at_0005(empty_url)
    database.migrate()
    names = {number: name for name, number in ids.items()}
    with database.transaction() as session:
        for number in ids.values():
            trial = lock(session, number)
            assert trial is not None
            replan(session, trial, former.NOW)
        rows = session.exec(select(Reminder)).all()
        waiting = [row for row in rows if row.settled_at is None]
        listed = [row for row in waiting if row.kind == HUB_FORMER]
        assert sorted(names[row.trial_id or 0] for row in listed) == sorted(LISTED)
        assert not [row for row in waiting if row.kind in ("hub+1", "hub+3", HUB_WEEKLY)]
        assert len([row for row in rows if row.kind == "hub+1"]) == len(ids), "they rang"
        for row in listed:
            assert row.rings_at.astimezone(SOFIA).hour == 9
            row.settled_at = row.rang_at = row.rings_at
        last = max(row.rings_at for row in listed)
        for number in ids.values():
            trial = lock(session, number)
            assert trial is not None
            replan(session, trial, last + DAY)
        again = session.exec(select(Reminder).where(col(Reminder.settled_at).is_(None)))
        assert HUB_FORMER not in {row.kind for row in again}
    database.close()


def test_a_change_that_the_former_release_writes_meanwhile_counts_as_confirmed(
    empty_url: str,
) -> None:
    database, ids = at_0005(empty_url)
    database.migrate()
    with database.writing() as connection:
        former.a_task(connection, ids["started"], "extend", facts={"days": 30})
    with database.transaction() as session:
        trial = lock(session, ids["started"])
        assert trial is not None
        assert open_changes(trial) == []
    database.close()


def test_a_task_keeps_its_id_for_itself_after_the_migration(empty_url: str) -> None:
    database, ids = at_0005(empty_url)
    database.migrate()
    with database.writing() as connection:
        last = former.a_task(connection, ids["started"], "of a newer release")
        connection.execute(text("DELETE FROM hub_task WHERE id = :id"), {"id": last})
        assert former.a_task(connection, ids["started"], "extend") > last
    database.close()


def everything_of(connection: Connection, name: str) -> dict[str, Any]:
    """A table's rows, and its columns, keys and indexes as the database reports them."""
    there = inspect(connection)
    made = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = :name",
    }[connection.dialect.name]
    rows = connection.execute(text(f"SELECT * FROM {name} ORDER BY id")).mappings()
    return {
        "rows": [dict(row) for row in rows],
        "indexes": sorted(map(str, connection.scalars(text(made), {"name": name}))),
        "keys": sorted(map(str, there.get_foreign_keys(name))),
        "primary": there.get_pk_constraint(name)["constrained_columns"],
        "unique": sorted(str(each["column_names"]) for each in there.get_unique_constraints(name)),
        "columns": [
            (each["name"], str(each["type"]), each["nullable"]) for each in there.get_columns(name)
        ],
    }
