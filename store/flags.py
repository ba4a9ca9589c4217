"""Facts about the installation, safe to write from several processes at once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session, col, delete, select

from store.database.upsert import insert_new, upsert
from store.tables import Flag

HELD = "held"
"""Sending is on hold until an operator releases it (`trialbot hold`, `trialbot release`)."""

FLAGS: Table = Flag.metadata.tables["flag"]


def remember(session: Session, name: str, value: Mapping[str, Any] | None = None) -> None:
    """Store a fact, or overwrite it."""
    upsert(session.connection(), FLAGS, {"name": name, "value": dict(value or {})})


def agree(session: Session, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Store a fact unless it exists; return the value that applies to everybody."""
    new = {"name": name, "value": dict(value)}
    session.exec(insert_new(session.connection(), FLAGS), params=new)
    return session.exec(select(Flag.value).where(col(Flag.name) == name)).one()


def once(session: Session, name: str) -> bool:
    """Store a fact; whether it is new."""
    new = insert_new(session.connection(), FLAGS).returning(FLAGS.c.name)
    return bool(session.exec(new, params=[{"name": name, "value": {}}]).all())


def is_set(session: Session, name: str) -> bool:
    """Whether a fact is stored."""
    return session.get(Flag, name) is not None


def forget(session: Session, name: str) -> None:
    """Delete a fact."""
    session.exec(delete(Flag).where(col(Flag.name) == name))
