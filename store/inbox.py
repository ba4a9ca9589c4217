"""What Webex tells us, held under a unique key until its effect is committed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from store.queue import INBOX, Claimed, Lease, in_turn, leased, leased_if_first, wake


def _insert(dialect: Any) -> Any:
    row = dialect.insert(INBOX).values(leased_if_first(INBOX))
    return row.on_conflict_do_nothing().returning(*INBOX.c)


_INSERTS = {"sqlite": _insert(sqlite), "postgresql": _insert(postgresql)}


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
    connection: Connection,
    event: Event,
    *,
    received_at: datetime,
    now: datetime,
    lease: Lease | None = None,
) -> Claimed | None:
    """Store an event; its row, or None if it was told before.

    `received_at`: calendar time, the event's own `now` for ever. `now`: queue time. `lease`: the
    row gets it unless an event before it in its lane is open; who gets none is to be claimed.
    """
    row: dict[str, Any] = {
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
    in_turn(connection, [row["lane"]])
    insert = _INSERTS[connection.dialect.name]
    stored = connection.execute(insert, leased(row, lease)).one_or_none()
    if stored is not None and stored.lease is None:
        wake(connection, INBOX)
    return stored
