"""The desk's work with one queue: from a claimed row to an errand, from its result to the end."""

from abc import ABC, abstractmethod
from datetime import timedelta
from functools import partial
from typing import ClassVar

from sqlalchemy import Table

from bot.engine.context import Context
from bot.engine.messengers import Brought
from bot.engine.overtaking import Overtaking
from bot.engine.round import Round
from bot.failures import Again, LeaseLost, backoff
from store.queues import leases
from store.queues.leases import Claimed


class Work(ABC):
    """Handles the rows of one queue in the desk's rounds."""

    table: ClassVar[Table]

    def __init__(self, context: Context) -> None:
        self._context = context
        self._overtaking = Overtaking()

    def acts(self, brought: Brought) -> bool:
        """Whether this changes more than the queues."""
        return True

    @abstractmethod
    def begin(self, round: Round, row: Claimed) -> None:
        """Send a messenger for a claimed row, or do what needs none. Raises unexpected errors."""

    @abstractmethod
    def take(self, round: Round, brought: Brought) -> None:
        """Continue with what a messenger brought back. Raises unexpected errors."""

    @abstractmethod
    def bug(self, round: Round, brought: Brought, error: Exception) -> None:
        """Handle an unexpected error."""

    @abstractmethod
    def _note(self, row: Claimed, outcome: str) -> None:
        """Count and log what became of a row."""

    def _say_so(self, round: Round, row: Claimed, outcome: str) -> None:
        """After the commit, count and log what became of a row."""
        round.afterwards(partial(self._note, row, outcome))

    def _end(self, round: Round, row: Claimed, outcome: str, why: str = "") -> None:
        """Settle a row. Raises `LeaseLost`."""
        connection, now = round.connection, round.now
        if not leases.settle(connection, self.table, row, now=now, outcome=outcome, why=why):
            raise LeaseLost
        self._say_so(round, row, outcome)

    def _later(
        self, round: Round, row: Claimed, again: Again, *, may_be_passed: bool = True
    ) -> None:
        """Retry a row; one that keeps failing while others succeed lets its lane pass."""
        wait = max(again.after, backoff(row.attempts) if again.counted else 0.0)
        self._give_back(round, row, wait, again.why, counted=again.counted)
        if again.counted and may_be_passed and self._overtaking.may_pass(row):
            leases.set_aside(round.connection, self.table, row)

    def _give_back(
        self, round: Round, row: Claimed, wait: float, why: str, *, counted: bool = True
    ) -> None:
        """Release a row for `wait` seconds."""
        at = round.now + timedelta(seconds=wait)
        leases.retry(round.connection, self.table, row, at=at, counted=counted, why=why)
        round.afterwards(partial(self._context.wake.ring_at, at))
        self._say_so(round, row, "later")
