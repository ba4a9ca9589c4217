"""Fetch an event from Webex: what somebody wrote or pressed, who did, and what its route needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation.missing import Missing
from bot.failures import Again, Undeliverable
from bot.webex.gateway import Gateway
from store.queues.leases import Claimed
from store.rules.bots import is_bot

FETCHES = {"messages": "GET /messages", "attachmentActions": "GET /attachment/actions"}
"""The Webex call that fetches an event, by its resource."""

SCANNED = "423"
SCAN_TRIES = 6
"""Tries, about half a minute, after which a person is told that Webex still scans their file."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message or a button press as Webex shows it.

    `person`: its author, if requested and shown; `partly`: not by `GET /people`. `direct`: whether
    the room is direct (one-to-one), if requested.
    """

    content: Json
    person: Json | None = None
    direct: bool | None = None


def event(gateway: Gateway, row: Claimed, *, with_person: bool, with_room: bool) -> Fetched:
    """Fetch an event's content. Raises `Again` and `Undeliverable`.

    `with_person`, `with_room`: also its author or its room, because we don't know them yet.
    """
    look = gateway.message if row.resource == "messages" else gateway.action
    content = look(row.object_id)
    ask = with_person or content["personId"] != row.person_id
    person = _person(gateway, content) if ask else None
    direct = _is_direct(gateway, str(content["roomId"])) if with_room else None
    return Fetched(content, person, direct)


def _person(gateway: Gateway, content: Json) -> Json | None:
    """The author; if Webex doesn't show them to us, what the event or the room shows of them.

    None if neither shows an address.
    """
    try:
        return gateway.person(str(content["personId"]))
    except Undeliverable:
        about = content if content.get("personEmail") else _membership(gateway, content)
    email = str(about.get("personEmail") or "")
    if not email:
        return None
    known = {"displayName": about.get("personDisplayName"), "orgId": about.get("personOrgId")}
    kind = "bot" if is_bot(email) else "person"
    return {"id": content["personId"], "emails": [email], "type": kind, **known, "partly": True}


def _membership(gateway: Gateway, content: Json) -> Json:
    """The author as a member of the room; a press shows no address."""
    try:
        members = gateway.members(str(content["roomId"]))
    except Undeliverable:
        return {}
    return next((each for each in members if each.get("personId") == content["personId"]), {})


def _is_direct(gateway: Gateway, room_id: str) -> bool:
    return gateway.room(room_id).get("type") == "direct"


def needed(
    needs: frozenset[str],
    gateway: Gateway,
    room_id: str,
    files: tuple[str, ...] = (),
    *,
    tries: int = 0,
) -> dict[str, Any]:
    """Fetch what a route needs, by name. Raises `Again` and `Undeliverable`."""
    fetched: dict[str, Any] = {}
    if "room" in needs:
        fetched["room"] = gateway.room(room_id)
    if "members" in needs:
        fetched["members"] = gateway.members(room_id)
    if "file" in needs:
        fetched["file"], fetched["files"] = _file(gateway, files, tries), len(files)
    return fetched


def _file(
    gateway: Gateway, files: tuple[str, ...], tries: int
) -> tuple[str, bytes] | Missing | None:
    """The only file of a message; None if there is none or several. Raises `Again`."""
    try:
        return gateway.file(files[0]) if len(files) == 1 else None
    except Undeliverable as refused:
        return Missing(refused.status)
    except Again as again:
        if again.why != SCANNED or tries < SCAN_TRIES:
            raise
        return Missing(int(SCANNED))
