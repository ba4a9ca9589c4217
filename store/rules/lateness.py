"""Which of several due reminders are shown, and which late ones are dropped."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from store.rules.plan import topic_of
from store.rules.reminder_kinds import ReminderKind, Topic

LATE = timedelta(hours=6)
"""A reminder that rings more than this after its time is late (docs/domain.md#late-reminders)."""


class Rings(Protocol):
    """A reminder, planned or stored."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def rings_at(self) -> datetime: ...


class Stored(Rings, Protocol):
    """A stored reminder, with the trial that it is about."""

    @property
    def trial_id(self) -> int | None: ...


R = TypeVar("R", bound=Rings)
S = TypeVar("S", bound=Stored)


def said(rings: Iterable[R], now: datetime) -> list[R]:
    """Choose which of a trial's due reminders to show: all in time, and the newest late ones.

    Of each topic (the service, a shipment, a change in Partner Hub) only the newest late one is
    shown, and none if one on the topic is in time: nobody reads "expires in a week" on the last
    day. Customer and partner are counted separately. Of two at the same moment the more urgent
    counts as newer. A reminder that a person set is always shown, and makes no other obsolete.
    """
    due = sorted(rings, key=_newest)
    late = [ring for ring in due if now - ring.rings_at > LATE and not _is_own(ring)]
    in_time = [ring for ring in due if ring not in late]
    known = {_topic(ring) for ring in in_time}
    newest = {_topic(ring): ring for ring in late}.values()
    return [
        ring for ring in due if ring in in_time or (ring in newest and _topic(ring) not in known)
    ]


def heard(rings: Iterable[S], now: datetime) -> list[S]:
    """Choose which of a space's due reminders to show: of each trial as in `said`."""
    of_trial: dict[int | None, list[S]] = {}
    for ring in rings:
        of_trial.setdefault(ring.trial_id, []).append(ring)
    return [ring for each in of_trial.values() for ring in said(each, now)]


def _is_own(ring: Rings) -> bool:
    return ReminderKind.of(ring.kind).topic is Topic.OWN


def _topic(ring: Rings) -> tuple[bool, Topic, str]:
    kind = ReminderKind.of(ring.kind)
    return kind.to_customer, kind.topic, topic_of(ring.key)


def _newest(ring: Rings) -> tuple[datetime, int]:
    return ring.rings_at, -ReminderKind.of(ring.kind).urgency
