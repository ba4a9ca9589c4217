"""Wake-ups: whoever put a row wakes whoever claims it, in this process and in others."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from bot.clock import queue_now
from bot.observe import log
from store.database.database import Database
from store.queues.leases import CHANNEL, QUEUES

RECONNECT = 1.0


class Bell:
    """Wakes who claims from a queue: at once, or when a row that was given back is due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung = False
        self._moments: list[datetime] = []

    def ring(self) -> None:
        """A row was put, or another one can be claimed."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def look_at(self, moment: datetime) -> None:
        """A row will be due at this moment."""
        with self._changed:
            heappush(self._moments, moment)
            if self._moments[0] == moment:
                self._changed.notify()

    def wait(self, longest: float) -> bool:
        """Wait until it rings (true), the soonest row is due, or so many seconds have passed."""
        end = queue_now() + timedelta(seconds=longest)
        with self._changed:
            while not self._rung:
                soonest = min(self._moments[0], end) if self._moments else end
                left = (soonest - queue_now()).total_seconds()
                if left <= 0:
                    break
                self._changed.wait(left)
            rung, self._rung = self._rung, False
            now = queue_now()
            while self._moments and self._moments[0] <= now:
                heappop(self._moments)
        return rung


class Bells:
    """The bells of every queue: each feeder listens with one of its own."""

    def __init__(self) -> None:
        self._bells: dict[str, list[Bell]] = {table.name: [] for table in QUEUES}

    def listen(self, queue: str) -> Bell:
        """A bell for somebody who claims from this queue."""
        bell = Bell()
        self._bells[queue].append(bell)
        return bell

    def ring(self, queue: str) -> None:
        """A row was put into this queue."""
        for bell in self._bells[queue]:
            bell.ring()

    def look_at(self, queue: str, moment: datetime) -> None:
        """A row of this queue will be due at this moment."""
        for bell in self._bells[queue]:
            bell.look_at(moment)

    def ring_all(self) -> None:
        """Anything may have been put while nobody listened."""
        for queue in self._bells:
            self.ring(queue)


class Listener:
    """Hears on PostgreSQL what other processes put; SQLite has the poll and the same process."""

    def __init__(self, database: Database, bells: Bells) -> None:
        self._database = database
        self._bells = bells
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen, on PostgreSQL."""
        if not self._database.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _listen(self) -> None:
        import psycopg

        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stopping.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._bells.ring_all()
                    self._hear(connection.notifies)
            except psycopg.Error as error:
                log.warning("not listening", error=type(error).__name__)
                self._stopping.wait(RECONNECT)

    def _hear(self, notifies: Callable[..., Any]) -> None:
        while not self._stopping.is_set():
            for notice in notifies(timeout=0.5):
                self._bells.ring(notice.payload)
                if self._stopping.is_set():
                    return
