"""Remembered facts of the installation, which any number of processes may write at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store.tables import Flag

FLAGS: Table = Flag.metadata.tables["flag"]
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert(FLAGS), "postgresql": postgresql.insert(FLAGS)}


def remember(session: Session, name: str, value: Mapping[str, Any] | None = None) -> None:
    """Write a fact, or write it anew."""
    row = _INSERTS[session.get_bind().dialect.name].values(name=name, value=dict(value or {}))
    newest = {"value": row.excluded.value}
    session.connection().execute(row.on_conflict_do_update(index_elements=["name"], set_=newest))


def agree(session: Session, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a fact unless somebody has; what holds for everybody."""
    row = _INSERTS[session.get_bind().dialect.name].values(name=name, value=dict(value))
    connection = session.connection()
    connection.execute(row.on_conflict_do_nothing())
    there: Mapping[str, Any] = connection.execute(
        select(FLAGS.c.value).where(FLAGS.c.name == name)
    ).scalar_one()
    return there
