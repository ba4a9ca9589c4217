"""The pace of calls: how fast each kind of call may go, learnt from Webex's 429s.

A refused call waits as long as Webex says; the others go on. If more than half of the last calls
were refused, their rate is halved, but not below what Webex accepted in the last second, and grows
by a tenth per second from there. After ten refusals in a row, or if Webex asks for a long pause,
all calls of that kind stop, and the first one after the pause is a probe. What one process learns
is stored for the others. All times are queue time.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.observe import Metrics, log
from store.queues import pauses
from store.queues.pauses import ALL, Limit

LONGEST = 300.0
"""Longest pause in seconds; Webex has been seen to ask for more than three minutes."""

LONG = 5.0
"""A pause of more seconds than this applies to every call of its kind."""

IN_A_ROW = 10
LAST = 20
GROWTH = 1.1
FAST = 200.0
"""Calls per second above which a rate limit is lifted."""

PROBE = timedelta(seconds=15)
ANSWERS_FIRST = timedelta(seconds=1)
"""How long reminders leave the probe to answers, since somebody is waiting for those."""

FOR_ANSWERS = 0.2
"""Share of a limited rate that reminders leave to answers."""


@dataclass
class _Kind:
    """What this process has observed of one kind of call."""

    results: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    sent: deque[datetime] = field(default_factory=lambda: deque(maxlen=500))
    taken: deque[datetime] = field(default_factory=lambda: deque(maxlen=500))
    refused_in_a_row: int = 0
    halved_at: datetime | None = None
    probing: bool = False
    tokens: float = 0.0
    filled_at: datetime | None = None


class Pace:
    """Tells the desk which calls (`POST /messages`; `*` for all) may go now, and how many."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._limits: dict[str, Limit] = {}
        self._kinds: dict[str, _Kind] = {}

    def read(self, connection: Connection, now: datetime, *, sharers: int) -> None:
        """Read what other processes have learnt, and refill the tokens.

        `sharers`: the number of living processes, which share each rate.
        """
        self._limits = {limit.call: limit for limit in pauses.all_limits(connection)}
        for call, limit in list(self._limits.items()):
            if limit.rate is not None:
                self._refill(connection, limit, self._kind(call), now, sharers)

    def is_stopped(self, call: str, now: datetime) -> bool:
        """Whether a call has to wait for a pause to end."""
        return any(limit.rate is None and limit.until > now for limit in self._of(call))

    def may_go(self, call: str, now: datetime, *, most: int, of_reminders: bool = False) -> int:
        """How many of these calls may be claimed now, up to `most`.

        After a pause it is one: the probe. `of_reminders`: reminders leave the probe and a fifth of
        a limited rate to answers.
        """
        if most <= 0 or self.is_stopped(call, now):
            return 0
        stop = next((limit for limit in self._of(call) if limit.rate is None), None)
        if stop:
            return 0 if of_reminders and now - stop.until < ANSWERS_FIRST else 1
        if call not in self._limits:
            return most
        tokens = self._kind(call).tokens
        spare = max(self._rate(self._limits[call], now), 1.0) * FOR_ANSWERS if of_reminders else 0.0
        return min(most, int(tokens - spare)) if tokens > spare else 0

    def went(self, connection: Connection, call: str, now: datetime) -> None:
        """Record that a call was sent; after a pause it is the probe, and all others wait."""
        kind = self._kind(call)
        kind.sent.append(now)
        kind.tokens -= 1
        for stop in [limit for limit in self._of(call) if limit.rate is None]:
            until = now + PROBE
            pauses.postpone(connection, stop.call, seen=stop.until, until=until)
            self._limits[stop.call] = replace(stop, until=until)
            self._kind(stop.call).probing = True

    def passed(self, connection: Connection, call: str, now: datetime) -> None:
        """Record that Webex didn't limit a call."""
        kind = self._kind(call)
        kind.taken.append(now)
        kind.results.append(True)
        kind.refused_in_a_row = 0
        for limit in self._of(call):
            if limit.rate is None and self._kind(limit.call).probing:
                self._kind(limit.call).probing = False
                self._limits.pop(limit.call)
                pauses.lift(connection, limit.call)
                log.info("resumed", call=limit.call)

    def refused(
        self, connection: Connection, call: str, seconds: float, why: str, now: datetime
    ) -> None:
        """Record that Webex limited a call, and share that with the other processes."""
        kind = self._kind(call)
        kind.results.append(False)
        kind.refused_in_a_row += 1
        if call == ALL or kind.probing or seconds > LONG or kind.refused_in_a_row >= IN_A_ROW:
            self._stop(connection, call, min(seconds, LONGEST), why, now)
        elif self._is_too_fast(kind, seconds, now):
            self._halve(connection, call, kind, why, now)

    # -------------------------------------------------------------- stopping and probing

    def _stop(
        self, connection: Connection, call: str, seconds: float, why: str, now: datetime
    ) -> None:
        until = now + timedelta(seconds=seconds)
        known = self._limits.get(call)
        probing, self._kind(call).probing = self._kind(call).probing, False
        if known and known.rate is None and not probing and known.until >= until:
            return
        self._write(connection, Limit(call, until, why, None))
        self._metrics.pauses.labels(call).inc()
        log.warning("paused", call=call, seconds=seconds, why=why)

    # -------------------------------------------------------------- rates

    def _is_too_fast(self, kind: _Kind, seconds: float, now: datetime) -> bool:
        known = len(kind.results) == LAST and kind.results.count(False) * 2 > LAST
        return known and not (kind.halved_at and _is_within(seconds, kind.halved_at, now))

    def _halve(
        self, connection: Connection, call: str, kind: _Kind, why: str, now: datetime
    ) -> None:
        kind.halved_at = now
        limit = self._limits.get(call)
        rate = self._rate(limit, now) if limit else _in_a_second(kind.sent, now)
        rate = max(rate / 2, _in_a_second(kind.taken, now), 1.0)
        self._write(connection, Limit(call, now, why, rate))
        self._metrics.pauses.labels(call).inc()
        log.warning("slowed down", call=call, rate=rate, why=why)

    def _refill(
        self, connection: Connection, limit: Limit, kind: _Kind, now: datetime, sharers: int
    ) -> None:
        rate = self._rate(limit, now)
        if rate > FAST:
            self._limits.pop(limit.call)
            pauses.lift(connection, limit.call)
            return
        share = rate / max(sharers, 1)
        since = (now - kind.filled_at).total_seconds() if kind.filled_at else 1.0
        kind.filled_at = now
        kind.tokens = min(max(kind.tokens, 0.0) + share * max(since, 0.0), max(share, 1.0))

    def _rate(self, limit: Limit, now: datetime) -> float:
        age = min(max((now - limit.until).total_seconds(), 0.0), 300.0)
        rate: float = (limit.rate or 0.0) * GROWTH**age
        return rate

    def _of(self, call: str) -> list[Limit]:
        return [self._limits[key] for key in (ALL, call) if key in self._limits]

    def _kind(self, call: str) -> _Kind:
        return self._kinds.setdefault(call, _Kind())

    def _write(self, connection: Connection, limit: Limit) -> None:
        self._limits[limit.call] = limit
        pauses.limit(connection, limit)


def _in_a_second(times: Iterable[datetime], now: datetime) -> float:
    """How many of these times are within the last second."""
    return float(sum(_is_within(1.0, time, now) for time in times))


def _is_within(seconds: float, time: datetime, now: datetime) -> bool:
    """Whether this was less than so many seconds ago; never if the clock was set back since."""
    return timedelta() <= now - time < timedelta(seconds=seconds)
