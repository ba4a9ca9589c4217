"""Slots: a place in a room where one message stands; it is found by its address or by its room."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, and_, bindparam, insert, or_, select, update

from store.database.among import among
from store.database.together import OneByOne
from store.tables import Slot

SLOTS: Table = Slot.metadata.tables["slot"]
EDIT_LIMIT = 10


class Place(NamedTuple):
    """A slot: what its message is addressed to, its name, and the room that it came to stand in."""

    address: str
    name: str
    room_id: str


class Standing(NamedTuple):
    """The message that stands in a slot from now on.

    `edits`: how often it was edited. `line`: what it shrinks to. `written_by`: its letter.
    """

    message_id: str
    edits: int
    line: str
    written_by: int


def slot(connection: Connection, address: str, name: str, room_id: str = "") -> Row[Any] | None:
    """What stands in a slot; where its room isn't known, it is the one that is addressed."""
    room = room_id or address.removeprefix("room:")
    [stands] = slots(connection, [Place(address, name, room)])
    return stands


def slots(connection: Connection, places: Sequence[Place]) -> list[Row[Any] | None]:
    """What stands in several slots, in one statement. Raises `OneByOne` if two of them are one."""
    if not places:
        return []
    by_address = [(place.address, place.name) for place in places]
    by_room = [(place.room_id, place.name) for place in places]
    if not len(places) == len(set(by_address)) == len(set(by_room)):
        raise OneByOne
    addresses, names, rooms = map(list, zip(*places, strict=True))
    found = connection.execute(_SLOTS, {"at": addresses, "named": names, "rooms": rooms}).all()
    addressed = {(row.address, row.name): row for row in found}
    inside = {(row.room_id, row.name): row for row in found}
    return [addressed.get(a) or inside.get(r) for a, r in zip(by_address, by_room, strict=True)]


_NAMED = among(SLOTS.c.name, "named")
_SLOTS = select(*SLOTS.c).where(
    or_(
        and_(among(SLOTS.c.address, "at"), _NAMED),
        and_(among(SLOTS.c.room_id, "rooms"), _NAMED),
    )
)


def fill(
    connection: Connection,
    places: Sequence[Place],
    formers: Sequence[Row[Any] | None],
    standing: Sequence[Standing],
) -> None:
    """Let messages stand in slots, of which `slots` told the `formers`."""
    new, again = [], []
    for place, former, stands in zip(places, formers, standing, strict=True):
        values = stands._asdict() | {"room_id": place.room_id}
        if former:
            again.append(values | {"place": former.id})
        else:
            new.append(values | {"address": place.address, "name": place.name})
    if new:
        connection.execute(_NEW, new)
    if again:
        # In an order that all have: else two who fill the same slots could wait for each other.
        connection.execute(_AGAIN, sorted(again, key=itemgetter("place")))


def empty(connection: Connection, stands: Row[Any]) -> None:
    """Let nothing stand in a slot any more."""
    cleared = update(SLOTS).where(SLOTS.c.id == stands.id)
    connection.execute(cleared.values(message_id="", edits=0))


def move_room(connection: Connection, old: str, new: str) -> None:
    """Follow a room whose id Webex changed."""
    was, now_at = f"room:{old}", f"room:{new}"
    connection.execute(update(SLOTS).where(SLOTS.c.room_id == old).values(room_id=new))
    connection.execute(update(SLOTS).where(SLOTS.c.address == was).values(address=now_at))


_NEW = insert(SLOTS).returning(SLOTS.c.id)  # asked for an answer, it is one statement for all
_AGAIN = update(SLOTS).where(SLOTS.c.id == bindparam("place"))
