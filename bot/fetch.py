"""What an event means: fetched from Webex by id, before any transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.acquaint import Acquaintances
from bot.clock import queue_now
from bot.failures import Undeliverable
from bot.hear import Heard, said, understand
from bot.identity import Identity
from bot.routes import Happening, When, happenings, presses
from bot.webex.gateway import Gateway
from cards.forms import form_of
from store.queues.leases import Claimed

_MEMBERSHIPS = {
    ("created", True): Happening.BOT_ADDED,
    ("created", False): Happening.MEMBER_ADDED,
    ("deleted", True): Happening.BOT_REMOVED,
    ("deleted", False): Happening.MEMBER_REMOVED,
}
_ROOMS = {"updated": Happening.ROOM_CHANGED, "migrated": Happening.ROOM_MIGRATED}


@dataclass(frozen=True, slots=True)
class Told:
    """An event with all that its turn needs; `person_id` is whom Webex says, never a card."""

    room_id: str
    direct: bool
    person_id: str = ""
    message_id: str = ""
    parent_id: str | None = None
    heard: Heard | None = None
    inputs: Mapping[str, Any] | None = None
    happened: tuple[When, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    fetched: Mapping[str, Any] = field(default_factory=dict)


def fetch(row: Claimed, gateway: Gateway, known: Acquaintances, me: Identity) -> Told | None:
    """Fetch an event; None if it is nothing that we answer. Raises `Again` and `Undeliverable`."""
    match row.resource:
        case "messages":
            return _word(row, gateway, known, me)
        case "attachmentActions":
            return _press(row, gateway, known)
        case "memberships":
            kind = _MEMBERSHIPS.get((row.event, row.person_id == me.person_id))
        case "rooms":
            kind = _ROOMS.get(row.event)
        case _:
            kind = None
    data = row.data
    if kind is Happening.ROOM_MIGRATED and "migratedFrom" not in data:
        data = data | {"migratedFrom": known.former_id(row.object_id)}
    return _happening(row, gateway, kind, data) if kind else None


def _word(row: Claimed, gateway: Gateway, known: Acquaintances, me: Identity) -> Told | None:
    message = gateway.message(row.object_id)
    person_id, room_id = str(message["personId"]), str(message["roomId"])
    direct = message.get("roomType") == "direct"
    known.note_room(room_id, direct=direct)
    if person_id == me.person_id or not known.meet(gateway, person_id, queue_now()):
        return None
    heard = understand(said(message, me))
    needs = heard.command.needs if heard.command else frozenset()
    return Told(
        room_id,
        direct,
        person_id,
        message_id=row.object_id,
        parent_id=message.get("parentId"),
        heard=heard,
        fetched=needed(needs, gateway, room_id, message.get("files")),
    )


def _press(row: Claimed, gateway: Gateway, known: Acquaintances) -> Told | None:
    action = gateway.action(row.object_id)
    person_id, room_id = str(action["personId"]), str(action["roomId"])
    if not known.meet(gateway, person_id, queue_now()):
        return None
    inputs = action.get("inputs") or {}
    form = form_of(inputs)
    route = presses.get(form.key) if form else None
    return Told(
        room_id,
        known.is_direct(gateway, room_id),
        person_id,
        message_id=str(action["messageId"]),
        inputs=inputs,
        fetched=needed(route.needs if route else frozenset(), gateway, room_id, None),
    )


def _happening(row: Claimed, gateway: Gateway, kind: Happening, data: Mapping[str, Any]) -> Told:
    listeners = tuple(happenings[kind])
    needs = frozenset[str]().union(*(listener.needs for listener in listeners))
    return Told(
        row.room_id,
        data.get("roomType", data.get("type")) == "direct",
        happened=listeners,
        data=data,
        fetched=needed(needs, gateway, row.room_id, None),
    )


def needed(
    needs: frozenset[str], gateway: Gateway, room_id: str, files: list[str] | None = None
) -> dict[str, Any]:
    """What a route needs of a room, by its name. Raises `Again` and `Undeliverable`."""
    fetched: dict[str, Any] = {}
    if "room" in needs:
        fetched["room"] = gateway.room(room_id)
    if "members" in needs:
        fetched["members"] = gateway.members(room_id)
    if "file" in needs:
        fetched["file"] = _file(gateway, files)
    return fetched


def _file(gateway: Gateway, files: list[str] | None) -> tuple[str, bytes] | None:
    """The first file of a message; what can't be read is as good as none."""
    try:
        return gateway.file(files[0]) if files else None
    except Undeliverable:
        return None
