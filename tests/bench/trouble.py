"""How long people wait while Webex refuses calls, or next to a room whose events cause trouble."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

from sqlmodel import select

from store.database.database import Database
from store.tables import Space
from tests.bench.figures import Figure
from tests.bench.replies import ask_and_rest, show
from tests.bench.rig import Rig, by_turns, percentile, replies, rig, say, wait_for

ROOMS = 32
SECONDS = 20
REFUSED = {"match": "*", "kind": "429", "share": 0.1, "retry_after": 1}


def limited() -> Iterator[Figure]:
    """Time replies at 30 questions a second while Webex refuses a tenth of all calls for 1 s."""
    for of, found in by_turns(_limited):
        p50, p99 = zip(*found, strict=True)
        yield Figure("reply p50 at 30/s", f"10 % of calls 429{of}", p50)
        yield Figure("reply p99 at 30/s", f"10 % of calls 429{of}", p99, limit="≤ 4000")


def _limited() -> tuple[float, float]:
    with _calm_rig() as one:
        one.tell("faults", **REFUSED)
        waits = _waits(one, _asked(one, 30))
        return percentile(waits, 0.5), percentile(waits, 0.99)


# ------------------------------------------------------------------ next to a room in trouble


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in the first room, where somebody writes once a second."""

    name: str
    begin: Callable[[Rig], object]
    speaks: Callable[[Rig], object]


def beside() -> Iterator[Figure]:
    """Time replies to ten questions a second in other rooms while one room is in trouble."""
    for trouble in TROUBLES:
        for of, p50 in by_turns(partial(_beside, trouble)):
            yield Figure("others' reply p50 at 10/s", trouble.name + of, p50, limit="≤ 2 x calm")


def _beside(trouble: Trouble) -> float:
    with _calm_rig() as one:
        trouble.begin(one)
        return percentile(_waits(one, _asked(one, 10, partial(trouble.speaks, one))), 0.5)


def _hang(one: Rig) -> None:
    hangs = {"match": "POST /v1/messages", "kind": "hang", "delay": 8.0}
    one.tell("faults", room=one.rooms[0], **hangs)


def _poison(one: Rig) -> None:
    """Give the room an invalid time zone: each event there fails, and so does the apology."""
    database = Database(one.database_url, connections=1)
    with database.transaction() as session:
        space = session.exec(select(Space).where(Space.room_id == one.rooms[0])).one()
        space.time_zone = "Nowhere/At_All"
    database.close()


def _speak(one: Rig) -> None:
    say(one, 0, "home")


def _speak_and_delete(one: Rig) -> None:
    headers = {"Authorization": f"Bearer {one.nora['token']}"}
    url = f"{one.url}/v1/messages/{say(one, 0, 'home')}"
    assert one.session.delete(url, headers=headers, timeout=60).ok


def _nothing(one: Rig) -> None:
    """Do nothing: no room is in trouble."""


TROUBLES = (
    Trouble("calm", _nothing, _nothing),
    Trouble("gone messages", _nothing, _speak_and_delete),
    Trouble("a hanging room", _hang, _speak),
    Trouble("poison events", _poison, _speak),
)

# ------------------------------------------------------------------ asking


@contextmanager
def _calm_rig() -> Iterator[Rig]:
    """A rig on SQLite whose bot has answered once in every room."""
    with rig() as one:
        one.make_rooms(ROOMS, 2 * ROOMS + 30 * SECONDS)
        one.start_bot("run")
        ask_and_rest(one)
        yield one


def _asked(one: Rig, rate: int, once_a_second: Callable[[], object] = int) -> set[str]:
    """Ask `rate` times a second for 20 seconds in all rooms but the first; IDs of the questions."""
    asked, began = set(), time.monotonic()
    others = (n for n in count(ROOMS) if n % ROOMS)
    for n, other in zip(range(rate * SECONDS), others, strict=False):
        if n % rate == 0:
            once_a_second()
        asked.add(show(one, other))
        time.sleep(max(0.0, began + (n + 1) / rate - time.monotonic()))
    return asked


def _waits(one: Rig, asked: set[str]) -> list[float]:
    """Seconds that each question waited, once all are answered."""
    waits: list[float] = []

    def all_answered() -> bool:
        try:
            waits[:] = replies(one, asked)
        except AssertionError:
            return False
        return True

    wait_for(all_answered, "somebody was never answered", 120)
    return waits
