"""A round of the desk: one transaction, in which a failed piece of work is rolled back alone."""

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
"""Seconds that a round works: on SQLite the web door's commits pass between rounds."""


@dataclass
class Round:
    """What the desk works with until it commits.

    `now`: queue time. `calendar`: the time that people live by. `under_way`: errands whose rows are
    held, those whose result waits to be worked on too. `errands`: what messengers do after the
    commit. `alone`: what met another desk's locks and will be done in a round of its own.
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
        """A savepoint: all changes made in it stay, or none if it raises."""
        return session_on(self.connection, in_savepoint=True)

    def session(self) -> AbstractContextManager[Session]:
        """Objects in the savepoint of the piece of work at hand."""
        return session_on(self.connection)

    @contextmanager
    def what_can_wait(self) -> Iterator[None]:
        """A savepoint for what is done next time where it collides with another desk."""
        try:
            with self.connection.begin_nested():
                yield
        except DBAPIError as error:
            if not collided(error):
                raise

    @property
    def is_long(self) -> bool:
        """Whether it should commit now, and leave the rest to the next round."""
        return ticks() - self._began > LONGEST

    @property
    def held(self) -> list[Errand]:
        """Every errand whose row is held."""
        return [*self.under_way.values(), *self.errands, *(each.errand for each in self.alone)]

    def afterwards(self, do: Callable[[], object]) -> None:
        """Do something once this is committed: count, log, wake."""
        self._afterwards.append(do)

    @property
    def mark(self) -> tuple[int, int]:
        """How far the round has come, for `go_back_to`."""
        return len(self.errands), len(self._afterwards)

    def go_back_to(self, mark: tuple[int, int]) -> None:
        """Forget what a piece of work left whose savepoint was rolled back."""
        del self.errands[mark[0] :]
        del self._afterwards[mark[1] :]

    def end(self) -> None:
        """After the commit."""
        self.under_way |= {key_of(errand): errand for errand in self.held}
        for do in self._afterwards:
            do()
