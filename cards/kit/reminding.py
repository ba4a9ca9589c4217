"""The texts of reminders in a partner's space: each feature declares those of its own kinds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from string import Formatter

from cards.kit.words import Md, Words
from store.rules.reminder_kinds import ReminderKind, Topic
from store.tables import Trial

Buttons = tuple[tuple[str, str], ...]
"""Titles (message ids) and the commands that they run on the trial."""

Beside = Callable[[Trial, Words], Iterator[Md]]

Fact = Callable[[Trial, str, date], object]
"""A fact that one kind alone has: of a trial, the topic planned with, and the day; None: none."""

ALWAYS = frozenset({"day", "deadline", "accepted", "bought", "changes"})
OF_THE_END = frozenset({"ends", "grace", "left", "numbers"})
OF_DEVICES = frozenset({"devices", "expires", "due", "how"})
FACTS = ALWAYS | OF_THE_END
"""The facts that a text may use: the true `day`, days `left` of grace, and the trial's dates.

A device reminder has the device facts too. Not every trial has an end date: a test renders each
kind for every trial for which it is planned.
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """The text of one kind of reminder.

    `line`: what it is about, in a few words; `more`: what to do. `beside`: what else belongs to it
    for some trials. `in_hub`: it has a link to Partner Hub. `facts`: those of this kind alone.
    """

    line: str
    more: str = ""
    buttons: Buttons = ()
    grave: bool = False
    in_hub: bool = False
    beside: Beside | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


notices: dict[ReminderKind, Notice] = {}
"""Every reminder that goes to a partner's space."""


def reminds(
    kind: ReminderKind,
    line: str,
    more: str = "",
    buttons: Buttons = (),
    *,
    grave: bool = False,
    in_hub: bool = False,
    beside: Beside | None = None,
    facts: Mapping[str, Fact] = {},
) -> None:
    """Declare how a kind sounds; `facts`: its own, besides those that all reminders have.

    Raises ValueError for a fact that neither it nor any reminder of its topic has.
    """
    if kind in notices:
        raise ValueError(f"{kind} already has a text")
    used = {name for text in (line, more) for _, name, _, _ in Formatter().parse(text) if name}
    has = FACTS | facts.keys() | (OF_DEVICES if kind.topic is Topic.DEVICES else set())
    if unknown := used - has:
        raise ValueError(f"{kind} uses {sorted(unknown)}; of its topic there are {sorted(has)}")
    notices[kind] = Notice(line, more, buttons, grave, in_hub, beside, facts)
