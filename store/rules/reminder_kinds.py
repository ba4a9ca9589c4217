"""The kinds of reminder: each is declared once, with everything that is known of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from store.declared import Declared
from store.terms import Status


class Topic(StrEnum):
    """What a reminder is about: reminders of one topic make each other obsolete."""

    SERVICE = "service"
    DEVICES = "devices"
    TO_DO = "to-do"
    WEEK = "week"


class ReminderKind(Declared):
    """A kind of reminder; a number in its word is days from the date it counts from.

    `after`: days from that date to the day that the reminder is about; None: that date itself, as
    weekly ones have it. `urgency`: its place on the morning card, the lowest first. `to_customer`:
    the customer hears it, one to one, and never the partner's space. `can_wait`: people may snooze
    it. `mentions`: it mentions the people who look after the trial. `lapses`: it says what a date
    has ended. Lapses and the customer's reminders keep their day where others move to a working
    day.
    """

    after: int | None
    urgency: int
    topic: Topic
    to_customer: bool
    can_wait: bool
    mentions: bool
    lapses: bool

    def __new__(
        cls,
        word: str,
        *,
        after: int | None = None,
        urgency: int,
        topic: Topic = Topic.SERVICE,
        to_customer: bool = False,
        can_wait: bool = True,
        mentions: bool = False,
        lapses: bool = False,
    ) -> Self:
        self = super().__new__(cls, word)
        self.after, self.urgency, self.topic = after, urgency, topic
        self.to_customer, self.mentions, self.lapses = to_customer, mentions, lapses
        self.can_wait = can_wait and not (lapses or to_customer or topic is Topic.WEEK)
        return self

    @property
    def keeps_its_day(self) -> bool:
        """Whether it rings on its day even where the space's people don't work."""
        return self.lapses or self.to_customer

    @property
    def is_weekly(self) -> bool:
        """Whether it comes back every week."""
        return self.after is None


Operation = TypeVar("Operation", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Decided:
    """What a date has decided: the operation that records it, and the trial's status then."""

    record: Callable[..., Any]
    status: Status


decided: dict[ReminderKind, Decided] = {}
"""The reminders that say what a date has decided; ringing records it."""


def records(kind: ReminderKind, status: Status) -> Callable[[Operation], Operation]:
    """Record what the reminder's date decides: `(session, trial_id, now=…)`."""

    def register(operation: Operation) -> Operation:
        decided[kind] = Decided(operation, status)
        return operation

    return register
