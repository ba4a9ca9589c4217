"""The log: what it says of a failing statement, and what it keeps to itself."""

import json
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError
from structlog import PrintLogger, wrap_logger

import bot.observe  # noqa: F401  (it sets up the log)
from store.database.database import Database
from store.tables import Flag

FLAGS = Flag.metadata.tables["flag"]
SECRET = "clara@meadow.example"


def twice(connection: Connection) -> None:
    """PostgreSQL quotes the value: `Key (name)=(…) already exists`."""
    for _ in range(2):
        connection.execute(insert(FLAGS).values(name=SECRET, value={"why": SECRET}))


def misread(connection: Connection) -> None:
    """PostgreSQL quotes the value: `invalid input syntax for type integer: "…"`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT CAST(CAST(:typed AS text) AS integer)"), {"typed": SECRET})
    connection.execute(text("SELECT no_such_function(:typed)"), {"typed": SECRET})


def missing(connection: Connection) -> None:
    connection.execute(select(text("nothing")).where(FLAGS.c.name == bindparam("n")), {"n": SECRET})


@pytest.mark.parametrize("fail", [twice, misread, missing])
def test_a_failing_statement_is_logged_without_its_values(database: Database, fail: Any) -> None:
    with pytest.raises(DBAPIError) as caught, database.writing() as connection:
        fail(connection)
    heard = StringIO()
    try:
        raise ValueError("the round failed") from caught.value
    except ValueError as error:
        wrap_logger(PrintLogger(heard)).error("failed", exc_info=error)
    line = heard.getvalue()
    assert SECRET not in line
    assert SECRET not in str(caught.value).partition("[SQL")[2]
    [outer, inner, *_] = json.loads(line)["exception"]
    assert outer["exc_value"] == "the round failed"
    assert inner["exc_type"] == type(caught.value).__name__
    assert "[SQL: " in inner["exc_value"]
    assert inner["exc_value"].split(" [")[0]
