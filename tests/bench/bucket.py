"""Webex accepts 30 messages a second: how fast reminders leave, and how long people wait.

Each reminder rings alone, as it does after failing together with others, so each is a message.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update
from sqlmodel import col, select

from bot.clock import queue_now, ticks
from store.database.database import Database
from store.features.expiry import END_MINUS_14, GRACE_15, GRACE_27, GRACE_30
from store.tables import Person, Reminder, Space, Trial
from tests.bench.figures import Figure
from tests.bench.rig import Rig, answered, percentile, replies, rig, say, wait_for
from tests.bench.stock import PARTNERS, SPACES, settle_in, today
from tests.store.crowd import fill

RATE = 30
ALONE = 2
"""Attempts after which a reminder rings alone."""

RINGING = (END_MINUS_14, GRACE_15, GRACE_27, GRACE_30)
"""Reminders that mention nobody by name and write nothing."""


def bucket(reminders: int, runs: int) -> Iterator[Figure]:
    """Ring reminders in 500 spaces while a person asks for one trial after another."""
    found = [_run(reminders) for _ in range(runs)]
    where = f"sqlite, {reminders:,} reminders"
    shares = [100 * one.share for one in found]
    slowest = [max(one.waits) for one in found]
    middle = [percentile(one.waits, 0.5) / 1000 for one in found]
    told = f"{found[0].refused:,} times 429"
    yield Figure(f"share of {RATE} messages a second", where, shares, "%", "≥ 80 %", told)
    yield Figure("a person's slowest answer meanwhile", where, slowest, "s", "≤ 5 s")
    yield Figure("a person's answer meanwhile, p50", where, middle, "s", "≤ 5 s")


@dataclass
class _Found:
    share: float = 0.0
    refused: int = 0
    waits: Sequence[float] = field(default_factory=list)


def _run(reminders: int) -> _Found:
    with rig() as webex:
        database = Database(webex.database_url)
        codes = _prepare(webex, database, reminders)
        webex.start_bot("run")
        limit = {"match": "POST /v1/messages", "kind": "bucket", "rate": RATE}
        webex.tell("faults", **limit)
        before = _posts(webex)
        began = ticks()
        _ring(database, reminders)
        every = max(1.0, 1.5 * reminders / RATE / len(codes))
        with _somebody(webex, codes, every) as asked:
            wait_for(lambda: _sent(webex) - before[200] >= reminders + len(asked), "stuck", 1200)
            took = ticks() - began
            after = _posts(webex)
        answered(webex)
        waits = replies(webex, set(asked))
        database.close()
    return _Found((after[200] - before[200]) / took / RATE, after[429] - before[429], waits)


def _prepare(webex: Rig, database: Database, reminders: int) -> list[str]:
    """Create live trials in the sandbox's rooms; the codes that Nora may see in the first room."""
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
        room = session.exec(select(Space.room_id).where(Space.id == 1)).one()
        webex.rooms = [room]
        return list(session.exec(select(Trial.code).where(Trial.partner_id == 1)))


def _ring(database: Database, reminders: int) -> None:
    """Make one reminder of each trial due, to ring alone."""
    one_a_trial = (
        select(func.min(Reminder.id))
        .where(col(Reminder.settled_at).is_(None), col(Reminder.kind).in_(RINGING))
        .group_by(col(Reminder.trial_id))
        .order_by(func.min(Reminder.id))
        .limit(reminders)
    )
    with database.transaction() as session:
        soon = {"rings_at": queue_now() - timedelta(seconds=1), "attempts": ALONE}
        due: Any = session.exec(
            update(Reminder).where(col(Reminder.id).in_(one_a_trial.scalar_subquery())).values(soon)
        )
        assert due.rowcount == reminders


@contextmanager
def _somebody(webex: Rig, codes: Sequence[str], every: float) -> Iterator[list[str]]:
    """Nora asks for another trial every `every` seconds; the IDs of her messages so far.

    She asks for each trial once, because a newer card of a trial replaces the older one.
    """
    asked: list[str] = []
    enough = threading.Event()

    def ask() -> None:
        for code in codes:
            if enough.wait(every):
                return
            asked.append(say(webex, 0, f"show {code}"))

    thread = threading.Thread(target=ask)
    thread.start()
    yield asked
    enough.set()
    thread.join()


def _sent(webex: Rig) -> int:
    return _posts(webex)[200]


def _posts(webex: Rig) -> dict[int, int]:
    """How many messages of the bot Webex accepted (200) and refused as too many (429)."""
    counts = {200: 0, 429: 0}
    for call in webex.ask("requests"):
        if (call["method"], call["path"]) == ("POST", "/v1/messages"):
            counts[call["status"]] = counts.get(call["status"], 0) + call["count"]
    return counts
