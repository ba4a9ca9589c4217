"""The web door during a database outage: requests fail at once, and one a second probes."""

import threading

from bot.clock import ticks

EVERY = 1.0


class Outage:
    """Whether the database failed lately, and which request may probe it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ask_at: float | None = None

    def may_ask(self) -> bool:
        """Whether this request may use the database; during an outage, one a second may."""
        with self._lock:
            if self._ask_at is None:
                return True
            if ticks() < self._ask_at:
                return False
            self._ask_at = ticks() + EVERY
            return True

    def begin(self) -> None:
        """Record that the database couldn't be reached."""
        with self._lock:
            self._ask_at = ticks() + EVERY

    def end(self) -> None:
        """Record that the database has answered."""
        with self._lock:
            self._ask_at = None
