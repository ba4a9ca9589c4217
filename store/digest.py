"""The weekly digest of a space: what it says, and when it rings next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select, union_all, update
from sqlmodel import Session, col

from store.plan import digest
from store.policy import GRACE_DAYS
from store.tables import Reminder, Space, Trial, id_of
from store.terms import Bell, State
from store.trials import LAST_OF_DAYS, as_row, loading, today_in

MOST = 200
"""More than anybody reads; the card says how many it leaves out."""


def plan_next(session: Session, space: Space, now: datetime) -> None:
    """Make sure that the next Monday's digest is planned, or none if digests are switched off.

    One that is due already still rings.
    """
    open_ones = (
        col(Reminder.lane) == f"space/{space.id}",
        col(Reminder.kind) == Bell.DIGEST,
        col(Reminder.settled_at).is_(None),
    )
    if not space.weekly_digest:
        session.execute(delete(Reminder).where(*open_ones))
        return
    ring = digest(space, today_in(space, now))
    same = col(Reminder.key) == ring.key
    if session.scalar(select(col(Reminder.id)).where(same)) is None:
        session.execute(insert(Reminder), [as_row(ring, now, space_id=id_of(space))])
    else:
        session.execute(update(Reminder).where(*open_ones, same).values(rings_at=ring.rings_at))


@dataclass(frozen=True, slots=True)
class Week:
    """What the weekly digest of a space says: trials by days left, devices due, D unknown."""

    trials: Sequence[Trial]
    devices: Sequence[Trial]
    unknown: Sequence[Trial]

    def __bool__(self) -> bool:
        return bool(self.trials or self.devices or self.unknown)


def week(session: Session, space: Space, today: date) -> Week:
    """What changes in a space within the next 14 days: E, E+30, R+30, D, D+14; and unknown D."""
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
    changing = session.scalars(union_all(*(select(part.subquery()) for part in ids))).all()
    found = loading().where(col(Trial.id).in_(set(changing)))
    trials = session.scalars(found.order_by(at, col(Trial.id))).all()
    due = col(Trial.devices_due)
    ours = loading().where(col(Trial.partner_id) == space.partner_id, here)
    ours = ours.order_by(due, col(Trial.id))
    out = session.scalars(ours.where(due.is_not(None), due <= soon).limit(MOST)).all()
    unknown = session.scalars(ours.where(due == LAST_OF_DAYS).limit(MOST)).all()
    return Week(trials, out, unknown)
