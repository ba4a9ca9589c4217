"""Pauses that Webex asks for, by call (`POST /messages`; `*` for all): every process keeps them.

All times are queue time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, update

from store.database.upsert import upsert
from store.tables import Pause

PAUSES: Table = Pause.metadata.tables["pause"]
ALL = "*"


def all_pauses(connection: Connection) -> Sequence[Row[Any]]:
    """Each pause: its call, until when, and why."""
    return connection.execute(select(PAUSES)).all()


def pause(connection: Connection, call: str, *, until: datetime, why: str) -> None:
    """Hold a call back."""
    upsert(connection, PAUSES, {"call": call, "until": until, "reason": why})


def postpone(connection: Connection, call: str, *, seen: datetime, until: datetime) -> bool:
    """Prolong a pause that ends at `seen`; false if another process was faster."""
    ours = update(PAUSES).where(PAUSES.c.call == call, PAUSES.c.until == seen)
    return bool(connection.execute(ours.values(until=until)).rowcount)


def lift(connection: Connection, call: str) -> None:
    """Let a call go ahead again."""
    connection.execute(delete(PAUSES).where(PAUSES.c.call == call))
