"""How reminders sound in a partner's space: each feature declares the texts of its own kinds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import Formatter

from cards.kit.words import Md, Words
from store.rules.reminder_kinds import ReminderKind
from store.tables import Trial

Buttons = tuple[tuple[str, str], ...]
"""Titles (message ids) and the words that they say about the trial."""

Beside = Callable[[Trial, Words], Iterator[Md]]

ALWAYS = frozenset({"day", "deadline", "accepted", "bought", "changes"})
OF_THE_END = frozenset({"ends", "grace", "left", "numbers"})
OF_DEVICES = frozenset({"devices", "expires", "due", "how"})
FACTS = ALWAYS | OF_THE_END | OF_DEVICES
"""What a text may use: the true `day`, days `left` of grace, and the trial's or devices' dates."""


@dataclass(frozen=True, slots=True)
class Notice:
    """How one kind of reminder sounds.

    `line`: what it is about, in a few words; `more`: what to do. `beside`: what else belongs to it
    for some trials. `in_hub`: it has a link to Partner Hub.
    """

    line: str
    more: str = ""
    buttons: Buttons = ()
    grave: bool = False
    in_hub: bool = False
    beside: Beside | None = None


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
) -> None:
    """Declare how a kind of reminder sounds. Raises ValueError for a fact that no reminder has."""
    if kind in notices:
        raise ValueError(f"{kind} has a text already")
    used = {name for text in (line, more) for _, name, _, _ in Formatter().parse(text) if name}
    if unknown := used - FACTS:
        raise ValueError(f"{kind} uses {sorted(unknown)}, which no reminder has")
    notices[kind] = Notice(line, more, buttons, grave, in_hub, beside)
