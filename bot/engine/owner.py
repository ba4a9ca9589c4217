"""The owner of leases: a process whose death the other processes can detect.

On SQLite it locks a file beside the database, on PostgreSQL it holds a session's advisory lock.
Both end with the process, however it ends, so its rows are free again within about two seconds.
"""

import fcntl
from contextlib import suppress
from datetime import datetime, timedelta
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from random import getrandbits

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select, text

from bot.clock import ticks
from store.database.database import SERVING, Database
from store.queues import beats

KIND = "desk"
CLASS = 7474211
"""The class of our advisory locks."""

SILENCE = timedelta(seconds=1.5)
"""Longest time between two heartbeats of a living owner."""

LOOK = 0.5
"""Seconds between checks that the connection holding the lock is still up."""

_LET_GO = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    " AND classid = :class AND objid = :number AND pid = :former"
)
"""Ends our former connection if it broke unnoticed by the server: it would keep the lock."""


class Owner:
    """A desk as the holder of leases; one process may have several."""

    def __init__(self, database: Database) -> None:
        self._number = getrandbits(31)
        self._counter = count()
        self._lives: _Files | _Locks = (
            _Files(Path(f"{database.url.database}")) if database.is_sqlite else _Locks(database)
        )

    @property
    def name(self) -> str:
        """The prefix of this owner's lease tokens."""
        return f"{KIND}{self._number}"

    def token(self) -> str:
        """A new lease token, unlike any other."""
        return f"{self.name}-{next(self._counter)}"

    def live(self) -> None:
        """Hold the lock that shows this process is alive. Raises database errors."""
        self._lives.take(self._number)

    def beat(self, connection: Connection, *, now: datetime) -> None:
        """Record this owner's heartbeat for the others, once a second."""
        beats.beat(connection, self.name, until=now + SILENCE)

    def dead(self, connection: Connection, *, now: datetime) -> list[str]:
        """The other owners that have died: silent, and without their lock.

        A missing lock alone isn't enough: an owner whose connection broke takes its lock again.
        """
        silent = [name for name in beats.silent(connection, KIND, now=now) if name != self.name]
        return [name for name in silent if not self._lives.lives(int(name.removeprefix(KIND)))]

    def close(self) -> None:
        """Release the lock."""
        self._lives.close(self._number)


class _Files:
    """One locked file per owner, for an SQLite database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._mine: TextIOWrapper | None = None

    def take(self, number: int) -> None:
        if self._mine is None:
            self._mine = self._file(number).open("w")
            fcntl.flock(self._mine, fcntl.LOCK_EX)

    def lives(self, number: int) -> bool:
        try:
            with self._file(number).open("r+") as theirs:
                fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        self._file(number).unlink(missing_ok=True)
        return False

    def close(self, number: int) -> None:
        if self._mine:
            self._file(number).unlink(missing_ok=True)
            self._mine.close()

    def _file(self, number: int) -> Path:
        return self._database.with_name(f"{self._database.name}-{KIND}{number}")


class _Locks:
    """One advisory lock per owner, for PostgreSQL, on a connection that stays open."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._process = 0
        self._looked_at = 0.0

    def take(self, number: int) -> None:
        if self._stands():
            return
        self.close(number)
        connection = self._database.standing_connection()
        try:
            former = {"class": CLASS, "number": number, "former": self._process}
            connection.execute(_LET_GO, former)
            connection.execute(select(func.pg_advisory_lock(CLASS, number)))
            self._process = connection.execute(SERVING).scalar_one()
        except SQLAlchemyError:
            connection.close()
            raise
        self._connection, self._looked_at = connection, ticks()

    def _stands(self) -> bool:
        """Whether the connection is up; it can break silently, so it is checked now and then."""
        if self._connection is None or self._connection.invalidated:
            return False
        if ticks() - self._looked_at < LOOK:
            return True
        self._looked_at = ticks()
        try:
            self._connection.execute(SERVING)
        except SQLAlchemyError:
            return False
        return True

    def lives(self, number: int) -> bool:
        assert self._connection is not None
        lock, unlock = func.pg_try_advisory_lock, func.pg_advisory_unlock
        if not self._connection.execute(select(lock(CLASS, number))).scalar_one():
            return True
        self._connection.execute(select(unlock(CLASS, number)))
        return False

    def close(self, number: int) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None
