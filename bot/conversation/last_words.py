"""The last resort for an event that failed: one sentence with a code, sent without a handler."""

from datetime import datetime

from sqlalchemy import Connection

from bot.conversation.fetching import FETCHES
from cards.kit.words import N_
from store.queues import outbox
from store.queues.leases import Claimed
from store.say import Say, To

SORRY = N_("Something went wrong on my side. Please give my operator this code: {code}.")


def code_of(row: Claimed) -> str:
    """The reference code of an event, which the log has too."""
    return f"e{row.id}"


def say(connection: Connection, row: Claimed, *, now: datetime) -> None:
    """Queue the sentence, in English, in the room where somebody wrote or pressed.

    It needs only the event's row: turns, translations and addresses may be what failed.
    """
    if row.resource in FETCHES and row.room_id:
        sorry = Say(To.room(row.room_id), SORRY.format(code=code_of(row)))
        common = {"now": now, "bell": False, "event": code_of(row)}
        outbox.add(connection, [outbox.row_of(sorry, common)])
