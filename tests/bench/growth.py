"""Growth: the same figures with 10,000 and 1,000,000 trials, a quarter of them live.

Measured as in the product: the claims of the queues, the handlers of the words, the operation
behind Save, and one `trialbot worker` that rings 10,000 reminders in 500 spaces while nothing
is sent.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psutil
from sqlalchemy import Connection, func
from sqlmodel import Session, col, delete, select, update

import bot.features  # noqa: F401
from bot.clock import queue_now
from bot.conversation.routes import commands
from bot.conversation.turn import Turn
from bot.engine.errands import CALLS
from cards.kit.words import Words
from store import flags
from store.database.database import Database
from store.features import settings, start
from store.features.customer_notices import CUSTOMER_END, CUSTOMER_MINUS_7
from store.features.expiry import (
    END,
    END_MINUS_7,
    END_MINUS_14,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
)
from store.queues import beats, inbox, leases, outbox, reminders
from store.tables import Outbox, Person, Reminder, Space, Trial
from store.terms import Filter, Kind, Service, State
from tests.bench.figures import Figure
from tests.bench.rig import rig, wait_for
from tests.bench.stock import ENGINES, PARTNERS, SPACES, settle_in, stocked

SIZES = (10_000, 1_000_000)
RUNS = 3
ABOUT = 20
"""Trials that people ask about, each once before it counts.

Reading a page for the first time costs what the disk costs, however many trials there are.
"""

TIMES = 60
"""Repetitions per run of things that take milliseconds; a run's value is their median."""

WITH_ALL = 165
"""Every 165th trial of a crowd has a site, an order number and a shipment."""

DUE = 10_000
LEASE = timedelta(seconds=30)
RINGING = (
    END_MINUS_14,
    END_MINUS_7,
    CUSTOMER_MINUS_7,
    END,
    CUSTOMER_END,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
)
"""Reminders that ring without writing a decision that depends on the date."""


def growth(sizes: Sequence[int] = SIZES, engines: Sequence[str] = ENGINES) -> Iterator[Figure]:
    """All figures, on both databases and with both numbers of trials."""
    for engine in engines:
        for trials in sizes:
            with stocked(engine, trials) as url:
                where = f"{engine}, {trials:,} trials"
                yield from _asked(url, where)
                yield from _ringing(url, where)


# ------------------------------------------------------------------ milliseconds


def _asked(url: str, where: str) -> Iterator[Figure]:
    database = Database(url, connections=2)
    for what, limit, do in _questions(database):
        for _ in range(ABOUT):
            do()
        runs = [_median_of(do) for _ in range(RUNS)]
        yield Figure(what, where, runs, "ms", limit)
    database.close()


def _median_of(do: Callable[[], float]) -> float:
    return median(do() for _ in range(TIMES)) * 1000


Question = tuple[str, str, Callable[[], float]]


def _questions(database: Database) -> Iterator[Question]:
    guests = _Guests(database, random.Random(4))
    for name, beat in (("claim", _claim), ("replan", _replan), ("prune", _prune)):
        yield f"{name}, with nothing to do", "≤ 5 ms", partial(_timed, beat, database)
    for name, rest in _words():
        word = name.partition(" ")[0]
        yield name, "≤ 50 ms", partial(guests.say, word, rest)
    yield "report", "≤ 1000 ms", partial(guests.say, "report", lambda trial: "")
    yield "save a trial", "≤ 50 ms", guests.save


def _timed(do: Callable[[Database], None], database: Database) -> float:
    began = time.perf_counter()
    do(database)
    return time.perf_counter() - began


def _claim(database: Database) -> None:
    """The claims of an idle round of the desk."""
    now = queue_now()
    given: dict[str, Any] = {"token": "desk1-1", "now": now, "until": now + LEASE, "limit": 48}
    letters = partial(outbox.claim, calls=list(CALLS), **given)
    claims: list[Callable[[Connection], Sequence[Any]]] = [
        partial(letters, of_reminders=False),
        partial(inbox.claim, **given),
        partial(reminders.claim, **given, calendar=now),
        partial(letters, of_reminders=True),
    ]
    with database.writing() as connection:
        assert not any(claim(connection) for claim in claims), "something is due"


def _replan(database: Database) -> None:
    with database.transaction() as session:
        assert not settings.replan_some(session, now=queue_now())


def _prune(database: Database) -> None:
    long_ago = queue_now() - timedelta(days=365)
    for table in leases.QUEUES:
        with database.writing() as connection:
            assert not leases.prune(connection, table, before=long_ago)


# ------------------------------------------------------------------ words


def _words() -> Iterator[tuple[str, Callable[[Trial], str]]]:
    """Words to type, and what follows each for a given trial."""
    yield "home", lambda trial: ""
    yield "list", lambda trial: ""
    for which in [each for each in Filter if each is not Filter.LIVE]:
        yield f"list {which}", partial(_same, str(which))
    yield "show a code", lambda trial: trial.code
    yield "show a company", lambda trial: f"Company {trial.id}"
    yield "show the start of all companies", lambda trial: "comp"
    yield "show an e-mail address", lambda trial: f"a@c{trial.id}.example"
    yield "show a domain", lambda trial: f"c{trial.id}.example"
    yield "show a site", lambda trial: trial.site
    yield "show an organisation", lambda trial: f"org-{trial.id}"
    yield "show an order number", lambda trial: trial.order_number
    yield "show a shipment's order number", lambda trial: f"CCW-9{trial.id}"
    yield "show a serial number", lambda trial: f"FCH1{trial.id}"
    yield "history of a code", lambda trial: trial.code


def _same(rest: str, trial: Trial) -> str:
    return rest


