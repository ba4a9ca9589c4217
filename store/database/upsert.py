"""Insert rows that another process may be inserting at the same moment."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_new(connection: Connection, table: Table) -> Any:
    """An INSERT that skips existing rows; callers may add `.returning(…)`."""
    return _INSERTS[connection.dialect.name](table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or update the one with the same primary key."""
    insert = _INSERTS[connection.dialect.name](table).values(dict(row))
    key = [column.name for column in table.primary_key]
    newest = {name: insert.excluded[name] for name in row if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=newest))
