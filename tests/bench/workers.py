"""What a second worker on PostgreSQL adds, with each worker held to a quarter of a core.

If a worker could use a whole core of a small machine, the machine would be full before the second
worker did anything. So a worker is the narrowest place here, as it is where each has a machine.
"""

from collections.abc import Iterator
from functools import partial

from tests.bench.figures import Figure
from tests.bench.replies import ROOMS, Place, ask_and_rest, emptied, places, rate_of
from tests.bench.rig import by_turns, rig
from tests.bench.throttle import held

SHARE = 0.25
EVENTS = 600


def workers() -> Iterator[Figure]:
    """Replies in 64 rooms with one and with two workers, and how many times more two send."""
    with places() as (_, one, two):
        for of, found in by_turns(partial(_rates, (one, two))):
            where = f"PostgreSQL, workers at {SHARE:.0%} of a core{of}"
            rates = list(zip(*found, strict=True))
            yield Figure("replies in 64 rooms, one worker", where, rates[0], "/s")
            yield Figure("replies in 64 rooms, two workers", where, rates[1], "/s")
            times = [of_two / of_one for of_one, of_two in found]
            yield Figure("two workers to one", where, times, "x", "≥ 1.5 x")


def _rates(measured: tuple[Place, Place]) -> tuple[float, float]:
    one, two = (_rate(place) for place in measured)
    return one, two


def _rate(place: Place) -> float:
    with emptied(place) as url, rig(url) as one:
        one.make_rooms(ROOMS, ROOMS + EVENTS)
        one.start_bot(*place.commands)
        ask_and_rest(one)
        pairs = zip(place.commands, one.bots, strict=True)
        working = [bot.pid for command, bot in pairs if command == "worker"]
        with held(working, SHARE):
            return rate_of(one, EVENTS)
