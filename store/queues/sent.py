"""What follows a sent message: it fills its slot, and the previous message there gives way."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, update
from sqlmodel import Session

from store.queues import outbox, slots
from store.queues.leases import OUTBOX, Claimed
from store.queues.outbox import Calls, deletion, row_of
from store.queues.slots import Place, Standing
from store.say import Say, To

LINE = 300


class Delivered(NamedTuple):
    """A message that Webex accepted, with its Webex id and its room."""

    letter: Claimed
    message_id: str
    room_id: str


def settle(connection: Connection, delivered: Delivered, *, now: datetime) -> bool:
    """Settle a message that Webex accepted; false if its lease was lost.

    It now fills its slot. A previous answer there is deleted, and so is a message with a file,
    which Webex doesn't let us edit; a previous reminder is shortened to one line.
    """
    letter, message_id, _ = delivered
    given = {"row": letter.id, "token": letter.lease, "stands": message_id, "at": now}
    if not connection.execute(_SENT, given).rowcount:
        return False
    former = _take_place(connection, delivered) if letter.slot else None
    outbox.add(connection, _what_follows(delivered, former, now))
    return True


_SENT = (
    update(OUTBOX)
    .where(
        OUTBOX.c.id == bindparam("row"),
        OUTBOX.c.lease == bindparam("token"),
        OUTBOX.c.settled_at.is_(None),
    )
    .values(
        settled_at=bindparam("at"),
        message_id=bindparam("stands"),
        outcome="sent",
        error="",
        lease=None,
        leased_until=None,
    )
)


def _take_place(connection: Connection, delivered: Delivered) -> Row[Any] | None:
    """Put a message into its slot; return what was there."""
    letter, message_id, room_id = delivered
    to_trial = letter.address.startswith("trial:")
    place = Place(f"room:{room_id}" if to_trial else letter.address, letter.slot, room_id)
    former = slots.slot(connection, *place)
    edited = former is not None and former.message_id == message_id
    edits = former.edits + 1 if former and edited else int(letter.call == "put")
    line = "" if letter.file_name else letter.text.partition("\n")[0][:LINE]
    stands = Standing(message_id, edits, line, letter.id, letter.owner)
    slots.fill(connection, place, former, stands)
    return former


def _what_follows(delivered: Delivered, former: Row[Any] | None, now: datetime) -> Calls:
    letter, message_id, room_id = delivered
    fresh = _row_after(letter, room_id, now)
    rows = []
    if letter.call == "post" and letter.message_id:
        rows.append(deletion(fresh, letter.message_id))
    if former and former.message_id not in ("", message_id, letter.message_id):
        rows.append(_give_way(fresh, former))
    return rows


def _row_after(letter: Claimed, room_id: str, now: datetime) -> dict[str, Any]:
    say = _nothing(f"room:{room_id}" if room_id else letter.address)
    row = row_of(say, {"now": now, "bell": letter.bell, "event": letter.event})
    return row | {"lane": letter.lane.partition("#")[0]}


def _nothing(address: str) -> Say:
    return Say(To(address), "")


def _give_way(row: dict[str, Any], former: Row[Any]) -> dict[str, Any]:
    if row["bell"] and former.line:
        return row | {"call": "put", "message_id": former.message_id, "text": former.line}
    return deletion(row, former.message_id)


def shrink(session: Session, address: str, names: Collection[str], *, now: datetime) -> None:
    """Shorten the reminders in slots to one line each, because a newer message covers them."""
    connection = session.connection()
    row = row_of(_nothing(address), {"now": now, "bell": True, "event": ""})
    for stands in slots.slots(connection, address, names).values():
        if stands.message_id:
            outbox.add(connection, [_give_way(row, stands)])
            slots.empty(connection, stands)
