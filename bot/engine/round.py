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

    def part(self) -> AbstractContextManager[Session]:
        """A savepoint: all changes made in it are kept, or none if it raises."""
        return session_on(self.connection, in_savepoint=True)

    def session(self) -> AbstractContextManager[Session]:
        """A session in the current savepoint."""
        return session_on(self.connection)

    @contextmanager
    def what_can_wait(self) -> Iterator[None]:
        """A savepoint for what is left to the next round if it collides with another desk."""
        try:
            with self.connection.begin_nested():
                yield
        except DBAPIError as error:
            if not collided(error):
                raise

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

    @property
    def mark(self) -> tuple[int, int]:
        """The round's position, for `go_back_to`."""
        return len(self.errands), len(self._afterwards)

    def go_back_to(self, mark: tuple[int, int]) -> None:
        """Discard what work added whose savepoint was rolled back."""
        del self.errands[mark[0] :]
        del self._afterwards[mark[1] :]

    def end(self) -> None:
        """Do what waits for the commit."""
        self.under_way |= {key_of(errand): errand for errand in self.held}
        for do in self._afterwards:
            do()
