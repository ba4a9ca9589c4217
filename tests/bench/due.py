"""Trials in 500 spaces whose reminders fall due at once, and a person who asks meanwhile."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update
from sqlmodel import col, select

from bot.clock import queue_now
from store.database.database import Database
from store.rules.reminder_kinds import ReminderKind
from store.tables import Person, Reminder, Space, Trial
from tests.bench.rig import Rig, say
from tests.bench.stock import PARTNERS, SPACES, settle_in, today
from tests.store.crowd import fill


def prepare(webex: Rig, database: Database, reminders: int) -> list[str]:
    """Create live trials in the sandbox's rooms; the codes that Nora may see in the rig's rooms."""
    database.migrate()
    fill(
        database,
        max(reminders * 3 // 2, 100 * PARTNERS),
        PARTNERS,
        spaces=SPACES,
        live=100,
        today=today(),
    )
    settle_in(webex, database)
    with database.transaction() as session:
        nora = session.get_one(Person, 1)
        nora.webex_id, nora.emails = webex.nora["personId"], [webex.nora["email"]]
        rooms = select(Space.room_id).where(Space.partner_id == 1).order_by(col(Space.id))
        webex.rooms = list(session.exec(rooms))
        return list(session.exec(select(Trial.code).where(Trial.partner_id == 1)))


def ring(
    database: Database, reminders: int, kinds: Sequence[ReminderKind], *, attempts: int = 0
) -> None:
    """Make one reminder of each trial due, as if it had been tried before."""
    one_a_trial = (
        select(func.min(Reminder.id))
        .where(col(Reminder.settled_at).is_(None), col(Reminder.kind).in_(kinds))
        .group_by(col(Reminder.trial_id))
        .order_by(func.min(Reminder.id))
        .limit(reminders)
    )
    with database.transaction() as session:
        soon = {"rings_at": queue_now() - timedelta(seconds=1), "attempts": attempts}
        due: Any = session.exec(
            update(Reminder).where(col(Reminder.id).in_(one_a_trial.scalar_subquery())).values(soon)
        )
        assert due.rowcount == reminders


@contextmanager
def somebody(webex: Rig, codes: Sequence[str], every: float) -> Iterator[list[str]]:
    """Nora asks for another trial every `every` seconds; the IDs of her messages so far.

    She asks for each trial once, because a newer card of a trial replaces the older one; and in one
    room after the other, because within a room her questions wait for each other.
    """
    asked: list[str] = []
    enough = threading.Event()

    def ask() -> None:
        for n, code in enumerate(codes):
            if enough.wait(every):
                return
            asked.append(say(webex, n % len(webex.rooms), f"show {code}"))

    thread = threading.Thread(target=ask)
    thread.start()
    yield asked
    enough.set()
    thread.join()
