"""What many threads want is done together, and each gets what became of its own wish."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from sqlalchemy import Connection, insert, select

from store.database.database import Database
from store.database.together import AT_ONCE, Together
from store.tables import Flag
from tests.people import wait_for

FLAGS = Flag.metadata.tables["flag"]


def wished_at_once(turn: threading.Lock, wish: Callable[[int], int], n: int) -> list[Future[int]]:
    """Have `n` threads wish while somebody else has the turn; what became of each."""
    turn.acquire()
    with ThreadPoolExecutor(n) as pool:
        asking = threading.Semaphore(0)

        def one(number: int) -> int:
            asking.release()
            return wish(number)

        futures = [pool.submit(one, number) for number in range(n)]
        for _ in futures:
            asking.acquire(timeout=10)
        turn.release()
    return futures


def test_what_waits_is_done_together_but_not_too_much_at_once() -> None:
    turn, groups = threading.Lock(), []

    def do(wanted: Sequence[int]) -> Sequence[int]:
        groups.append(len(wanted))
        return [number * 10 for number in wanted]

    together = Together(turn, do)
    done = wished_at_once(turn, together, 20)
    assert [each.result() for each in done] == [number * 10 for number in range(20)]
    assert sum(groups) == 20
    assert max(groups) <= AT_ONCE
    assert together(7) == 70
    assert groups[-1] == 1


def test_who_is_served_does_not_wait_for_the_next_group() -> None:
    turn, served = threading.Lock(), threading.Semaphore(0)
    groups: list[int] = []

    def do(wanted: Sequence[int]) -> Sequence[int]:
        groups.append(len(wanted))
        if len(groups) == 2 and not all(served.acquire(timeout=10) for _ in range(groups[0])):
            raise TimeoutError
        return wanted

    together = Together(turn, do)

    def wish(number: int) -> int:
        got = together(number)
        served.release()
        return got

    done = wished_at_once(turn, wish, AT_ONCE + 3)
    assert [each.result() for each in done] == list(range(AT_ONCE + 3))
    assert len(groups) > 1


def test_another_group_begins_when_it_is_whole() -> None:
    begun, end = threading.Semaphore(0), threading.Event()
    groups: list[int] = []

    def do(wanted: Sequence[int]) -> Sequence[int]:
        groups.append(len(wanted))
        begun.release()
        if not end.wait(10):
            raise TimeoutError
        return wanted

    together = Together(nullcontext(), do, groups=2)
    with ThreadPoolExecutor(3 * AT_ONCE) as pool:
        first = pool.submit(together, 0)
        assert begun.acquire(timeout=10)
        more = [pool.submit(together, number) for number in range(1, 2 * AT_ONCE + 1)]
        assert begun.acquire(timeout=10)
        end.set()
        assert first.result() == 0
        assert [each.result() for each in more] == list(range(1, 2 * AT_ONCE + 1))
    assert groups[:2] == [1, AT_ONCE]
    assert len(groups) < 2 * AT_ONCE


def test_an_outcome_that_is_an_exception_is_raised_for_its_own_wish_alone() -> None:
    turn, calls = threading.Lock(), []

    def do(wanted: Sequence[int]) -> Sequence[int | Exception]:
        calls.append(wanted)
        return [LookupError("three") if number == 3 else number for number in wanted]

    done = wished_at_once(turn, Together(turn, do), 8)
    assert isinstance(done.pop(3).exception(), LookupError)
    assert [each.result() for each in done] == [0, 1, 2, 4, 5, 6, 7]
    assert sum(map(len, calls)) == 8


def test_if_together_fails_each_is_done_by_itself() -> None:
    turn = threading.Lock()

    def do(wanted: Sequence[int]) -> Sequence[int]:
        if 3 in wanted:
            raise ZeroDivisionError(len(wanted))
        return wanted

    done = wished_at_once(turn, Together(turn, do), 8)
    error = done.pop(3).exception()
    assert isinstance(error, ZeroDivisionError)
    assert error.args == (1,)
    assert [each.result() for each in done] == [0, 1, 2, 4, 5, 6, 7]


def test_what_would_fail_for_everybody_is_not_tried_by_each() -> None:
    turn, calls = threading.Lock(), []

    def do(wanted: Sequence[int]) -> Sequence[int]:
        calls.append(len(wanted))
        raise ConnectionError

    together = Together(turn, do, for_all=lambda failure: isinstance(failure, ConnectionError))
    done = wished_at_once(turn, together, 8)
    assert all(isinstance(each.exception(), ConnectionError) for each in done)
    assert sum(calls) == 8


def test_who_is_stopped_midway_leaves_the_others_wishes_to_them() -> None:
    turn = threading.Lock()
    first = iter([SystemExit()])

    def do(wanted: Sequence[int]) -> Sequence[int]:
        for stop in first:
            raise stop
        return wanted

    done = wished_at_once(turn, Together(turn, do), 8)
    stopped = [each for each in done if isinstance(each.exception(), SystemExit)]
    assert len(stopped) == 1
    assert len([each for each in done if each not in stopped and each.result() is not None]) == 7


def test_a_change_that_fails_undoes_only_its_own(database: Database) -> None:
    begun = threading.Semaphore(0)

    def change(connection: Connection, numbers: Sequence[int]) -> Sequence[int]:
        for number in numbers:
            connection.execute(insert(FLAGS).values(name=f"flag {number}", value={}))
        if 3 in numbers:
            raise ZeroDivisionError
        return numbers

    wish = database.sharing(change)

    def one(number: int) -> int:
        begun.release()
        return wish(number)

    with ThreadPoolExecutor(12) as pool, database.statements(durable=True):
        futures = [pool.submit(one, number) for number in range(12)]
        wait_for(lambda: begun._value >= 12, "they never began")
    with pytest.raises(ZeroDivisionError):
        futures.pop(3).result()
    assert [each.result() for each in futures] == [0, 1, 2, *range(4, 12)]
    with database.reading() as session:
        names = set(session.scalars(select(FLAGS.c.name).where(FLAGS.c.name.startswith("flag "))))
    assert names == {f"flag {number}" for number in range(12) if number != 3}
