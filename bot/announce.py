"""Announce: workers of other processes are woken for events, once for several that come closely."""

import threading
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import ticks
from bot.observe import log
from store.database.database import Database
from store.queues import leases
from store.queues.leases import INBOX

ENOUGH = 0.02
"""Seconds for which one word is enough: who is woken claims more than what he was woken for."""


class Announcer:
    """Says on PostgreSQL that events were put: with their commit, or for several soon after it.

    To be woken for each costs the workers and the database more than to claim it. A word that is
    lost with its process costs a second: workers look by themselves, too.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._said_at = -ENOUGH
        self._unsaid = self._waits = False
        self._timer = threading.Timer(ENOUGH, self._say)

    def may_say(self) -> bool:
        """Whether the commit of an event that is put now should say so itself."""
        with self._lock:
            says = ticks() - self._said_at >= ENOUGH
            if says:
                self._said_at, self._unsaid = ticks(), False
        return says

    def say_soon(self) -> None:
        """After a commit that didn't."""
        if self._database.is_sqlite:
            return
        with self._lock:
            self._unsaid = True
            if not self._waits:
                self._waits = True
                self._timer = threading.Timer(ENOUGH, self._say)
                self._timer.daemon = True
                self._timer.start()

    def stop(self) -> None:
        """Say nothing more."""
        if self._timer.ident:
            self._timer.cancel()
            self._timer.join()

    def _say(self) -> None:
        with self._lock:
            self._waits = False
            if not self._unsaid:
                return
            self._said_at, self._unsaid = ticks(), False
        try:
            self._database.statement(partial(leases.wake, table=INBOX))
        except SQLAlchemyError as error:
            log.warning("nobody woken", error=type(error).__name__)
