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
"""A fact of one kind only: `(trial, topic, day)`; None if the reminder lacks it."""

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

    `line`: the subject in a few words. `more`: what to do. `beside`: sentences added for some
    trials only. `in_hub`: add a link to Partner Hub. `facts`: those of this kind only.
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
    """Declare the text of a reminder kind; `facts`: its own, besides those of all reminders.

    Raises ValueError if the kind already has a text, or for a fact that neither it nor its topic
    has.
    """
    if kind in notices:
        raise ValueError(f"{kind} already has a text")
    used = {name for text in (line, more) for _, name, _, _ in Formatter().parse(text) if name}
    has = FACTS | facts.keys() | (OF_DEVICES if kind.topic is Topic.DEVICES else set())
    if unknown := used - has:
        raise ValueError(f"{kind} uses {sorted(unknown)}; of its topic there are {sorted(has)}")
    notices[kind] = Notice(line, more, buttons, grave, in_hub, beside, facts)
