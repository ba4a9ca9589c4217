"""A busy morning: how long a person waits while 10,000 reminders of 500 spaces become messages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from sqlmodel import col, select

from bot.clock import ticks
from store.database.database import Database
from store.features.expiry import END_MINUS_7, GRACE_29
from store.tables import Reminder
from tests.bench.due import prepare, ring, somebody
from tests.bench.figures import Figure
from tests.bench.replies import SLOW, Place, emptied, places
from tests.bench.rig import answered, by_turns, replies, rig, wait_for

REMINDERS = 10_000
RINGING = (END_MINUS_7, GRACE_29)
"""Reminders that mention people, so that the space's members are fetched first."""

EVERY = 0.5
"""Seconds between two questions."""


def morning() -> Iterator[Figure]:
    """Seconds until the last reminder has become a message, and the slowest answer until then."""
    with places() as (sqlite, postgres, _):
        for place in (sqlite, postgres):
            for of, found in by_turns(partial(_run, place)):
                where = f"{place.name}, {REMINDERS:,} reminders{of}"
                took, slowest, asked = zip(*found, strict=True)
                told = f"{asked[0]} questions"
                yield Figure("reminders of 500 spaces into messages", where, took, "s", "≤ 60 s")
                yield Figure("slowest answer meanwhile", where, slowest, "s", "≤ 2 s", told)


def _run(place: Place) -> tuple[float, float, int]:
    """Seconds for the reminders, seconds of the slowest answer, and the number of questions."""
    with emptied(place) as url, rig(url) as webex:
        database = Database(webex.database_url)
        codes = prepare(webex, database, REMINDERS)
        webex.start_bot(*place.commands)
        webex.tell("faults", **SLOW)
        began = ticks()
        ring(database, REMINDERS, RINGING)
        with somebody(webex, codes, EVERY) as asked:
            wait_for(lambda: not _is_any_due(database), "the reminders never came to an end", 300)
            took = ticks() - began
        answered(webex)
        database.close()
        return took, max(replies(webex, set(asked))), len(asked)


def _is_any_due(database: Database) -> bool:
    with database.reading() as session:
        due = col(Reminder.settled_at).is_(None), col(Reminder.rings_at) <= datetime.now(UTC)
        return session.exec(select(Reminder.id).where(*due).limit(1)).first() is not None
