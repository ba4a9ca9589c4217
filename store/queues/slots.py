"""Slots: places in a room for one message each, found by address or by room."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, and_, bindparam, insert, or_, select, update

from store.tables import Slot

SLOTS: Table = Slot.metadata.tables["slot"]
EDIT_LIMIT = 10


class Place(NamedTuple):
    """A slot: the address of its message, its name, and the room where the message went."""

    address: str
    name: str
    room_id: str


class Standing(NamedTuple):
    """The message that fills a slot from now on.

    `edits`: how often it was edited. `line`: its one-line form. `written_by`: its outbox row.
    `owner`: the person whom it answers.
    """

    message_id: str
    edits: int
    line: str
    written_by: int
    owner: int | None


def slot(connection: Connection, address: str, name: str, room_id: str = "") -> Row[Any] | None:
    """The row of a slot, found by address, else by room (by default the one addressed)."""
    return slots(connection, address, [name], room_id).get(name)


def slots(
    connection: Connection, address: str, names: Collection[str], room_id: str = ""
) -> dict[str, Row[Any]]:
    """The rows of several slots by name, each found as `slot` does."""
    room = room_id or address.removeprefix("room:")
    found = connection.execute(_SLOTS, {"at": address, "named": list(names), "room": room}).all()
    return {row.name: row for row in sorted(found, key=lambda row: bool(row.address == address))}


_NAMED = SLOTS.c.name.in_(bindparam("named", expanding=True))
_SLOTS = select(*SLOTS.c).where(
    or_(
        and_(SLOTS.c.address == bindparam("at"), _NAMED),
        and_(SLOTS.c.room_id == bindparam("room"), _NAMED),
    )
)


def filled(connection: Connection, names: Collection[str]) -> set[str]:
    """Which of these slots, in any room, have or had a message."""
    return set(connection.scalars(select(SLOTS.c.name).where(SLOTS.c.name.in_(names))))


def rooms_of(connection: Connection, name: str) -> list[str]:
    """The rooms that have a slot of this name."""
    return list(connection.scalars(select(SLOTS.c.room_id).where(SLOTS.c.name == name)))


def address_of(connection: Connection, name: str) -> str | None:
    """The address to which the message of a slot was sent, if it was."""
    return connection.scalar(select(SLOTS.c.address).where(SLOTS.c.name == name).limit(1))


def went_to(connection: Connection, address: str, room_id: str) -> bool:
    """Whether a message to an address arrived in a room."""
    here = (SLOTS.c.address == address) & (SLOTS.c.room_id == room_id)
    return connection.scalar(select(SLOTS.c.id).where(here).limit(1)) is not None


def fill(connection: Connection, place: Place, former: Row[Any] | None, standing: Standing) -> None:
    """Put a message into a slot; `former`: what `slot` found there."""
    values = standing._asdict() | {"room_id": place.room_id}
    if former:
        connection.execute(_REFILL, values | {"former": former.id})
    else:
        connection.execute(_NEW, values | {"address": place.address, "name": place.name})


_NEW = insert(SLOTS)
_REFILL = update(SLOTS).where(SLOTS.c.id == bindparam("former"))


def empty(connection: Connection, stands: Row[Any]) -> None:
    """Empty a slot."""
    cleared = update(SLOTS).where(SLOTS.c.id == stands.id)
    connection.execute(cleared.values(message_id="", edits=0))


def owner_of(connection: Connection, message_id: str) -> int | None:
    """The owner of a message that fills a slot; None if it is everyone's or unknown."""
    owned = select(SLOTS.c.owner).where(
        SLOTS.c.message_id == message_id, SLOTS.c.owner.is_not(None)
    )
    return connection.scalars(owned).first()


def leave(connection: Connection, message_id: str, *, but: str | None) -> None:
    """Empty every slot that a message fills but this one, because it becomes another message.

    Otherwise the next message for such a slot would delete or shorten what it has become.
    """
    others = update(SLOTS).where(SLOTS.c.message_id == message_id)
    if but:
        others = others.where(SLOTS.c.name != but)
    connection.execute(others.values(message_id="", edits=0))


def move_room(connection: Connection, old: str, new: str) -> None:
    """Follow a room whose id Webex changed."""
    was, now_at = f"room:{old}", f"room:{new}"
    connection.execute(update(SLOTS).where(SLOTS.c.room_id == old).values(room_id=new))
    connection.execute(update(SLOTS).where(SLOTS.c.address == was).values(address=now_at))
