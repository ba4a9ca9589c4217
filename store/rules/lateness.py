"""Which of several due reminders are shown, and which late ones are dropped."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from store.rules.reminder_kinds import ReminderKind, Topic

LATE = timedelta(hours=6)
"""A reminder that rings more than this after its time is late (docs/domain.md#late-reminders)."""


class Rings(Protocol):
    """A reminder, planned or stored."""

    @property
    def kind(self) -> str: ...
    @property
    def rings_at(self) -> datetime: ...


R = TypeVar("R", bound=Rings)


def said(rings: Iterable[R], now: datetime) -> list[R]:
    """Choose which of a trial's due reminders to show: all in time, and the newest late one.

    Customer and partner are counted separately: each gets their own newest late one. Of two at the
    same moment the more urgent counts as newer. A late one is dropped if one on the same topic
    (service, devices, Partner Hub) is in time: nobody reads "expires in a week" on the last day.
    A reminder that a person set is always shown, and makes no other obsolete.
    """
    due = sorted(rings, key=_newest)
    late = [ring for ring in due if now - ring.rings_at > LATE and not _is_own(ring)]
    in_time = [ring for ring in due if ring not in late]
    known = {_topic(ring) for ring in in_time}
    newest = {_audience(ring): ring for ring in late}.values()
    return [
        ring for ring in due if ring in in_time or (ring in newest and _topic(ring) not in known)
    ]


def _is_own(ring: Rings) -> bool:
    return ReminderKind.of(ring.kind).topic is Topic.OWN


def _audience(ring: Rings) -> bool:
    return ReminderKind.of(ring.kind).to_customer


def _topic(ring: Rings) -> tuple[bool, Topic]:
    return _audience(ring), ReminderKind.of(ring.kind).topic


def _newest(ring: Rings) -> tuple[datetime, int]:
    return ring.rings_at, -ReminderKind.of(ring.kind).urgency