class _Guests:
    """Full administrators who write in their partner's space, each time about another trial.

    Each of these trials has a site, an order number and a shipment.
    """

    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        with database.reading() as session:
            last = session.exec(select(func.max(Trial.id))).one() or 0
            ids = chance.sample(range(WITH_ALL, last, WITH_ALL), min(last // WITH_ALL - 1, ABOUT))
            found = session.exec(select(Trial).where(col(Trial.id).in_(ids))).all()
        self._trials = cycle([trial for trial in found if trial.site])

    def say(self, word: str, rest: Callable[[Trial], str]) -> float:
        """Handle a word as a worker does, without the commit; seconds."""
        trial = next(self._trials)
        with self._database.transaction() as session:
            began = time.perf_counter()
            turn = _turn(session, trial, rest(trial))
            assert outbox.put(session, commands[word].handler(turn), now=turn.now)
            took = time.perf_counter() - began
            session.rollback()
        return took

    def save(self) -> float:
        """Save and commit a trial of a new customer; seconds."""
        began = time.perf_counter()
        with self._database.transaction() as session:
            turn = _turn(session, next(self._trials), "")
            assert turn.space is not None
            start.start(session, _form(turn), by=turn.by, space=turn.space, now=turn.now)
        return time.perf_counter() - began


def _turn(session: Session, about: Trial, rest: str) -> Turn:
    space = session.get_one(Space, about.space_id)
    administrator = session.get_one(Person, (about.partner_id - 1) * 4 + 1)
    now = queue_now()
    today = now.astimezone(ZoneInfo(space.time_zone)).date()
    place = (space.room_id, False, space, now, today, Words("en"))
    return Turn(session, administrator, *place, rest=rest)


def _form(turn: Turn) -> start.NewTrial:
    name = uuid4().hex
    return start.NewTrial(
        kind=Kind.NEW,
        company=f"Company {name}",
        administrator=f"admin@{name}.example",
        country="BG",
        services=[Service.MESSAGING, Service.CALLING],
        done_on=turn.today,
    )


# ------------------------------------------------------------------ a morning


def _ringing(url: str, where: str) -> Iterator[Figure]:
    mornings = [_morning(url) for _ in range(RUNS)]
    seconds, megabytes, messages = zip(*mornings, strict=True)
    what = f"{DUE:,} due reminders of {PARTNERS * SPACES} spaces"
    told = f"{messages[0]:,} messages"
    yield Figure(f"{what} into messages", where, seconds, "s", "≤ 60 s", told)
    yield Figure(f"{what}: the worker's memory", where, megabytes, "MB", "≤ 200 MB")


def _morning(url: str) -> tuple[float, float, int]:
    """Seconds, megabytes and messages of a worker that rings all due reminders; nothing is sent."""
    database = Database(url, connections=2)
    with database.transaction() as session:
        flags.remember(session, flags.HELD)
    try:
        with rig(url) as webex:
            settle_in(webex, database)
            webex.start_bot(*(("run",) if database.is_sqlite else ("web", "worker")))
            wait_for(lambda: _works(database), "the worker never began")
            with _due(database):
                took, most = _rung(database, webex.bots[-1])
                return took, most, _waiting_letters(database)
    finally:
        with database.transaction() as session:
            flags.forget(session, flags.HELD)
        database.close()


@contextmanager
def _due(database: Database) -> Iterator[None]:
    """Make 10,000 reminders due now; undo all effects afterwards."""
    nth = func.row_number().over(
        partition_by=col(Reminder.space_id), order_by=col(Reminder.id) % 10_007 * 7919 % 10_007
    )
    can_ring = (
        select(Reminder.id, Reminder.rings_at, nth.label("nth"))
        .join(Trial, col(Trial.id) == col(Reminder.trial_id))
        .where(
            col(Reminder.settled_at).is_(None),
            col(Reminder.kind).in_(RINGING),
            Trial.state == State.ACTIVE,
        )
        .subquery()
    )
    chosen = (
        select(can_ring.c.id, can_ring.c.rings_at)
        .order_by(can_ring.c.nth, can_ring.c.id)
        .limit(DUE)
    )
    with database.reading() as session:
        before = session.exec(chosen).all()
    assert len(before) == DUE
    with database.transaction() as session:
        ring = update(Reminder).where(col(Reminder.id).in_([row.id for row in before]))
        session.exec(ring.values(rings_at=queue_now() - timedelta(minutes=1)))
    try:
        yield
    finally:
        _undo(database, before)


def _undo(database: Database, before: Sequence[Any]) -> None:
    with database.transaction() as session:
        session.exec(delete(Outbox).where(col(Outbox.settled_at).is_(None)))
        back = {"settled_at": None, "rang_at": None, "outcome": "", "attempts": 0}
        rows = [{"id": row.id, "rings_at": row.rings_at, **back} for row in before]
        session.exec(update(Reminder), params=rows)


def _works(database: Database) -> bool:
    with database.reading() as session:
        beating = beats.all_beats(session.connection())
    return any(name.startswith("worker/") for name in beating)


def _rung(database: Database, worker: psutil.Process) -> tuple[float, float]:
    """Seconds until nothing is due, and the worker's peak memory in megabytes."""
    began, most = time.monotonic(), 0.0

    def done() -> bool:
        nonlocal most
        most = max(most, worker.memory_info().rss / 1e6)
        with database.reading() as session:
            open_ones = select(Reminder.id).where(
                col(Reminder.settled_at).is_(None), col(Reminder.rings_at) <= queue_now()
            )
            return session.exec(open_ones.limit(1)).first() is None

    wait_for(done, "the reminders never came to an end", within=600)
    return time.monotonic() - began, most


def _waiting_letters(database: Database) -> int:
    with database.reading() as session:
        letters = select(func.count()).where(col(Outbox.settled_at).is_(None))
        return session.exec(letters).one()
