"""The inbox: events from Webex, stored under a unique key until their effect is committed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from store.database.upsert import insert_new
from store.queues import leases
from store.queues.leases import INBOX, Claimed
from store.rules.spelling import webex_id


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its webhook reports it, without a message's text or a press's inputs."""

    resource: str
    event: str
    object_id: str
    person_id: str = ""
    room_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The unique key of the event, whichever way Webex spells its id, even if it reuses it.

        A membership's id returns when somebody is added again; a room's, whenever the room changes.
        """
        again = {"memberships": "created", "rooms": "lastActivity"}.get(self.resource)
        when = f"/{self.data.get(again, '')}" if again else ""
        return f"{self.resource}/{self.event}/{webex_id(self.object_id)}{when}"

    @property
    def lane(self) -> str:
        """The lane of events handled in order: one person in one room."""
        return f"{self.room_id}/{self.person_id}"


def receive(
    connection: Connection, event: Event, *, received_at: datetime, now: datetime
) -> int | None:
    """Store an event; return its number, or None for a duplicate.

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
    """Make a lane's events visible in the order of their numbers.

    PostgreSQL assigns numbers before the commit, so a later row could become visible first. SQLite
    has only one writer.
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
    """Claim the oldest events whose lane is free, except those of `paused` resources."""
    given = {"limit": limit, "paused": list(paused)}
    return leases.claim(connection, _CLAIM, token=token, now=now, until=until, **given)


_CLAIM = leases.heads(INBOX, INBOX.c.resource.not_in(bindparam("paused", expanding=True)))


def last_received(connection: Connection) -> datetime | None:
    """When the newest event arrived, in calendar time."""
    newest = select(INBOX.c.received_at).order_by(INBOX.c.id.desc()).limit(1)
    found: datetime | None = connection.scalar(newest)
    return found
