"""Who comes first does what the others wait for: together it costs less than one by one."""

import threading
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
    """Work that many threads want to have done, and that is done for a group of them at once.

    `do` gets up to `AT_ONCE` wishes, its caller's or others', and says what became of each, in
    their order; an exception among that is raised for whose wish it was. If `do` itself fails, each
    wish is done once more by itself, so that nobody suffers for another's; unless the failure is
    one `for_all`, which each would only meet again.

    Who waits the longest leads a group: it waits for the `turn` and takes along who came meanwhile.
    Up to `groups` are under way at the same time, of which all but one begin only when a whole
    group waits: small ones would cost more than they save.
    """

    def __init__(
        self,
        turn: AbstractContextManager[Any],
        do: Callable[[Sequence[A]], Sequence[B | Exception]],
        *,
        groups: int = 1,
        for_all: Callable[[Exception], bool] = lambda failure: False,
    ) -> None:
        self._turn = turn
        self._do = do
        self._groups = groups
        self._for_all = for_all
        self._door = threading.Lock()
        self._waiting: deque[_Wish[A, B]] = deque()
        self._gathering: _Wish[A, B] | None = None
        self._under_way = 0

    def __call__(self, wanted: A) -> B:
        """Have something done; raises what came of it."""
        mine: _Wish[A, B] = _Wish(wanted)
        with self._door:
            self._waiting.append(mine)
            self._call_a_leader()
        mine.sleep()
        if not mine.fulfilled:
            self._lead(mine)
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return cast(B, mine.outcome)

    def _call_a_leader(self) -> None:
        enough = AT_ONCE if self._under_way else 1
        free = self._under_way < self._groups and self._gathering is None
        if free and len(self._waiting) >= enough:
            self._under_way += 1
            self._gathering = self._waiting.popleft()
            self._gathering.wake()

    def _lead(self, mine: "_Wish[A, B]") -> None:
        group = [mine]
        try:
            with self._turn:
                group = self._gather(mine)
                self._do_some(group)
        finally:
            self._part(mine, group)

    def _gather(self, mine: "_Wish[A, B]") -> list["_Wish[A, B]"]:
        with self._door:
            others = min(AT_ONCE - 1, len(self._waiting))
            group = [mine, *(self._waiting.popleft() for _ in range(others))]
            self._gathering = None
            self._call_a_leader()
        return group

    def _part(self, mine: "_Wish[A, B]", group: Sequence["_Wish[A, B]"]) -> None:
        """If who leads is stopped midway, the others' wishes wait for another leader."""
        others = [wish for wish in group if wish is not mine]
        with self._door:
            self._waiting.extendleft(wish for wish in reversed(others) if not wish.fulfilled)
            self._under_way -= 1
            if self._gathering is mine:
                self._gathering = None
            self._call_a_leader()
        for wish in others:
            if wish.fulfilled:
                wish.wake()

    def _do_some(self, wishes: Sequence["_Wish[A, B]"]) -> None:
        try:
            self._do_these(wishes)
        except Exception as error:
            if len(wishes) == 1 or self._for_all(error):
                for wish in wishes:
                    wish.end(error)
            else:
                self._one_by_one(wishes)

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
    __slots__ = ("_asleep", "fulfilled", "outcome", "wanted")

    def __init__(self, wanted: A) -> None:
        self.wanted = wanted
        self.outcome: B | Exception | None = None
        self.fulfilled = False
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def sleep(self) -> None:
        """Wait until it is fulfilled, or has to lead."""
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()

    def end(self, outcome: B | Exception) -> None:
        self.outcome, self.fulfilled = outcome, True
