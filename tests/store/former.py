"""Rows as a former release wrote them, for tests of migrations."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Integer, MetaData, Table

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
LISTS = {"extension_days", "durations", "emails", "full_administrators", "meetings_options"}


def put(connection: Connection, name: str, /, **row: Any) -> int:
    """Insert a row into a table of that release; what is left out is empty. Returns its id."""
    table = Table(name, MetaData(), autoload_with=connection)
    empty = {
        column.name: _empty(column)
        for column in table.columns
        if not column.nullable and column.server_default is None and not column.primary_key
    }
    statement = table.insert().values(empty | row)
    return int(connection.execute(statement).inserted_primary_key[0])


def _empty(column: Any) -> Any:
    if column.name in LISTS:
        return []
    match column.type:
        case JSON():
            return {}
        case Boolean():
            return False
        case Integer():
            return 0
    return ""


def a_partner(connection: Connection) -> dict[str, int]:
    """A partner with a space in Sofia and an administrator; their ids."""
    partner = put(
        connection, "partner", name="Harbour", tier=1, extension_days=[30], created_at=NOW
    )
    space = put(
        connection,
        "space",
        partner_id=partner,
        room_id="room",
        time_zone="Europe/Sofia",
        reminder_hour=9,
        language="en",
        state="linked",
        linked_at=NOW,
    )
    person = put(connection, "person", email="tom@harbour.example", emails=["tom@harbour.example"])
    put(connection, "role", partner_id=partner, person_id=person, role="full", given_at=NOW)
    return {"partner_id": partner, "space_id": space, "started_by": person}


def a_trial(connection: Connection, ours: dict[str, int], code: str, **facts: Any) -> int:
    """A trial of a customer of its own, in Messaging; its id."""
    customer = put(
        connection,
        "customer",
        partner_id=ours["partner_id"],
        company=code,
        company_key=code.lower(),
        administrator=f"{code.lower()}@customer.example",
        domain="customer.example",
        country="BG",
        language="en",
    )
    about = {
        "code": code,
        "customer_id": customer,
        "kind": "new",
        "state": "active",
        "version": 1,
        "sorts_on": TODAY,
        "saved_on": TODAY,
        "first_day": TODAY,
        "duration": 30,
        "access": "unknown",
        "licences": 100,
        "set_up": "later",
        "customer_notices": True,
    }
    trial = put(connection, "trial", **(ours | about | facts))
    put(connection, "trial_service", trial_id=trial, service="messaging")
    return trial


def a_task(connection: Connection, trial: int, change: str, **facts: Any) -> int:
    """A change to make in Partner Hub, with one step ticked; its id."""
    ticks = {"open-customer": {"by": 1, "at": NOW.isoformat()}}
    about = {"change": change, "saved_on": TODAY, "ticks": ticks}
    return put(connection, "hub_task", trial_id=trial, **(about | facts))


def a_reminder(
    connection: Connection, trial: int, kind: str, anchor: date, *, topic: str = "", **facts: Any
) -> int:
    """A planned reminder; its id."""
    about = {
        "key": f"{trial}/{kind}/{anchor}{topic}",
        "lane": "space/1",
        "due": NOW - timedelta(days=400),
        "created_at": NOW,
        "trial_id": trial,
        "space_id": 1,
        "kind": kind,
        "anchor": anchor,
        "rings_at": NOW + timedelta(days=1),
    }
    return put(connection, "reminder", **(about | facts))
