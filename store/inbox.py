"""What Webex tells us, held under a unique key until its effect is committed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite

from store.queue import INBOX, wake

_INSERTS = {
    "sqlite": sqlite.insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.id),
    "postgresql": postgresql.insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.id),
}

# Numbers are given before the commit: without this a later one of a lane could be seen first.
_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:lane, 0))")


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


def receive(
    connection: Connection, event: Event, *, received_at: datetime, now: datetime
) -> int | None:
    """Store an event; its number, or None if it was told before.

    `received_at`: calendar time, the event's own `now` for ever. `now`: queue time.
    """
    row = {
        "lane": f"{event.room_id}/{event.person_id}",
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
    if connection.dialect.name == "postgresql":
        connection.execute(_IN_TURN, {"lane": row["lane"]})
    number: int | None = connection.execute(
        _INSERTS[connection.dialect.name], row
    ).scalar_one_or_none()
    if number is not None:
        wake(connection, INBOX)
    return number
