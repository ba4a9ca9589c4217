"""Reminders: planned with a trial or a space, due at a calendar time, settled when they ring."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlmodel import Session, col

from store.database.instant import Instant
from store.queues import leases
from store.queues.leases import REMINDERS, Claimed
from store.rules.plan import Ring
from store.rules.reminder_kinds import ReminderKind
from store.tables import Reminder

Planned = Row[Any]
"""The columns that a replan compares: `id`, `key`, `kind`, `rings_at`, `settled`."""

KNOWN = REMINDERS.c.kind.in_(bindparam("kinds", expanding=True, callable_=ReminderKind.all))
"""Condition: a kind that this release declares; a newer release rings its own."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The queue time at which a new reminder is due: only the calendar holds it back."""

AT_ONCE = 1000
LOOKED_AT = 500
"""How many due reminders a claim searches for different spaces."""


# ------------------------------------------------------------------ planning


def planned_for(connection: Connection, trial_id: int) -> Sequence[Planned]:
    """Every reminder of a trial, including those that have rung."""
    return connection.execute(_PLANNED, {"trial_id": trial_id}).all()


_PLANNED = select(
    REMINDERS.c.id,
    REMINDERS.c.key,
    REMINDERS.c.kind,
    REMINDERS.c.rings_at,
    REMINDERS.c.settled_at.is_not(None).label("settled"),
).where(REMINDERS.c.trial_id == bindparam("trial_id"))


def add(
    connection: Connection,
    rings: Iterable[Ring],
    *,
    space_id: int,
    trial_id: int | None = None,
    now: datetime,
) -> None:
    """Store planned reminders of a space or of one of its trials."""
    here = {"space_id": space_id, "trial_id": trial_id, "lane": lane(space_id)}
    fresh = {"due": LONG_AGO, "created_at": now, "attempts": 0, "outcome": "", "error": ""}
    rows = [fresh | here | _values(ring) for ring in rings]
    if rows:
        connection.execute(insert(REMINDERS), rows)


def _values(ring: Ring) -> dict[str, Any]:
    return {
        "key": ring.key,
        "kind": ring.kind,
        "anchor": ring.anchor,
        "rings_at": ring.rings_at,
        "shipment_id": ring.shipment_id,
    }


def lane(space_id: int) -> str:
    """The lane of a space: its reminders ring one after the other."""
    return f"space/{space_id}"


def ring_at(connection: Connection, times: Mapping[int, datetime]) -> None:
    """Reschedule reminders, by id."""
    moved = update(REMINDERS).where(REMINDERS.c.id == bindparam("reminder"))
    values = [{"reminder": number, "rings_at": at} for number, at in times.items()]
    if values:
        connection.execute(moved, values)


def withdraw(connection: Connection, numbers: Collection[int]) -> None:
    """Delete reminders, by id; pass only those that haven't rung."""
    if numbers:
        connection.execute(delete(REMINDERS).where(REMINDERS.c.id.in_(numbers)))


def withdraw_of_space(connection: Connection, space_id: int, kind: ReminderKind) -> None:
    """Delete a space's own reminders of a kind that haven't rung."""
    connection.execute(delete(REMINDERS).where(*_open_of_space(space_id, kind)))


def ring_once_at(
    connection: Connection, space_id: int, kind: ReminderKind, key: str, rings_at: datetime
) -> bool:
    """Reschedule a space's own open reminder; false if no reminder has this key."""
    found = select(REMINDERS.c.id).where(REMINDERS.c.key == key)
    if connection.scalar(found) is None:
        return False
    same = (*_open_of_space(space_id, kind), REMINDERS.c.key == key)
    connection.execute(update(REMINDERS).where(*same).values(rings_at=rings_at))
    return True


def _open_of_space(space_id: int, kind: ReminderKind) -> tuple[ColumnElement[bool], ...]:
    ours = REMINDERS.c.kind == kind
    return REMINDERS.c.lane == lane(space_id), ours, REMINDERS.c.settled_at.is_(None)


def move(connection: Connection, trial_id: int, *, space_id: int) -> None:
    """Move a trial's open reminders to another space."""
    ours = update(REMINDERS).where(
        REMINDERS.c.trial_id == trial_id, REMINDERS.c.settled_at.is_(None)
    )
    connection.execute(ours.values(space_id=space_id, lane=lane(space_id)))


def forget_before(
    connection: Connection, rings_at: datetime, *, trial_ids: Collection[int]
) -> None:
    """Delete past reminders as if they had rung (for the sandbox's example trials)."""
    past = delete(REMINDERS).where(REMINDERS.c.rings_at < rings_at)
    connection.execute(past.where(REMINDERS.c.trial_id.in_(trial_ids)))


# ------------------------------------------------------------------ claiming


def claim(
    connection: Connection,
    *,
    token: str,
    now: datetime,
    until: datetime,
    limit: int,
    calendar: datetime,
) -> list[Claimed]:
    """Claim one due reminder for each space that no process is ringing for.

    `calendar`: the calendar time; the first claim stores it as `rang_at`.
    """
    # Usually nothing is due, and planning the claim costs PostgreSQL more than this query.
    if not connection.execute(_ANY_RINGS, {"calendar": calendar}).scalar_one():
        return []
    given = {"limit": limit, "calendar": calendar}
    return leases.claim(connection, _CLAIM, token=token, now=now, until=until, **given)


