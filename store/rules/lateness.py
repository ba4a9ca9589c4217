"""What is said first of many reminders, and what of those that come late."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from store.terms import Bell

LATE = timedelta(hours=6)
"""A reminder that rings later than this after its time is late (PRODUCT §3)."""

URGENT_FIRST: tuple[Bell, ...] = (
    Bell.GRACE_29,
    Bell.ORDERED_29,
    Bell.GRACE_30,
    Bell.CALLING_STOPS,
    Bell.END,
    Bell.DEVICE_14,
    Bell.GRACE_27,
    Bell.ORDERED_27,
    Bell.CONSENT_27,
    Bell.NUMBERS_7,
    Bell.END_MINUS_7,
    Bell.GRACE_1,
    Bell.ORDERED_20,
    Bell.GRACE_15,
    Bell.DEVICE_WEEKLY,
    Bell.DEVICE_7,
    Bell.HUB_3,
    Bell.HUB_1,
    Bell.CONSENT_20,
    Bell.PROVISION_7,
    Bell.PROVISION_2,
    Bell.PROVISION_WEEKLY,
    Bell.ORDERED_5,
    Bell.DEVICE_MINUS_7,
    Bell.END_MINUS_14,
    Bell.ENDED,
    Bell.CONSENT_LAPSED,
    Bell.NUMBERS_RELEASED,
    Bell.CUSTOMER_END,
    Bell.CUSTOMER_MINUS_7,
    Bell.CUSTOMER_DEVICE_7,
    Bell.CUSTOMER_DEVICE,
    Bell.DIGEST,
)
"""The morning card's order: what can't be made good again tomorrow stands first."""

_URGENCY = {kind: place for place, kind in enumerate(URGENT_FIRST)}


def urgency(kind: Bell) -> int:
    """A reminder's place on the morning card: 0 is the most urgent."""
    return _URGENCY[Bell(kind)]


class Rings(Protocol):
    """A planned or a stored reminder."""

    @property
    def kind(self) -> str: ...
    @property
    def rings_at(self) -> datetime: ...


R = TypeVar("R", bound=Rings)


def said(rings: Iterable[R], now: datetime) -> list[R]:
    """Which of one trial's due reminders are said: all in time, and of the late ones the newest.

    The customer's and the partner's are told apart: each hears their own newest one. Of two at one
    moment the more urgent counts as the newer. A late one is obsolete where one of the same subject
    (service, devices, Partner Hub) is in time: nobody hears "expires in a week" on the last day.
    """
    due = sorted(rings, key=_newest)
    late = [ring for ring in due if now - ring.rings_at > LATE]
    in_time = [ring for ring in due if ring not in late]
    known = {_subject(ring) for ring in in_time}
    newest = {_audience(ring): ring for ring in late}.values()
    return [
        ring for ring in due if ring in in_time or (ring in newest and _subject(ring) not in known)
    ]


def _audience(ring: Rings) -> bool:
    return ring.kind.startswith("customer")


def _subject(ring: Rings) -> tuple[bool, bool, bool]:
    return _audience(ring), "device" in ring.kind, ring.kind.startswith("hub")


def _newest(ring: Rings) -> tuple[datetime, int]:
    return ring.rings_at, -urgency(Bell(ring.kind))
