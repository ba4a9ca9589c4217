"""The inbox: what Webex tells us, held under a unique key until its effect is committed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from store.database.upsert import insert_new
from store.queues import leases
from store.queues.leases import INBOX, Claimed


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its webhook told it; a message's text and a press's inputs aren't in it."""

    resource: str
    event: str
    object_id: str
    person_id: str = ""
    room_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes it this event, where the same id comes back.

        A membership's does when somebody is added again; a room's whenever something changes.
        """
        again = {"memberships": "created", "rooms": "lastActivity"}.get(self.resource)
        when = f"/{self.data.get(again, '')}" if again else ""
        return f"{self.resource}/{self.event}/{self.object_id}{when}"

    @property
    def lane(self) -> str:
        """What is answered in order: what a person says in a room."""
        return f"{self.room_id}/{self.person_id}"


def receive(
    connection: Connection, event: Event, *, received_at: datetime, now: datetime
) -> int | None:
    """Store an event; its number, or None if it was told before.

    `received_at`: calendar time, the event's own `now` for ever. `now`: queue time.
    """
    _take_turn(connection, event.lane)
    row = {
        "lane": event.lane,
        "due": now,
        "attempts": 0,
        "created_at": now,
        "outcome": "",
        "error": "",
        "key": event.key,
        "resource": event.resource,
        "event": event.event,
        "object_id": event.object_id,
        "person_id": event.person_id,
        "room_id": event.room_id,
        "data": event.data,
        "received_at": received_at,
    }
    number: int | None = connection.scalar(insert_new(connection, INBOX).returning(INBOX.c.id), row)
    if number is not None:
        leases.wake(connection, INBOX)
    return number


def _take_turn(connection: Connection, lane: str) -> None:
    """Let the events of a lane become visible in the order of their numbers.

    PostgreSQL gives numbers before the commit: without this a later row of a lane could be seen
    first. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lane, 0))))


def claim(
    connection: Connection,
    *,
    token: str,
    now: datetime,
    until: datetime,
    limit: int,
    paused: Collection[str] = (),
) -> list[Claimed]:
    """Claim the oldest events whose lane is free; none of the `paused` resources."""
    given = {"limit": limit, "paused": list(paused)}
    return leases.claim(connection, _CLAIM, token=token, now=now, until=until, **given)


_CLAIM = leases.heads(INBOX, INBOX.c.resource.not_in(bindparam("paused", expanding=True)))


def last_received(connection: Connection) -> datetime | None:
    """When the newest event came, in calendar time."""
    newest = select(INBOX.c.received_at).order_by(INBOX.c.id.desc()).limit(1)
    found: datetime | None = connection.scalar(newest)
    return found
