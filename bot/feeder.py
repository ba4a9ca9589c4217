"""A feeder claims rows for a pool of hands: one thread that looks, several that work."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import queue_now, ticks
from bot.observe import log
from bot.wake import Bell
from store.database.database import Database
from store.queues import leases
from store.queues.leases import Claimed, Lease

POLL = 1.0
AFTER_TROUBLE = 0.5
TOGETHER, LONGEST = 0.03, 0.3
"""Seconds, at least and at most, that a claim waits for more rows: several rows are one claim."""
COSTLY = 10
"""A claim costs what waits, not what it finds: it takes a tenth of the time, unless hands idle."""

Claim = Callable[[datetime, datetime, int], Sequence[Claimed]]
AndThen = Callable[[], None]
Work = Callable[[Claimed], AndThen | None]


class Feeder:
    """Keeps `hands` threads busy with a queue's rows, holds their leases, and stops in order.

    `claim(now, until, limit)` claims rows and commits; `work(row)` ends each in its own way, and
    may return what the same hand does next, once the row's lane is free for others. Who puts a row
    can spare it the claim: with an `offer`ed lease a hand takes it by `accept`, with a `lease` the
    caller works on it itself, by `work_on`. `allowed(call)`: whether Webex lets such calls pass.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        table: Table,
        *,
        claim: Claim,
        work: Work,
        hands: int,
        lease: float,
        bell: Bell,
        allowed: Callable[[str], bool],
    ) -> None:
        self.name = name
        self._database = database
        self._table = table
        self._claim = claim
        self._work = work
        self._hands = hands
        self._lease = timedelta(seconds=lease)
        self._bell = bell
        self._allowed = allowed
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._waiting: deque[Claimed] = deque()
        self._held: dict[int, Claimed] = {}
        self._lent: dict[int, Claimed] = {}
        self._dropped: deque[Claimed] = deque()
        self._more = False
        self._behind = True
        self._threads = [
            threading.Thread(target=self._feed, name=f"{name}-feeder", daemon=True),
            *(
                threading.Thread(target=self._lend_a_hand, name=f"{name}-{n}", daemon=True)
                for n in range(hands)
            ),
        ]

    def start(self) -> None:
        """Begin to claim and to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Claim nothing more; what nobody has begun is given back."""
        self._stopping.set()
        self._bell.ring()
        with self._changed:
            unbegun = list(self._waiting)
            self._waiting.clear()
            for row in unbegun:
                self._held.pop(row.id, None)
            self._changed.notify_all()
        if unbegun:
            self._guarded(lambda: self._release(unbegun))

    def join(self, seconds: float) -> None:
        """Wait for what has begun; afterwards give back what still hasn't ended."""
        deadline = queue_now() + timedelta(seconds=seconds)
        for thread in self._threads:
            thread.join(max((deadline - queue_now()).total_seconds(), 0.0))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed here."""
        return not self._held and not self._lent

    # -------------------------------------------------------------- rows that come with a lease

    def offer(self, call: str) -> Lease | None:
        """A lease for a row that is being put and that a hand of ours can take at once."""
        return self.lease(call) if len(self._held) < self._hands else None

    def lease(self, call: str) -> Lease | None:
        """A lease for a row that is being put, unless we stop or Webex wants a pause."""
        if self._stopping.is_set() or not self._allowed(call):
            return None
        return Lease(leases.new_token(), queue_now() + self._lease)

    def accept(self, row: Claimed) -> None:
        """Give a row that was put with an offered lease to a hand."""
        with self._changed:
            stopping = self._stopping.is_set()
            if not stopping:
                self._held[row.id] = row
                self._waiting.append(row)
                self._changed.notify()
        if stopping:
            self._guarded(lambda: self._release([row]))

    def work_on(self, row: Claimed) -> None:
        """Work on a row that was put with a lease of ours, here and now."""
        with self._changed:
            self._lent[row.id] = row
        self._work_guarded(row)

    # -------------------------------------------------------------- the feeder's thread

    def _feed(self) -> None:
        renewed = queue_now()
        while not self._stopping.is_set():
            claimed, free, began = 0, 0, ticks()
            try:
                self._give_back_dropped()
                free = self._hands * 2 - len(self._held)
                claimed = self._claim_some(free) if free > 0 else 0
                if queue_now() - renewed > self._lease / 3:
                    self._renew()
                    renewed = queue_now()
            except SQLAlchemyError as error:
                log.warning("queue out of reach", queue=self.name, error=type(error).__name__)
                self._stopping.wait(AFTER_TROUBLE)
            self._more = 0 < free <= claimed
            self._behind = bool(claimed or (self._behind and (self._held or self._lent)))
            if self._held:
                self._let_some_gather(ticks() - began)
            if not self._more and self._bell.wait(min(POLL, self._lease.total_seconds() / 3)):
                self._behind = True

    def _let_some_gather(self, cost: float) -> None:
        enough = ticks() + min(cost * COSTLY, LONGEST)
        while not self._stopping.wait(TOGETHER) and self._waiting and ticks() < enough:
            pass

    def _claim_some(self, limit: int) -> int:
        now = queue_now()
        rows = self._claim(now, now + self._lease, limit)
        with self._changed:
            if self._stopping.is_set():
                unwanted, rows = rows, []
            else:
                unwanted = []
                self._held.update((row.id, row) for row in rows)
                self._waiting.extend(rows)
                self._changed.notify(len(rows))
        if unwanted:
            self._release(unwanted)
        return len(rows)

    def _renew(self) -> None:
        held = [*self._held.values(), *self._lent.values()]
        if held:
            until = queue_now() + self._lease
            self._database.statement(
                partial(leases.renew, table=self._table, rows=held, until=until)
            )

    def _give_back_dropped(self) -> None:
        """What the database was too far away to end can be claimed again now that it is back."""
        rows = [self._dropped[n] for n in range(len(self._dropped))]
        if rows:
            self._release(rows)
            for _ in rows:
                self._dropped.popleft()

    def _release(self, rows: Sequence[Claimed]) -> None:
        self._database.statement(partial(leases.release, table=self._table, rows=rows))

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except SQLAlchemyError as error:
            log.warning("not given back", queue=self.name, error=type(error).__name__)

    # -------------------------------------------------------------- the hands' threads

    def _lend_a_hand(self) -> None:
        while (row := self._next()) is not None:
            and_then = self._work_guarded(row)
            if and_then:
                and_then()

    def _work_guarded(self, row: Claimed) -> AndThen | None:
        and_then = None
        try:
            and_then = self._work(row)
        except SQLAlchemyError as error:
            log.warning("not ended", queue=self.name, row=row.id, error=str(error))
            self._dropped.append(row)
        except Exception:
            log.exception("a hand failed", queue=self.name, row=row.id)
        self._let_go(row)
        return and_then

    def _next(self) -> Claimed | None:
        with self._changed:
            while not self._waiting:
                if self._stopping.is_set():
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _let_go(self, row: Claimed) -> None:
        """If rows wait, the next of its lane can be claimed; several that end are one look."""
        with self._changed:
            if self._lent.pop(row.id, None) is None:
                self._held.pop(row.id, None)
            hungry = self._more and len(self._waiting) < self._hands
        if hungry:
            self._bell.ring()
        elif self._behind:
            self._bell.look_at(queue_now() + timedelta(seconds=TOGETHER))
