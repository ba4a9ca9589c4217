"""How changes that wait for Partner Hub read: each feature declares its own kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cards.kit.words import N_, Md, Message, Words, dotted
from store.rules.hub import HubChange, open_changes
from store.tables import HubTask, Trial

Wanted = Callable[[Trial, HubTask, Words, date], Md]
"""What a change wants, in a few words, if it is done today; empty if its status says it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind of change reads.

    `name`: what to do. `wanted`: what it wants, beside Cisco's facts. `done`: the button that
    confirms it, today; `give_up`: the one that withdraws it.
    """

    name: str
    wanted: Wanted | None
    done: str
    give_up: str


_wordings: dict[HubChange, Wording] = {}

DONE_TODAY = N_("Done in Partner Hub today")


def reads(
    kind: HubChange,
    name: str,
    *,
    wanted: Wanted | None = None,
    done: str = DONE_TODAY,
    give_up: str = "",
) -> None:
    """Declare how a kind reads. Raises ValueError if it is declared, or can't be withdrawn."""
    if kind in _wordings:
        raise ValueError(f"{kind} has words already")
    if bool(give_up) is not kind.keeps:
        raise ValueError(f"{kind} needs a button to give it up just if it can be given up")
    _wordings[kind] = Wording(name, wanted, done, give_up)


def wording(change: str) -> Wording:
    """The wording of a kind. Raises KeyError if nobody declared it."""
    return _wordings[HubChange.of(change)]


def change_name(change: str, words: Words) -> Md:
    """Return what there is to do; of a kind of another release, its key."""
    return words.fact(named(change))


def named(change: str) -> Message | str:
    """Return what there is to do, to be rendered later; of a kind of another release, its key."""
    return Message(wording(change).name) if HubChange.knows(change) else change


def wanted(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    """Return what an open change wants; empty if its status says it."""
    says = wording(task.change).wanted
    return says(trial, task, words, today) if says else Md("")


def all_wanted(trial: Trial, words: Words, today: date) -> Md:
    """Return what a trial's open changes want, in one line; empty if there are none."""
    return dotted(*(wanted(trial, task, words, today) for task in open_changes(trial)))
