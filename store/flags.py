"""Remembered facts of the installation, which any number of processes may write at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session

from store.database.upsert import insert_new, upsert
from store.tables import Flag

FLAGS: Table = Flag.metadata.tables["flag"]


def remember(session: Session, name: str, value: Mapping[str, Any] | None = None) -> None:
    """Write a fact, or overwrite it."""
    upsert(session.connection(), FLAGS, {"name": name, "value": dict(value or {})})


def agree(session: Session, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a fact unless it is there already; the value that holds for everybody."""
    connection = session.connection()
    connection.execute(insert_new(connection, FLAGS), {"name": name, "value": dict(value)})
    there: Mapping[str, Any] = connection.execute(
        select(FLAGS.c.value).where(FLAGS.c.name == name)
    ).scalar_one()
    return there
