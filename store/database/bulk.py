"""Many rows or values in one statement, as one JSON parameter.

With a parameter for each value, most of the time is spent in Python, where no other thread runs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    TextClause,
    any_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapped

from store.database.json_text import json_text

AT_ONCE = 1000
"""How many rows one statement gets."""


def add_all(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows with the same columns, some at a time, so that they are never all in memory."""
    dialect, waiting = connection.dialect, iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        columns = [table.c[name] for name in some[0]]
        parameter = {"rows": _json(some, columns, dialect)}
        connection.execute(_insert(table, columns, dialect), parameter)


def among(
    connection: Connection, column: Mapped[str], texts: Collection[str]
) -> ColumnElement[bool]:
    """Whether a column is one of many texts: a condition for a statement on this connection."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(json_text(list(texts))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(literal(list(texts), ARRAY(Text)))


def _insert(table: Table, columns: Sequence[Column[Any]], dialect: Dialect) -> TextClause:
    quoted = dialect.identifier_preparer.quote
    into, names = quoted(table.name), ", ".join(quoted(column.name) for column in columns)
    if dialect.name == "sqlite":
        values = ", ".join(f"json_extract(value, '$.{column.name}')" for column in columns)
        source = f"SELECT {values} FROM json_each(:rows)"
    else:
        each = f"json_populate_recordset(CAST(NULL AS {into}), CAST(:rows AS json))"
        source = f"SELECT {names} FROM {each}"
    return text(f"INSERT INTO {into} ({names}) {source}")


def _json(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column[Any]], dialect: Dialect
) -> str:
    """Rows as JSON, each value as its column stores it."""
    stores = [
        (column.name, stored)
        for column in columns
        if not isinstance(column.type, JSON)
        and (stored := column.type.dialect_impl(dialect).bind_processor(dialect))
    ]
    return json_text([{**row, **{name: to(row[name]) for name, to in stores}} for row in rows])
