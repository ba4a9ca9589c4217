"""Interpret events, from their webhook and from what Webex shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.conversation.hear import Heard, heard
from bot.conversation.routes import Happening, When, happenings, presses
from bot.webex.identity import Identity
from cards.kit.forms import form_of
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
    """An event with all that its turn needs; `person_id` comes from Webex, never from a card."""

    room_id: str
    direct: bool
    person_id: str = ""
    message_id: str = ""
    parent_id: str | None = None
    heard: Heard | None = None
    inputs: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    happened: tuple[When, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    fetched: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs(self) -> frozenset[str]:
        """What else its routes need to have fetched."""
        if self.happened:
            return frozenset[str]().union(*(listener.needs for listener in self.happened))
        if self.inputs is not None:
            form = form_of(self.inputs)
            route = presses.get(form.key) if form else None
            return route.needs if route else frozenset()
        return self.heard.command.needs if self.heard and self.heard.command else frozenset()


def word(message: Mapping[str, Any], me: Identity) -> Told:
    """Interpret a message."""
    return Told(
        str(message["roomId"]),
        message.get("roomType") == "direct",
        str(message["personId"]),
        message_id=str(message["id"]),
        parent_id=message.get("parentId"),
        heard=heard(message, me),
        files=tuple(message.get("files") or ()),
    )


def press(action: Mapping[str, Any], *, direct: bool) -> Told:
    """Interpret a button press, with its inputs."""
    return Told(
        str(action["roomId"]),
        direct,
        str(action["personId"]),
        message_id=str(action["messageId"]),
        inputs=action.get("inputs") or {},
    )


def happening(row: Claimed, me: Identity) -> Told | None:
    """Interpret a room event; None if it has no handler."""
    if row.resource == "memberships":
        kind = _MEMBERSHIPS.get((row.event, me.is_me(row.person_id)))
    else:
        kind = _ROOMS.get(row.event) if row.resource == "rooms" else None
    if kind is None or not happenings[kind]:
        return None
    direct = row.data.get("roomType", row.data.get("type")) == "direct"
    return Told(row.room_id, direct, happened=tuple(happenings[kind]), data=row.data)
