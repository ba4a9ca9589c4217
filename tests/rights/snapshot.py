"""Every row of every table, to see what an event changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

Row = tuple[Any, ...]
Rows = Mapping[str, list[Row]]


def everything(connection: Connection) -> Rows:
    """All rows by table; read by the driver itself, because thousands of cells do it."""
    driver: Any = connection.connection.driver_connection
    tables = SQLModel.metadata.tables
    return {table: driver.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}


def columns(connection: Connection) -> dict[str, list[str]]:
    """The names of each table's columns, in the order of `everything`."""
    driver: Any = connection.connection.driver_connection
    return {
        table: [each[0] for each in driver.execute(f'SELECT * FROM "{table}"').description]
        for table in SQLModel.metadata.tables
    }


def changes(before: Rows, after: Rows) -> dict[str, tuple[list[Row], list[Row]]]:
    """By table, the rows that went and the rows that came; a changed row is both."""
    found = {}
    for table, rows in after.items():
        if rows == before[table]:
            continue
        gone = [row for row in before[table] if row not in rows]
        new = [row for row in rows if row not in before[table]]
        if gone or new:
            found[table] = (gone, new)
    return found
