"""Which people and rooms we know: asked of Webex once, remembered, refreshed once a day.

All times here are queue time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from bot.webex.ids import uuid_in
from store.features.shared import people
from store.tables import Space

FRESH = timedelta(hours=24)
KEPT = 20_000

T = TypeVar("T")


class Acquaintances:
    """What the desk remembers, so that a known person in a known room costs no call."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}
        self._direct: dict[str, bool] = {}

    def remembers(self, webex_id: str, now: datetime) -> bool:
        """Whether we know without asking the database that we looked at somebody within a day."""
        return now - self._seen.get(webex_id, now - FRESH) < FRESH

    def look_up(self, session: Session, webex_id: str) -> None:
        """Remember when the database says that we last looked at somebody."""
        known = people.known(session, webex_id)
        if known and known.seen_at:
            _remember(self._seen, webex_id, known.seen_at)

    def meet(self, session: Session, about: Mapping[str, Any], now: datetime) -> None:
        """Remember somebody as Webex shows them."""
        person = people.meet(
            session,
            str(about["id"]),
            emails=[str(email) for email in about.get("emails") or ()],
            name=str(about.get("displayName") or ""),
            org_id=str(about.get("orgId") or ""),
            now=now,
        )
        person.seen_at = now

    def met(self, webex_id: str, now: datetime) -> None:
        """What `meet` wrote is committed."""
        _remember(self._seen, webex_id, now)

    def is_direct(self, room_id: str) -> bool | None:
        """Whether a room is one to one, if we know."""
        return self._direct.get(room_id)

    def note_room(self, room_id: str, *, direct: bool) -> None:
        """Webex has just told what kind of room this is."""
        _remember(self._direct, room_id, direct)


def _remember(memory: dict[str, T], key: str, value: T) -> None:
    if len(memory) >= KEPT:
        memory.pop(next(iter(memory)))
    memory[key] = value


def former_id(session: Session, room_id: str) -> str:
    """The id under which we know a room that Webex has moved; empty if we don't."""
    rooms = session.exec(select(col(Space.room_id))).all()
    same = (room for room in rooms if room != room_id and uuid_in(room) == uuid_in(room_id))
    return next(same, "")
