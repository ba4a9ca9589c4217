"""Webex's limits on a kind of call (`POST /messages`; `*` for all), shared by all processes.

All times are queue time.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, delete, select, update

from store.database.upsert import upsert
from store.tables import Pause

PAUSES: Table = Pause.metadata.tables["pause"]
ALL = "*"


@dataclass(frozen=True, slots=True)
class Limit:
    """A stop until `until`; or, with a `rate`, that many calls a second from `until` on."""

    call: str
    until: datetime
    reason: str
    rate: float | None = None


def all_limits(connection: Connection) -> list[Limit]:
    """Every known limit."""
    return [Limit(**row._mapping) for row in connection.execute(_ALL_LIMITS)]


_ALL_LIMITS = select(PAUSES)


def limit(connection: Connection, limit: Limit) -> None:
    """Set a limit."""
    upsert(connection, PAUSES, asdict(limit))


def postpone(connection: Connection, call: str, *, seen: datetime, until: datetime) -> bool:
    """Extend a stop that ends at `seen`; false if another process changed it first."""
    ours = update(PAUSES).where(PAUSES.c.call == call, PAUSES.c.until == seen)
    return bool(connection.execute(ours.values(until=until)).rowcount)


def lift(connection: Connection, call: str) -> None:
    """Remove a call's limit, unless another process is changing it."""
    ours = select(PAUSES.c.call).where(PAUSES.c.call == call).with_for_update(skip_locked=True)
    connection.execute(delete(PAUSES).where(PAUSES.c.call.in_(ours)))


def bring_forward(connection: Connection, *, now: datetime, latest: datetime) -> None:
    """Let limits count from now that would count from later than `latest`."""
    connection.execute(update(PAUSES).where(PAUSES.c.until > latest).values(until=now))
