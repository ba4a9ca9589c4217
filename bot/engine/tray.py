"""The desk's tray: takes what messengers bring back, and wakes the desk."""

import threading
from collections import deque
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from bot.clock import queue_now, ticks


class Tray:
    """The tray itself: filled by any thread, emptied by the desk."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._things: deque[Any] = deque()
        self._moments: list[datetime] = []
        self._rung = False

    def put(self, thing: Any) -> None:
        """Put a result on the tray."""
        with self._changed:
            self._things.append(thing)
            self._changed.notify()

    def ring(self) -> None:
        """Wake the desk: a row was queued, or something else has changed."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def ring_at(self, moment: datetime) -> None:
        """Wake the desk at a moment when a row is due (queue time)."""
        with self._changed:
            heappush(self._moments, moment)
            self._changed.notify()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting to be taken."""
        return not self._things and not self._rung

    def take(self, longest: float) -> list[Any]:
        """Wait for something to do, at most `longest` seconds; return the results."""
        end = ticks() + longest  # unaffected by changes to the time of day
        with self._changed:
            while not self._things and not self._rung:
                left = end - ticks()
                if self._moments:
                    left = min(left, (self._moments[0] - queue_now()).total_seconds())
                if left <= 0:
                    break
                self._changed.wait(left)
            return self._empty()

    def _empty(self) -> list[Any]:
        brought, self._rung = list(self._things), False
        self._things.clear()
        now = queue_now()
        while self._moments and self._moments[0] <= now:
            heappop(self._moments)
        return brought
