"""What Webex tells us, held under a unique key until its effect is committed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from store.queues.leases import INBOX, Claimed, Lease, leased, leased_if_first, turn_of, woken


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
    announced: bool = True,
) -> Claimed | None:
    """Store an event; its row, or None if it was told before.

    `received_at`: calendar time, the event's own `now` for ever. `now`: queue time. `lease`: the
    row gets it unless an event before it in its lane is open; who gets none is to be claimed.
    PostgreSQL gives none, and of the row only the number, but all it does is one statement.
    `announced`: its commit wakes workers.
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
    if connection.dialect.name == "postgresql":
        return connection.execute(_INSERT_IN_TURN[announced], row).one_or_none()
    return connection.execute(_INSERT_LEASED, leased(row, lease)).one_or_none()


def last_received(connection: Connection) -> datetime | None:
    """When the newest event came, in calendar time."""
    newest = select(INBOX.c.received_at).order_by(INBOX.c.id.desc()).limit(1)
    found: datetime | None = connection.scalar(newest)
    return found


def _insert_in_turn(*told_to: Any) -> Any:
    """The number is given when the lane's turn has come."""
    told = [column for column in INBOX.c if column.name not in _NOT_TOLD]
    turn = turn_of(bindparam("lane")).cte("turn")
    row = select(*(bindparam(column.name, type_=column.type) for column in told))
    insert = postgresql.insert(INBOX).from_select(told, row.select_from(turn))
    return insert.on_conflict_do_nothing().returning(INBOX.c.id, INBOX.c.lease, *told_to)


_NOT_TOLD = ("id", "lease", "leased_until", "settled_at")
_INSERT_IN_TURN = {True: _insert_in_turn(woken(INBOX)), False: _insert_in_turn()}
_INSERT_LEASED = (
    sqlite.insert(INBOX).values(leased_if_first(INBOX)).on_conflict_do_nothing().returning(*INBOX.c)
)
