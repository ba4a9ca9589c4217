"""The kinds of reminder, each declared once with all its properties."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from store.declared import Declared
from store.tables import Trial
from store.terms import Status


class Topic(StrEnum):
    """A reminder's subject: reminders of one topic make each other obsolete.

    CONTACT is about reaching the customer.

    Reminders that a person set (OWN) are independent: they keep their day, can't be snoozed, and
    are sent however late they are.
    """

    SERVICE = "service"
    DEVICES = "devices"
    TO_DO = "to-do"
    CONTACT = "contact"
    WEEK = "week"
    OWN = "own"


Calls = Callable[[Trial, str], Collection[int]]
"""The ids of the people to mention, given the trial and the topic of the reminder."""


class ReminderKind(Declared):
    """A kind of reminder; a number in its name is days from its anchor date.

    `after`: days from the anchor to the day the reminder is about; None: the anchor itself, for
    weekly reminders. `urgency`: its rank on the morning card, lowest first. `to_customer`: it goes
    to the customer in a private chat, never to the partner's space. `can_wait`: people may snooze
    it. `mentions`: it mentions the people responsible for the trial; `calls`: it mentions these
    people instead; `escalates`: it mentions every full administrator too. `lapses`: it reports what
    a date has ended. Lapses, customer reminders and reminders that a person set keep their day
    where others move to a working day.
    """

    after: int | None
    urgency: int
    topic: Topic
    to_customer: bool
    can_wait: bool
    mentions: bool
    calls: Calls | None
    escalates: bool
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
        calls: Calls | None = None,
        escalates: bool = False,
        lapses: bool = False,
    ) -> Self:
        self = super().__new__(cls, word)
        self.after, self.urgency, self.topic = after, urgency, topic
        self.to_customer, self.lapses = to_customer, lapses
        self.mentions, self.calls = mentions or calls is not None or escalates, calls
        self.escalates = escalates
        self.can_wait = can_wait and not (lapses or to_customer or topic in (Topic.WEEK, Topic.OWN))
        return self

    @property
    def keeps_its_day(self) -> bool:
        """Whether it rings on its day even if the space doesn't work then."""
        return self.lapses or self.to_customer or self.topic is Topic.OWN

    @property
    def is_weekly(self) -> bool:
        """Whether it repeats every week."""
        return self.after is None


Operation = TypeVar("Operation", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Decided:
    """What a date decides: the operation that records it, and the resulting status."""

    record: Callable[..., Any]
    status: Status


decided: dict[ReminderKind, Decided] = {}
"""The reminders that report what a date has decided; ringing records it."""


def records(kind: ReminderKind, status: Status) -> Callable[[Operation], Operation]:
    """Register the operation that records what a reminder's date decides.

    It is called as `(session, trial_id, now=…)`.
    """

    def register(operation: Operation) -> Operation:
        decided[kind] = Decided(operation, status)
        return operation

    return register
