"""Whom and where we know: asked of Webex once, remembered, refreshed now and then.

All times here are queue time.
"""

import threading
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from bot.failures import Undeliverable
from bot.ids import uuid_in
from bot.webex.gateway import Gateway
from store import people
from store.database.database import Database
from store.tables import Person, RoleRow, Space

FRESH = timedelta(hours=24)
KEPT = 20_000


class Acquaintances:
    """What this process remembers, so that a known person in a known room costs no call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seen: dict[str, datetime] = {}
        self._direct: dict[str, bool] = {}

    def meet(self, gateway: Gateway, webex_id: str, now: datetime) -> bool:
        """Ask Webex for somebody whom we haven't looked at for a day; false: we don't talk to bots.

        Whom Webex doesn't show us stays unknown.
        """
        if now - self._last_seen(webex_id, now) < FRESH:
            return True
        try:
            about = gateway.person(webex_id)
        except Undeliverable:
            return True
        if about.get("type") == "bot":
            return False
        with self._database.transaction() as session:
            person = people.meet(
                session,
                webex_id,
                emails=[str(email) for email in about.get("emails") or ()],
                name=str(about.get("displayName") or ""),
                org_id=str(about.get("orgId") or ""),
                now=now,
            )
            person.seen_at = now
        self._remember(self._seen, webex_id, now)
        return True

    def is_direct(self, gateway: Gateway, room_id: str) -> bool:
        """Whether a room is one to one."""
        known = self._direct.get(room_id)
        if known is None:
            known = gateway.room(room_id).get("type") == "direct"
            self.note_room(room_id, direct=known)
        return known

    def note_room(self, room_id: str, *, direct: bool) -> None:
        """Webex has just told what kind of room this is."""
        if room_id not in self._direct:
            self._remember(self._direct, room_id, direct)

    def former_id(self, room_id: str) -> str:
        """The id under which we know a room that Webex has moved; empty if we don't."""
        with self._database.reading() as session:
            rooms = session.exec(select(Space.room_id)).all()
        same = (room for room in rooms if room != room_id and uuid_in(room) == uuid_in(room_id))
        return next(same, "")

    def _last_seen(self, webex_id: str, now: datetime) -> datetime:
        seen = self._seen.get(webex_id)
        if seen is None:
            with self._database.reading() as session:
                known = people.known(session, webex_id)
            seen = (known.seen_at if known else None) or now - 2 * FRESH
            self._remember(self._seen, webex_id, seen)
        return seen

    def _remember(self, memory: dict[str, Any], key: str, value: object) -> None:
        with self._lock:
            if len(memory) >= KEPT:
                memory.pop(next(iter(memory)))
            memory[key] = value


def home_of(session: Session, person: Person) -> Space | None:
    """A person's first space: one to one it tells the time zone, and the language at first."""
    return session.exec(
        select(Space)
        .join(RoleRow, col(RoleRow.partner_id) == col(Space.partner_id))
        .where(col(RoleRow.person_id) == person.id)
        .order_by(col(Space.id))
        .limit(1)
    ).first()
