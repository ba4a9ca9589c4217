"""Catch up: put messages to the bot that were sent while nobody listened into the inbox."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from bot.clock import queue_now
from bot.engine.context import Context
from bot.failures import Undeliverable
from bot.observe import log
from bot.webex import identity
from bot.webex.gateway import Gateway
from cards.kit.words import Words
from store.queues import leases, outbox
from store.queues.inbox import Event, last_received, receive
from store.queues.leases import OUTBOX
from store.say import Say, To
from store.tables import Space

MARGIN = timedelta(minutes=5)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Room = dict[str, Any]


def after_silence(
    context: Context, gateway: Gateway, silent_since: datetime, *, tell: bool = True
) -> int:
    """Put missed mentions and direct messages into the inbox; return how many were new.

    It looks back to the last event or to `silent_since`, whichever is earlier, plus a margin.
    `silent_since` (queue time): since when no web door was open or webhooks were switched off.
    `tell`: tell spaces that were used since then that button presses may be missing.
    """
    now = context.calendar.now()
    silent_from = now - (queue_now() - silent_since)
    since = min(_last_event(context) or silent_from, silent_from) - MARGIN
    rooms = gateway.rooms(lambda room: _time(room.get("lastActivity")) >= since)
    missed = sum(_list(context, gateway, room, since, now) for room in rooms)
    if tell:
        _say_so(
            context,
            [room["id"] for room in rooms if _time(room.get("lastActivity")) > silent_from],
        )
    log.warning("caught up", rooms=len(rooms), missed=missed)
    return missed


def _last_event(context: Context) -> datetime | None:
    with context.database.reading() as session:
        return last_received(session.connection())


def _list(context: Context, gateway: Gateway, room: Room, since: datetime, now: datetime) -> int:
    direct = room.get("type") == "direct"
    try:
        found = gateway.mentions(
            room["id"], lambda message: _time(message.get("created")) >= since, direct=direct
        )
    except Undeliverable:
        return 0
    me = identity.remembered(context.database)
    events = [
        _event(room, message) for message in found if not (me and me.is_me(message["personId"]))
    ]
    if not events:
        return 0
    # Oldest first, as they would have come; each on its own, so that nothing comes in between.
    new = [_take_in(context, event, now) for event in reversed(events)]
    context.wake.ring()
    return sum(new)


def _take_in(context: Context, event: Event, now: datetime) -> bool:
    with context.database.writing() as connection:
        return receive(connection, event, received_at=now, now=queue_now()) is not None


def _event(room: Room, message: dict[str, Any]) -> Event:
    data = {"roomType": room.get("type"), "created": message.get("created")}
    return Event("messages", "created", message["id"], message["personId"], room["id"], data)


def _say_so(context: Context, room_ids: Iterable[str]) -> None:
    used = select(Space).where(col(Space.room_id).in_(list(room_ids)), Space.state == "linked")
    with context.database.transaction() as session:
        says = [Say(To.room(space.room_id), _sorry(space)) for space in session.exec(used)]
        if says:
            outbox.put(session, says, now=queue_now())
            leases.wake(session.connection(), OUTBOX)
    if says:
        context.wake.ring()


def _sorry(space: Space) -> str:
    words = Words(space.language)
    return words(
        "I was away for a while. I've found your messages, but may have missed button presses."
        " Press again if nothing happened."
    )


def _time(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
