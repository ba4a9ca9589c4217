"""Pauses that Webex asks for: kept in the database, so that all workers keep them together.

When a pause is over one call goes ahead as a probe; what comes of it decides for the others.
"""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.clock import queue_now, ticks
from bot.failures import Again
from bot.observe import Metrics, log
from store import flags
from store.database.database import Database
from store.queues import pauses
from store.queues.pauses import ALL
from store.tables import Flag

LONGEST = 300.0
PROBE = timedelta(seconds=15)
EVERY = 1.0
SOON = 0.2
"""Seconds after which to look what came of a probe; it rarely takes longer."""

ANSWERS_FIRST = 0.1
"""Seconds for which reminders leave the probe to answers: somebody waits for those."""

HELD = "held"


class Pauses:
    """Which calls (`POST /messages`; `*` for all) wait until when."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}
        self._probed: set[str] = set()
        self._held = False
        self._looked = -EVERY

    @property
    def held(self) -> bool:
        """Whether the operator wants nothing to be sent (`trialbot hold`)."""
        return self._held

    def heed(self) -> None:
        """Learn, at most once a second, what other workers and the operator asked for."""
        if ticks() - self._looked < EVERY:
            return
        self._looked = ticks()
        with self._database.reading() as session:
            rows = pauses.all_pauses(session.connection())
            self._held = session.get(Flag, HELD) is not None
        with self._lock:
            self._until = {row.call: row.until for row in rows}
            self._probed &= self._until.keys()

    def let_pass(self, call: str) -> str | None:
        """Raise `Again` while a call waits; else the pause for which it is the probe, if any."""
        if not self._until:
            return None
        for key in (ALL, call):
            until = self._until.get(key)
            if until is None:
                continue
            now = queue_now()
            if until > now or not self._become_the_probe(key, until, now):
                left = (self._until.get(key, now) - now).total_seconds()
                wait = SOON if key in self._probed else max(left, SOON)
                raise Again(wait, f"{key} is paused", counted=False)
            return key
        return None

    def waiting(self, calls: Iterable[str], *, patience: float = 0.0) -> tuple[set[str], set[str]]:
        """Of these calls, those that wait, and those for which a probe may go ahead.

        `patience`: seconds for which the caller leaves the probe to others.
        """
        if not self._until:
            return set(), set()
        now = queue_now() - timedelta(seconds=patience)
        everything = self._until.get(ALL)
        wait: set[str] = set()
        probe: set[str] = set()
        for call in calls:
            until = max(filter(None, (self._until.get(call), everything)), default=None)
            if until is not None:
                (wait if until > now else probe).add(call)
        return wait, probe

    def pause(self, call: str, seconds: float, why: str, *, probed: bool = False) -> None:
        """Hold a call back for all workers, for five minutes at most.

        `probed`: the probe says so, and it knows better than what was said before.
        """
        until = queue_now() + timedelta(seconds=min(seconds, LONGEST))
        with self._lock:
            if not probed and self._until.get(call, until) > until:
                return
            self._until = self._until | {call: until}
            self._probed.discard(call)
        self._metrics.pauses.labels(call).inc()
        log.warning("paused", call=call, seconds=min(seconds, LONGEST), why=why)
        with self._database.statements(durable=True) as connection:
            pauses.pause(connection, call, until=until, why=why)

    def lift(self, call: str) -> None:
        """The probe wasn't held back: everybody may call again."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if key != call}
            self._probed.discard(call)
        with self._database.statements(durable=True) as connection:
            pauses.lift(connection, call)

    def _become_the_probe(self, call: str, seen: datetime, now: datetime) -> bool:
        with self._lock:
            if self._until.get(call) != seen:
                return False
            self._until = self._until | {call: now + PROBE}
            self._probed.add(call)
        with self._database.statements(durable=True) as connection:
            return pauses.postpone(connection, call, seen=seen, until=now + PROBE)


def hold(database: Database) -> None:
    """Let nothing be sent, by any worker, until `release`."""
    with database.transaction() as session:
        flags.remember(session, HELD)


def release(database: Database) -> None:
    """Let everything be sent again."""
    with database.transaction() as session:
        flag = session.get(Flag, HELD)
        if flag is not None:
            session.delete(flag)
