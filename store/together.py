"""Who comes first does what the others wait for: together it costs less than one by one."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar, cast

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE = 16
"""Enough that what all share costs each little; what fails together is done again one by one."""


class OneByOne(Exception):
    """What was wished can't be done together: each is to be done by itself."""


class Together(Generic[A, B]):
    """Work that many threads want to have done, of which one at a time has its `turn`.

    `do` gets up to `AT_ONCE` wishes, its caller's or others', and says what became of each, in
    their order; an exception among that is raised for whose wish it was. If `do` itself fails, each
    wish is done once more by itself, so that nobody suffers for another's; unless the failure is
    one `for_all`, which each would only meet again.
    """

    def __init__(
        self,
        turn: AbstractContextManager[Any],
        do: Callable[[Sequence[A]], Sequence[B | Exception]],
        *,
        for_all: Callable[[Exception], bool] = lambda failure: False,
    ) -> None:
        self._turn = turn
        self._do = do
        self._for_all = for_all
        self._waiting: deque[_Wish[A, B]] = deque()

    def __call__(self, wanted: A) -> B:
        """Have something done; raises what came of it."""
        mine: _Wish[A, B] = _Wish(wanted)
        self._waiting.append(mine)
        with self._turn:
            while not mine.fulfilled:
                self._do_some()
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return cast(B, mine.outcome)

    def _do_some(self) -> None:
        """Only who has the turn comes here, so nobody else takes from what waits."""
        some = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        try:
            self._do_these(some)
        except Exception as error:
            if len(some) == 1 or self._for_all(error):
                for wish in some:
                    wish.end(error)
            else:
                self._one_by_one(some)
        except BaseException:
            self._waiting.extendleft(reversed(some))
            raise

    def _one_by_one(self, wishes: Sequence["_Wish[A, B]"]) -> None:
        for wish in wishes:
            try:
                self._do_these([wish])
            except Exception as error:
                wish.end(error)

    def _do_these(self, wishes: Sequence["_Wish[A, B]"]) -> None:
        outcomes = self._do([wish.wanted for wish in wishes])
        for wish, outcome in zip(wishes, outcomes, strict=True):
            wish.end(outcome)


class _Wish(Generic[A, B]):
    __slots__ = ("fulfilled", "outcome", "wanted")

    def __init__(self, wanted: A) -> None:
        self.wanted = wanted
        self.outcome: B | Exception | None = None
        self.fulfilled = False

    def end(self, outcome: B | Exception) -> None:
        self.outcome, self.fulfilled = outcome, True
