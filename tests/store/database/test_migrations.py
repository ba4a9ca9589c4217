"""Migrations create the tables that the program expects, on both databases."""

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from store.database.database import Database, migrations
from store.features.roles import give
from store.queues.inbox import Event, receive
from store.tables import Customer, History, Inbox, Reminder, Shipment, id_of
from store.terms import DeviceType, Role
from tests.databases import later_columns, migrate_to
from tests.store.cast import NOW, House, a_house, a_trial, meet


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
    """A database of the previous release, with a trial that has history and a reminder."""
    database = Database(url)
    migrate_to(database, "0003")
    with later_columns(database), database.transaction() as session:
        trial = a_trial(session, a_house(session))
        shipment = Shipment(trial_id=id_of(trial), type=DeviceType.PHONE)
        session.add(shipment)
        session.flush()
        for reminder in session.exec(select(Reminder)).all()[1:]:
            session.delete(reminder)
        session.exec(select(Reminder)).one().shipment_id = shipment.id
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
    assert found == {customers[0]: clara_id, customers[1]: None, 9: None}
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
