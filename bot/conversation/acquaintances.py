"""Known people and rooms: fetched from Webex once and cached; people are refreshed daily.

All times here are queue time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from store.features.shared import people
from store.rules.spelling import webex_id
from store.tables import Space

FRESH = timedelta(hours=24)
KEPT = 20_000

T = TypeVar("T")


class Acquaintances:
    """The desk's cache: a known person in a known room costs no call."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}
        self._direct: dict[str, bool] = {}

    def remembers(self, webex_id: str, now: datetime) -> bool:
        """Whether the cache says that a person was fetched within the last day."""
        return now - self._seen.get(webex_id, now - FRESH) < FRESH

    def look_up(self, session: Session, webex_id: str) -> None:
        """Cache when, according to the database, a person was last fetched."""
        known = people.known(session, webex_id)
        if known and known.seen_at:
            _remember(self._seen, webex_id, known.seen_at)

    def meet(self, session: Session, about: Mapping[str, Any], now: datetime) -> None:
        """Store a person as Webex shows them; shown only partly, they keep what we know of them."""
        webex_id, partly = str(about["id"]), bool(about.get("partly"))
        known = people.known(session, webex_id)
        if partly and known and known.emails:
            return
        person = people.meet(
            session,
            webex_id,
            emails=[str(email) for email in about.get("emails") or ()],
            name=str(about.get("displayName") or ""),
            org_id=str(about.get("orgId") or ""),
            now=now,
        )
        person.seen_at = None if partly else now

    def met(self, webex_id: str, now: datetime) -> None:
        """Cache a person after `meet` was committed."""
        _remember(self._seen, webex_id, now)

    def is_direct(self, room_id: str) -> bool | None:
        """Whether a room is direct; None if unknown."""
        return self._direct.get(room_id)

    def note_room(self, room_id: str, *, direct: bool) -> None:
        """Cache whether a room is direct."""
        _remember(self._direct, room_id, direct)


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    if len(memory) >= KEPT:
        memory.pop(next(iter(memory)))
    memory[key] = value


def former_id(session: Session, room_id: str) -> str:
    """The id under which we know a room that Webex has migrated; empty if we don't."""
    rooms = session.exec(select(col(Space.room_id))).all()
    same = (room for room in rooms if room != room_id and webex_id(room) == webex_id(room_id))
    return next(same, "")
