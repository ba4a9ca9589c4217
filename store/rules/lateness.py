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

    The customer's and the partner's are told apart: each hears their own newest one. Of two at one
    moment the more urgent counts as the newer. A late one is obsolete where one of the same subject
    (service, devices, Partner Hub) is in time: nobody hears "expires in a week" on the last day.
    What somebody set for themselves is always said, and nothing is obsolete because of it.
    """
    due = sorted(rings, key=_newest)
    late = [ring for ring in due if now - ring.rings_at > LATE and not _is_own(ring)]
    in_time = [ring for ring in due if ring not in late]
    known = {_subject(ring) for ring in in_time}
    newest = {_audience(ring): ring for ring in late}.values()
    return [
        ring for ring in due if ring in in_time or (ring in newest and _subject(ring) not in known)
    ]


def _is_own(ring: Rings) -> bool:
    return ReminderKind.of(ring.kind).topic is Topic.OWN


def _audience(ring: Rings) -> bool:
    return ReminderKind.of(ring.kind).to_customer


def _subject(ring: Rings) -> tuple[bool, Topic]:
    return _audience(ring), ReminderKind.of(ring.kind).topic


def _newest(ring: Rings) -> tuple[datetime, int]:
    return ring.rings_at, -ReminderKind.of(ring.kind).urgency
