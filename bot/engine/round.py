"""A round of the desk: one transaction in which failed work is rolled back on its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.clock import ticks
from bot.engine.messengers import Brought, Errand, key_of
from store.database.database import session_on
from store.database.trouble import collided

LONGEST = 0.02
"""Longest round in seconds; on SQLite the web door can only commit between rounds."""


@dataclass
class Round:
    """The state of the desk until it commits.

    `now`: queue time. `calendar`: calendar time. `under_way`: errands whose rows are held,
    including those whose result is still waiting. `errands`: what messengers do after the commit.
    `alone`: results that met another desk's locks and get a round of their own.
    """

    connection: Connection
    now: datetime
    calendar: datetime
    under_way: dict[tuple[str, int], Errand]
    errands: list[Errand] = field(default_factory=list)
    alone: list[Brought] = field(default_factory=list)
    _afterwards: list[Callable[[], object]] = field(default_factory=list)
    _began: float = field(default_factory=ticks)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Keep all that is done in it, or nothing if it raises."""
        errands, afterwards = len(self.errands), len(self._afterwards)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self.errands[errands:]
            del self._afterwards[afterwards:]
            raise

    @contextmanager
    def what_can_wait(self) -> Iterator[None]:
        """A savepoint for what is left to the next round if it collides with another desk."""
        try:
            with self.savepoint():
                yield
        except DBAPIError as error:
            if not collided(error):
                raise

    @contextmanager
    def part(self) -> Iterator[Session]:
        """A session in a savepoint of its own."""
        with self.savepoint(), self.session() as session:
            yield session

    def session(self) -> AbstractContextManager[Session]:
        """A session in the current savepoint."""
        return session_on(self.connection)

    @property
    def is_long(self) -> bool:
        """Whether the round should commit now and leave the rest to the next one."""
        return ticks() - self._began > LONGEST

    @property
    def held(self) -> list[Errand]:
        """Every errand whose row is held."""
        return [*self.under_way.values(), *self.errands, *(each.errand for each in self.alone)]

    def afterwards(self, do: Callable[[], object]) -> None:
        """Do something after the commit: count, log, wake."""
        self._afterwards.append(do)

    def end(self) -> None:
        """Do what waits for the commit."""
        self.under_way |= {key_of(errand): errand for errand in self.held}
        for do in self._afterwards:
            do()
