"""The weekly digest of a space: its contents and its next reminder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select, union_all

from store.features.shared.trials import BARE, complete, today_in
from store.queues import reminders
from store.rules.dates import GRACE_DAYS
from store.rules.plan import Ring, instant
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.shipments import without_end
from store.tables import Shipment, Space, Trial, id_of
from store.terms import State

DIGEST = ReminderKind("digest", urgency=330, topic=Topic.WEEK)


MOST = 200
"""More than anybody reads; the card shows how many it leaves out."""


def plan_next(session: Session, space: Space, now: datetime) -> None:
    """Plan the next Monday's digest, or withdraw open digests if they are switched off.

    While they are on, one that is already due still rings.
    """
    connection = session.connection()
    if not space.weekly_digest:
        reminders.withdraw_of_space(connection, id_of(space), DIGEST)
        return
    ring = next_digest(space, today_in(space, now))
    if not reminders.ring_once_at(connection, id_of(space), DIGEST, ring.key, ring.rings_at):
        reminders.add(connection, [ring], space_id=id_of(space), now=now)


def next_digest(space: Space, today: date) -> Ring:
    """A space's next digest: the first Monday after today, even on a holiday."""
    monday = today + timedelta(days=7 - today.weekday())
    return Ring(
        rings_at=instant(monday, space.reminder_hour, ZoneInfo(space.time_zone)),
        kind=DIGEST,
        anchor=monday,
        key=f"space/{space.id}/digest/{monday}",
        shipment_id=None,
        names_day=monday,
    )


@dataclass(frozen=True, slots=True)
class Week:
    """The contents of a weekly digest: trials by days left, devices due, devices with unknown D."""

    trials: Sequence[Trial]
    devices: Sequence[Trial]
    unknown: Sequence[Trial]

    def __bool__(self) -> bool:
        return bool(self.trials or self.devices or self.unknown)


def week(session: Session, space: Space, today: date) -> Week:
    """What changes in a space within 14 days: E, E+30, R+30, D, D+14; and unknown D."""
    day, soon = timedelta(days=1), today + timedelta(days=14)
    at, here = col(Trial.sorts_on), col(Trial.space_id) == space.id
    active, asked = col(Trial.state) == State.ACTIVE, col(Trial.state) == State.CONSENT
    ranges = [
        (active, today, soon),
        (active, today - GRACE_DAYS * day, soon - GRACE_DAYS * day),
        (asked, today, soon),
    ]
    ids = [
        select(col(Trial.id)).where(here, state, at >= first, at <= last).limit(MOST)
        for state, first, last in ranges
    ]
    parts = union_all(*(select(part.subquery().c.id) for part in ids)).subquery()
    changing = session.exec(select(parts.c.id)).all()
    found = BARE.where(col(Trial.id).in_(set(changing)))
    trials = session.exec(found.order_by(at, col(Trial.id))).all()
    due = col(Trial.devices_due)
    ours = BARE.where(col(Trial.partner_id) == space.partner_id, here)
    ours = ours.order_by(due, col(Trial.id))
    out = session.exec(ours.where(due.is_not(None), due <= soon).limit(MOST)).all()
    open_end = select(col(Shipment.id)).where(
        col(Shipment.trial_id) == col(Trial.id),
        col(Shipment.expires_on).is_(None),
        col(Shipment.returned_on).is_(None),
    )
    unknown = session.exec(ours.where(due.is_not(None), open_end.exists()).limit(MOST)).all()
    complete(session, [*trials, *out, *unknown])
    return Week(trials, out, [trial for trial in unknown if without_end(trial)])
