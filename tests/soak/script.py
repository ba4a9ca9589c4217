"""What people say and press while processes die, and how the calendar moves, all from a seed.

Each trial belongs to one lane (a person in a place), so its final state follows from the order
in which that lane's events were stored, whichever process was killed meanwhile.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

QUIET = ("note", "press-note", "show", "list", "home")
ACTS = {
    "note": 6,
    "press-note": 6,
    "tick": 4,
    "show": 3,
    "list": 2,
    "home": 1,
    "extend": 1,
    "let-go": 1,
}
"""What people do, and how often."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A person in one of the spaces; `place` None: one to one."""

    who: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody says or presses about their `trial`-th trial.

    `mark`: the text that identifies it in a history; no two steps have the same.
    """

    number: int
    lane: Lane
    act: str
    trial: int
    choice: int

    @property
    def mark(self) -> str:
        return f"step-{self.number:05}"

    @property
    def is_press(self) -> bool:
        return self.act in ("press-note", "tick", "extend", "let-go")


class Victim(StrEnum):
    """Which half is killed."""

    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Kill:
    """Which process is killed, and how long after its cue; `pick` chooses among several workers."""

    victim: Victim
    delay: float
    pick: int


@dataclass(frozen=True, slots=True)
class Part:
    """The steps between two moments of rest.

    days: how far the calendar moves at the start; 0: people talk while no reminder is due.
    kills: each with the number of steps after which its cue comes.
    """

    days: int
    steps: tuple[Step, ...]
    kills: tuple[tuple[int, Kill], ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A run: lanes, and the parts in order."""

    lanes: tuple[Lane, ...]
    trials_a_lane: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """The least that must happen."""

    events: int
    reminders: int
    kills: int


BELLS_A_TRIAL = 11
"""Reminders from E−14 to E+31 of a trial that nobody extends."""

DAYS = (16, 9, 7, 1, 8, 6, 12, 2, 2, 1, 3, 14)
"""From the start of a 30-day trial: E−14, E−5, E+2, …, until well after its end."""


def write(size: Size, seed: int, *, places: int = 6, days: tuple[int, ...] = DAYS) -> Script:
    """Write a script for a size; the same one for the same seed.

    Everybody first asks for a card, so that they have one to press.
    """
    dice = random.Random(seed)
    lanes = (
        *(Lane(who, place) for place in range(places) for who in ("nora", "tom")),
        *(Lane(who, None) for who in ("nora", "tom")),
    )
    trials = -(-size.reminders // (len(lanes) * (BELLS_A_TRIAL - 2)))
    greetings = tuple(Step(n, lane, "home", 0, 0) for n, lane in enumerate(lanes))
    numbers = range(len(lanes), max(size.events, len(lanes)))
    steps = [_step(number, lanes, trials, dice) for number in numbers]
    moves = [move for each in days for move in (0, each)]
    kills = [dice.randrange(len(moves)) for _ in range(size.kills)]
    parts = (
        _part(move, steps[n :: len(moves)], kills.count(n), dice) for n, move in enumerate(moves)
    )
    return Script(lanes, trials, (Part(0, greetings, ()), *parts))


def _step(number: int, lanes: tuple[Lane, ...], trials: int, dice: random.Random) -> Step:
    (act,) = dice.choices(list(ACTS), list(ACTS.values()))
    return Step(number, dice.choice(lanes), act, dice.randrange(trials), dice.randrange(1000))


def _part(days: int, steps: list[Step], kills: int, dice: random.Random) -> Part:
    quiet = [_hushed(step) for step in steps] if days else steps
    cues = sorted(dice.randrange(len(steps) + 1) for _ in range(kills))
    return Part(days, tuple(quiet), tuple((cue, _kill(days, dice)) for cue in cues))


def _hushed(step: Step) -> Step:
    """Replace an act that reminders depend on: while they ring, it would make the end ambiguous."""
    act = step.act if step.act in QUIET else QUIET[step.choice % len(QUIET)]
    return Step(step.number, step.lane, act, step.trial, step.choice)


def _kill(days: int, dice: random.Random) -> Kill:
    victim = dice.choice((Victim.WEB, Victim.WORKER, Victim.WORKER))
    return Kill(victim, dice.uniform(0, 1.5 if days else 0.3), dice.randrange(1000))
