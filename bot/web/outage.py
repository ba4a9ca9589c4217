"""The web door's view of a database that is away: it says so at once, and looks once a second."""

import threading

from bot.clock import ticks

EVERY = 1.0


class Outage:
    """Whether the database failed lately, and whose turn it is to ask whether it is back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ask_at: float | None = None

    def may_ask(self) -> bool:
        """Whether this request may go to the database; while it is away, one a second may."""
        with self._lock:
            if self._ask_at is None:
                return True
            if ticks() < self._ask_at:
                return False
            self._ask_at = ticks() + EVERY
            return True

    def begin(self) -> None:
        """The database couldn't be reached."""
        with self._lock:
            self._ask_at = ticks() + EVERY

    def end(self) -> None:
        """The database has answered."""
        with self._lock:
            self._ask_at = None
