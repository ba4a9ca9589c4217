"""How fast webhooks and people are answered: in one process, and with web beside worker."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from tests.bench.figures import Figure
from tests.bench.rig import (
    Rig,
    answered,
    at_once,
    by_turns,
    moment,
    percentile,
    replies,
    rig,
    say,
    wait_for,
)
from tests.postgres import postgres

ROOMS = 64
EVENTS = 1200
"""Each asks about a different trial, because a newer card of a trial replaces the older one."""
ASKERS = 8
SLOW = {"match": "*", "kind": "latency", "delay": 0.1}
DEAD = {"match": "*", "kind": "hang", "delay": 8.0}


@dataclass(frozen=True)
class Place:
    """A database and the processes to measure."""

    name: str
    commands: tuple[str, ...]
    url: str = ""


@contextmanager
def places() -> Iterator[list[Place]]:
    """SQLite in one process; PostgreSQL with web beside one and two workers."""
    with (
        tempfile.TemporaryDirectory(prefix="trialbot-bench-pg-") as folder,
        postgres(Path(folder)) as server,
    ):
        url = server.get_uri()
        yield [
            Place("SQLite, run", ("run",)),
            Place("PostgreSQL, web + worker", ("web", "worker"), url),
            Place("PostgreSQL, web + 2 workers", ("web", "worker", "worker"), url),
        ]


# ------------------------------------------------------------------ the web door


def answer() -> Iterator[Figure]:
    """Time the answers to webhooks, which must not depend on how slow or dead Webex is."""
    for name, fault in {"Webex at 100 ms": SLOW, "Webex hangs": DEAD}.items():
        for of, found in by_turns(partial(_webhooks, fault, _at_fifty_a_second)):
            p50, p99 = zip(*found, strict=True)
            yield Figure("webhook p50 at 50/s", name + of, p50, limit="≤ 5")
            yield Figure("webhook p99 at 50/s", name + of, p99, limit="≤ 30")
    for of, found in by_turns(partial(_webhooks, SLOW, _burst)):
        _, p99 = zip(*found, strict=True)
        yield Figure("webhook p99, 64 at once", "an idle bot" + of, p99, limit="≤ 250")


def _webhooks(fault: dict[str, object], ask: Callable[[Rig], object]) -> tuple[float, float]:
    with rig() as one:
        one.make_rooms(ROOMS, ROOMS + EVENTS)
        one.start_bot("run")
        ask_and_rest(one)
        known = len(one.ask("deliveries"))
        one.tell("faults", **fault)
        asked = ask(one)
        wait_for(lambda: len(_deliveries(one, known)) >= _count(asked), "webhooks are missing", 60)
        seconds = [each["milliseconds"] / 1000 for each in _deliveries(one, known)]
        return percentile(seconds, 0.5), percentile(seconds, 0.99)


def _count(asked: object) -> int:
    return len(asked) if isinstance(asked, set | list) else 0


def _deliveries(one: Rig, known: int) -> list[dict[str, float]]:
    ours = one.ask("deliveries")[known:]
    bad = [each for each in ours if each["status"] != 200]
    assert not bad, bad[:3]
    return list(ours)


def _at_fifty_a_second(one: Rig) -> set[str]:
    asked, began = set(), time.monotonic()
    for n in range(400):
        asked.add(show(one, ROOMS + n))
        time.sleep(max(0.0, began + (n + 1) / 50 - time.monotonic()))
    return asked


def _burst(one: Rig) -> set[str]:
    return set(at_once([partial(show, one, ROOMS + n) for n in range(64)], 64))


# ------------------------------------------------------------------ the reply


def reply() -> Iterator[Figure]:
    """Time replies to people: one at a time, and in 64 rooms at once."""
    for of, p50 in by_turns(_one_at_a_time):
        where = f"SQLite, run, Webex at 100 ms{of}"
        yield Figure("reply p50, one at a time", where, p50, limit="≤ 130")
    with places() as measured:
        for place in measured:
            for delay in (0.1, 0.0):
                for of, found in by_turns(partial(_rate, place, delay)):
                    rates, cpu = zip(*found, strict=True)
                    where = f"{place.name}, Webex at {delay * 1000:.0f} ms{of}"
                    yield Figure("replies in 64 rooms", where, rates, "/s", _limit(delay))
                    yield Figure("CPU of an event", where, cpu, "ms", "≤ 8")


def _limit(delay: float) -> str:
    return "" if delay else "≥ 180"


def _one_at_a_time() -> float:
    with rig() as one:
        one.make_rooms(8, 64)
        one.start_bot("run")
        ask_and_rest(one)
        one.tell("faults", **SLOW)
        asked = set()
        for n in range(40):
            asked.add(show(one, 8 + n))
            time.sleep(0.4)
        answered(one)
        return percentile(replies(one, asked), 0.5)


def _rate(place: Place, delay: float) -> tuple[float, float]:
    with emptied(place) as url, rig(url) as one:
        one.make_rooms(ROOMS, ROOMS + EVENTS)
        one.start_bot(*place.commands)
        ask_and_rest(one)
        if delay:
            one.tell("faults", match="*", kind="latency", delay=delay)
        used = one.cpu()
        rate = rate_of(one, EVENTS)
        return rate, (one.cpu() - used) / EVENTS * 1000


def rate_of(one: Rig, events: int) -> float:
    """Ask in all rooms at once; how many questions a second are answered."""
    asked = set(at_once([partial(show, one, ROOMS + n) for n in range(events)], ASKERS))
    answered(one)
    replies(one, asked)
    return events / _lasted(one, asked)


@contextmanager
def emptied(place: Place) -> Iterator[str]:
    """A database without tables; empty for SQLite, where the rig uses its own file."""
    if not place.url:
        yield ""
        return
    with psycopg.connect(place.url, autocommit=True) as server:
        server.execute("CREATE DATABASE bench")
        yield place.url.replace("/postgres?", "/bench?")
        server.execute("DROP DATABASE bench WITH (FORCE)")


def _lasted(one: Rig, asked: set[str]) -> float:
    """Seconds from the first question to the last reply, by Webex's clock."""
    headers = {"Authorization": f"Bearer {one.nora['token']}"}
    times = []
    for room in one.rooms:
        params = {"roomId": room, "max": "1000"}
        listed = one.session.get(
            f"{one.url}/v1/messages", params=params, headers=headers, timeout=60
        ).json()["items"]
        ours = [e for e in listed if e["id"] in asked or e.get("parentId") in asked]
        times += [moment(each["created"]) for each in ours]
    return max(times) - min(times)


def show(one: Rig, n: int) -> str:
    """Ask for a trial's card in one of the rooms; the ID of the question."""
    return say(one, n % len(one.rooms), f"show {one.codes[n % len(one.codes)]}")


def ask_and_rest(one: Rig) -> None:
    """Ask once in every room, so that no first time is measured."""
    for n in range(len(one.rooms)):
        show(one, n)
    answered(one)
