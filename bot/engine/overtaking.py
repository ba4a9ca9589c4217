"""When a row that keeps failing lets the others of its lane pass."""

from bot.clock import ticks
from store.queues import leases
from store.queues.leases import Claimed

PASSED_AFTER = 3
"""Tries after which a row lets others pass."""

LATELY = 60.0
"""Seconds within which others must have succeeded: if all fail, the row isn't the cause."""


class Overtaking:
    """Notes successes, and judges failing rows by them."""

    def __init__(self) -> None:
        self._last_success = -LATELY

    def succeeded(self) -> None:
        """Record that a call to Webex has just succeeded."""
        self._last_success = ticks()

    def may_pass(self, row: Claimed) -> bool:
        """Whether others should pass this row, which has failed once more."""
        tried = row.attempts + 1 >= PASSED_AFTER
        return tried and not leases.is_alone(row) and ticks() - self._last_success < LATELY