def any_rings() -> ColumnElement[bool]:
    """Condition: a reminder is due at `calendar`. Reads only the earliest, by its index."""
    soonest = select(func.min(REMINDERS.c.rings_at)).where(REMINDERS.c.settled_at.is_(None), KNOWN)
    return func.coalesce(soonest.scalar_subquery() <= bindparam("calendar"), False)


_ANY_RINGS = select(any_rings())


def _one_a_space() -> Update:
    """Build a claim that looks only at the earliest reminders of free spaces."""
    table = REMINDERS
    ringing = table.c.settled_at.is_(None) & (table.c.rings_at <= bindparam("calendar"))
    held = table.alias("held")
    space_held = exists().where(
        held.c.lane == table.c.lane,
        held.c.settled_at.is_(None),
        held.c.leased_until >= bindparam("now"),
    )
    soonest = (
        select(table.c.id, table.c.lane, table.c.rings_at)
        .where(ringing, leases.is_free(table), KNOWN, ~space_held)
        .order_by(table.c.rings_at, table.c.id)
        .limit(LOOKED_AT)
        .cte("soonest")
    )
    place = func.row_number().over(
        partition_by=soonest.c.lane, order_by=(soonest.c.rings_at, soonest.c.id)
    )
    placed = select(soonest.c.id, place.label("place")).cte("placed")
    first = select(placed.c.id).where(placed.c.place == 1).limit(bindparam("limit")).cte("first")
    rows = (
        select(table.c.id)
        .where(table.c.id.in_(select(first.c.id)), leases.is_free(table))
        .with_for_update(skip_locked=True, of=table)
    )
    rang_at = func.coalesce(table.c.rang_at, bindparam("calendar", type_=Instant()))
    return leases.leasing(table, rows, rang_at=rang_at)


_CLAIM = _one_a_space()

# ------------------------------------------------------------------ ringing


def kinds_due(session: Session, row: Claimed) -> set[ReminderKind]:
    """The kinds of the reminders due in a claimed reminder's space."""
    kinds = session.scalars(select(col(Reminder.kind)).where(*_due_in_lane(row)).distinct())
    return {ReminderKind.of(kind) for kind in kinds}


def due(
    session: Session, row: Claimed, *, now: datetime, alone: bool, tries: int
) -> tuple[ColumnElement[bool], ...]:
    """Conditions for the reminders that ring with a claimed one.

    `alone`: only the claimed one; else all that are due in its space with fewer `tries`.
    """
    if alone:
        return col(Reminder.id) == row.id, col(Reminder.settled_at).is_(None)
    return (*_due_in_lane(row), col(Reminder.due) <= now, col(Reminder.attempts) < tries)


def trials_of(session: Session, wanted: Sequence[ColumnElement[bool]]) -> set[int]:
    """The ids of the trials that these reminders are about."""
    concerned = select(col(Reminder.trial_id)).where(*wanted).limit(AT_ONCE)
    return {number for number in session.scalars(concerned) if number is not None}


def lock(session: Session, wanted: Sequence[ColumnElement[bool]]) -> Sequence[Reminder]:
    """Read and lock these reminders, oldest first."""
    return session.scalars(
        select(Reminder)
        .where(*wanted)
        .order_by(col(Reminder.id))
        .limit(AT_ONCE)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def settle(
    connection: Connection, numbers: Collection[int | None], *, rang_at: datetime, now: datetime
) -> None:
    """Settle reminders that have rung."""
    rang = update(REMINDERS).where(REMINDERS.c.id.in_(numbers), REMINDERS.c.settled_at.is_(None))
    ended = {"settled_at": now, "outcome": "rang", "lease": None, "leased_until": None}
    connection.execute(rang.values(rang_at=rang_at, **ended))


def rung_with(session: Session, lane: str, settled_at: datetime) -> Sequence[Reminder]:
    """Read the reminders of a space that rang in the same transaction."""
    rang = (col(Reminder.settled_at) == settled_at, col(Reminder.lane) == lane)
    return session.scalars(
        select(Reminder).where(*rang, col(Reminder.outcome) == "rang").order_by(col(Reminder.id))
    ).all()


class Rung(NamedTuple):
    """A reminder that has rung, and when (queue time)."""

    trial_id: int | None
    kind: str
    key: str
    settled_at: datetime


def rung(
    session: Session, lane: str, trial_ids: Collection[int], keys: Collection[str]
) -> Iterator[Rung]:
    """Read the reminders of a space that have rung, of these trials or with these keys."""
    table, connection = REMINDERS.c, session.connection()
    what = select(table.trial_id, table.kind, table.key, table.settled_at)
    rang = what.where(table.outcome == "rang", table.lane == lane)
    for column, wanted in ((table.trial_id, trial_ids), (table.key, keys)):
        if wanted:
            yield from map(Rung._make, connection.execute(rang.where(column.in_(wanted))))


def _due_in_lane(row: Claimed) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Reminder.lane) == row.lane,
        col(Reminder.rings_at) <= row.rang_at,
        col(Reminder.settled_at).is_(None),
        KNOWN,
    )


# ------------------------------------------------------------------ looking


def count_late(connection: Connection, *, before: datetime) -> int:
    """The number of reminders, of any kind, that should have rung before a calendar time."""
    late = select(func.count()).where(
        REMINDERS.c.settled_at.is_(None), REMINDERS.c.rings_at < before
    )
    count: int = connection.execute(late).scalar_one()
    return count
