"""The queues in the database: who claims which row, until when, and how a row ends.

Inbox, outbox and reminders are claimed alike. A claim writes a fresh `lease` and `leased_until`;
who holds the lease may settle the row, and nobody else: every ending names the lease and says
whether it still held. All times here are queue time, but for the moment at which reminders ring.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Table,
    Update,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from store.database.among import among
from store.database.instant import Instant
from store.tables import Inbox, Outbox, Reminder

Claimed = Row[Any]

INBOX: Table = Inbox.metadata.tables["inbox"]
OUTBOX: Table = Outbox.metadata.tables["outbox"]
REMINDERS: Table = Reminder.metadata.tables["reminder"]
QUEUES = (INBOX, OUTBOX, REMINDERS)

CHANNEL = "trialbot"
EVER = datetime(1, 1, 1, tzinfo=UTC)
"""Nothing was due before: who asks since then names the column, as its index wants it."""
LOOKED_AT = 500
"""Due reminders among which a claim finds different lanes."""
ORPHANED = "orphaned"
"""The outcome, for now, of a row whose last holder's lease ran out: it may have been done once."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The hold of somebody who will work on a row at once, until then."""

    token: str
    until: datetime


# ------------------------------------------------------------------ putting


def in_turn(connection: Connection, lanes: Iterable[str]) -> None:
    """Let rows become visible in the order of their numbers, lane by lane.

    PostgreSQL gives numbers before the commit: without this a later row of a lane could be seen
    first. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_IN_TURN, {"lanes": sorted(set(lanes))})


def turn_of(lane: ColumnElement[str]) -> Select[Any]:
    """PostgreSQL waits here until nobody else is putting a row into this lane."""
    return select(func.pg_advisory_xact_lock(func.hashtextextended(lane, 0)).label("locked"))


_IN_TURN = turn_of(func.unnest(bindparam("lanes", type_=ARRAY(String))).column_valued("lane"))


def leased_if_first(table: Table) -> dict[str, Any]:
    """The lease of a row that is being put, if nothing before it in its lane is open.

    Who executes it gives `in_lane`, `token` and `until`, as `leased` does.
    """
    before = table.alias("before")
    waits = exists().where(before.c.lane == bindparam("in_lane"), before.c.settled_at.is_(None))
    token: BindParameter[str] = bindparam("token", type_=table.c.lease.type)
    until: BindParameter[datetime] = bindparam("until", type_=table.c.leased_until.type)
    return {
        "lease": case((waits, None), else_=token),
        "leased_until": case((waits, None), else_=until),
    }


def leased(row: dict[str, Any], lease: Lease | None) -> dict[str, Any]:
    """The values of a row that is put with a lease, if it is the first of its lane."""
    token, until = (lease.token, lease.until) if lease else (None, None)
    return row | {"in_lane": row["lane"], "token": token, "until": until}


# ------------------------------------------------------------------ claiming


def claim_events(
    connection: Connection,
    *,
    now: datetime,
    until: datetime,
    limit: int,
    paused: Collection[str] = (),
) -> list[Claimed]:
    """Claim the oldest events whose lane is free; none of the `paused` resources."""
    given = {"paused": list(paused)}
    return _claim(connection, _EVENTS, now=now, until=until, limit=limit, **given)


def claim_letters(
    connection: Connection,
    *,
    bells: bool,
    calls: Collection[str],
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Claimed]:
    """Claim the heads of outbox lanes, of one class and of these kinds of call."""
    given = {"bells": bells, "calls": list(calls)}
    return _claim(connection, _LETTERS, now=now, until=until, limit=limit, **given)


def claim_bells(
    connection: Connection, *, now: datetime, until: datetime, limit: int, calendar: datetime
) -> list[Claimed]:
    """Claim one reminder that is due for each space that nobody rings for.

    `calendar`: the calendar's time; the first claim stores it as the moment at which it rang.
    """
    # Mostly nothing is due, and to plan the claim costs PostgreSQL more than all this does.
    if not connection.execute(_RINGING, {"calendar": calendar}).scalar_one():
        return []
    return _claim(connection, _BELLS, now=now, until=until, limit=limit, calendar=calendar)


def _claim(
    connection: Connection, statement: Update, *, now: datetime, until: datetime, **given: Any
) -> list[Claimed]:
    given |= {"now": now, "until": until, "token": new_token()}
    rows = connection.execute(statement, given).all()
    return sorted(rows, key=lambda row: row.id)


def new_token() -> str:
    """What tells one lease from every other; to ask the kernel each time would be a detour."""
    return f"{_OURS}-{next(_numbers)}"


_OURS = uuid4().hex
_numbers = count()


def _free(table: Table) -> ColumnElement[bool]:
    """Open, due, and held by nobody who lives."""
    now: BindParameter[datetime] = bindparam("now")
    unheld = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    return table.c.settled_at.is_(None) & (table.c.due <= now) & unheld


def _first_in_lane(table: Table) -> ColumnElement[bool]:
    """Of NOT EXISTS PostgreSQL would make a join, at worst of each row with the whole queue."""
    open_row = table.alias("open_row")
    same_lane = (open_row.c.lane == table.c.lane) & open_row.c.settled_at.is_(None)
    first = select(open_row.c.id).where(same_lane).order_by(open_row.c.id).limit(1)
    return table.c.id == first.correlate(table).scalar_subquery()


def _lease(table: Table, rows: Any, **values: Any) -> Update:
    # PostgreSQL may run a plain subquery more than once and so claim more than the limit.
    heads = rows.cte("heads").prefix_with("MATERIALIZED")
    return (
        update(table)
        .where(table.c.id.in_(select(heads.c.id)))
        .values(lease=bindparam("token"), leased_until=bindparam("until"), **values)
        .returning(*table.c)
    )


def _heads(table: Table, *conditions: ColumnElement[bool]) -> Update:
    rows = (
        select(table.c.id)
        .where(_free(table), *conditions, _first_in_lane(table))
        .order_by(table.c.due, table.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=table)
    )
    orphaned = case((table.c.lease.is_not(None), ORPHANED), else_=table.c.outcome)
    return _lease(table, rows, outcome=orphaned)


def _ringing() -> ColumnElement[bool]:
    """Asked of the soonest: to find any, PostgreSQL would rather read the whole table."""
    soonest = select(func.min(REMINDERS.c.rings_at)).where(REMINDERS.c.settled_at.is_(None))
    return func.coalesce(soonest.scalar_subquery() <= bindparam("calendar"), False)


def _one_a_lane(table: Table) -> Update:
    """However many are due, a claim looks only at the soonest of the lanes that are free."""
    ringing = table.c.settled_at.is_(None) & (table.c.rings_at <= bindparam("calendar"))
    held = table.alias("held")
    lane_held = exists().where(
        held.c.lane == table.c.lane,
        held.c.settled_at.is_(None),
        held.c.leased_until >= bindparam("now"),
    )
    soonest = (
        select(table.c.id, table.c.lane, table.c.rings_at)
        .where(ringing, _free(table), ~lane_held)
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
        .where(table.c.id.in_(select(first.c.id)), _free(table))
        .with_for_update(skip_locked=True, of=table)
    )
    return _lease(
        table, rows, rang_at=func.coalesce(table.c.rang_at, bindparam("calendar", type_=Instant()))
    )


_EVENTS = _heads(INBOX, INBOX.c.resource.not_in(bindparam("paused", expanding=True)))
_LETTERS = _heads(
    OUTBOX,
    OUTBOX.c.bell == bindparam("bells"),
    OUTBOX.c.call.in_(bindparam("calls", expanding=True)),
)
_BELLS = _one_a_lane(REMINDERS)
_RINGING = select(_ringing())


# ------------------------------------------------------------------ holding and ending


def _held(table: Table) -> ColumnElement[bool]:
    mine = (table.c.id == bindparam("row")) & (table.c.lease == bindparam("token"))
    return mine & table.c.settled_at.is_(None)


_SETTLE = {
    table: update(table)
    .where(_held(table))
    .values(
        settled_at=bindparam("at"),
        outcome=bindparam("end"),
        error=bindparam("why"),
        lease=None,
        leased_until=None,
    )
    for table in QUEUES
}

_AGAIN = {
    table: update(table)
    .where(_held(table))
    .values(
        due=bindparam("later"),
        attempts=table.c.attempts + bindparam("counted"),
        outcome=bindparam("end"),
        error=bindparam("why"),
        lease=None,
        leased_until=None,
    )
    for table in QUEUES
}

_SETTLE_ALL = {
    table: update(table)
    .where(
        among(table.c.id, "rows"),
        among(cast(table.c.id, String) + "/" + table.c.lease, "holds"),
        table.c.settled_at.is_(None),
    )
    .values(settled_at=bindparam("at"), outcome="done", error="", lease=None, leased_until=None)
    .returning(table.c.id)
    for table in QUEUES
}


def _renewing(table: Table) -> Update:
    """Whose row is being ended at this moment is passed by: to wait could be a deadlock."""
    mine = (
        select(table.c.id)
        .where(
            among(table.c.id, "rows"),
            among(table.c.lease, "tokens"),
            table.c.settled_at.is_(None),
        )
        .with_for_update(skip_locked=True, of=table)
    )
    return update(table).where(table.c.id.in_(mine)).values(leased_until=bindparam("until"))


_RENEW = {table: _renewing(table) for table in QUEUES}


def settle(
    connection: Connection,
    table: Table,
    row: Claimed,
    *,
    now: datetime,
    outcome: str = "done",
    why: str = "",
) -> bool:
    """End a row for good; false if its lease was lost, and then nothing may be committed."""
    given = {"row": row.id, "token": row.lease, "at": now, "end": outcome, "why": why}
    return bool(connection.execute(_SETTLE[table], given).rowcount)


def settle_all(
    connection: Connection, table: Table, rows: Sequence[Claimed], *, now: datetime
) -> list[bool]:
    """End rows for good, as done; for each whether its lease still held.

    Of a row that was claimed twice one claim is looked at: the other has lost its lease anyway.
    """
    by_id = {row.id: row for row in rows}
    holds = [f"{row.id}/{row.lease}" for row in by_id.values()]
    given = {"rows": list(by_id), "holds": holds, "at": now}
    settled = set(connection.scalars(_SETTLE_ALL[table], given))
    return [row.id in settled and row is by_id[row.id] for row in rows]


def again(
    connection: Connection,
    table: Table,
    row: Claimed,
    *,
    at: datetime,
    counted: bool = True,
    why: str = "",
    outcome: str = "",
) -> bool:
    """Give a row back until `at`; a try that Webex didn't let happen isn't counted."""
    given = {"row": row.id, "token": row.lease, "later": at, "counted": int(counted)}
    given |= {"why": why, "end": outcome}
    return bool(connection.execute(_AGAIN[table], given).rowcount)


def bury(connection: Connection, table: Table, row: Claimed, *, now: datetime, why: str) -> bool:
    """End a row that could not be done, with the reason, for `doctor` and `retry` to find."""
    return settle(connection, table, row, now=now, outcome="buried", why=why)


def renew(
    connection: Connection, table: Table, rows: Collection[Claimed], *, until: datetime
) -> None:
    """Hold on to rows that are still being worked on."""
    given = {"rows": [r.id for r in rows], "tokens": list({r.lease for r in rows}), "until": until}
    connection.execute(_RENEW[table], given)


def release(connection: Connection, table: Table, rows: Collection[Claimed]) -> None:
    """Give rows back untouched, so that somebody else may claim them at once."""
    give_back = (
        update(table)
        .where(
            table.c.id.in_([row.id for row in rows]),
            table.c.lease.in_({row.lease for row in rows}),
            table.c.settled_at.is_(None),
        )
        .values(lease=None, leased_until=None)
    )
    connection.execute(give_back)


def set_aside(connection: Connection, table: Table, row: Claimed) -> None:
    """Move a row that keeps failing into a lane of its own, so that the others can pass."""
    own = update(table).where(table.c.id == row.id).values(lane=f"{row.lane}#{row.id}")
    connection.execute(own)


# ------------------------------------------------------------------ looking and tidying


def wake(connection: Connection, table: Table) -> None:
    """Tell the workers of other processes, with this commit, that a row was put (PostgreSQL)."""
    if connection.dialect.name == "postgresql":
        connection.execute(_WAKE[table])


def woken(table: Table) -> ColumnElement[None]:
    """The same, by what PostgreSQL gives back of a row that is put."""
    return func.pg_notify(CHANNEL, table.name).label("woken")


_WAKE = {table: select(woken(table)) for table in QUEUES}


def is_idle(connection: Connection, *, calendar: datetime) -> bool:
    """Whether nothing is open but what waits for a way to its space, and no reminder is due."""
    open_events = exists().where(INBOX.c.settled_at.is_(None))
    open_letters = exists().where(OUTBOX.c.settled_at.is_(None), OUTBOX.c.outcome != "waiting")
    busy = select(or_(open_events, open_letters, _ringing()))
    return not connection.execute(busy, {"calendar": calendar}).scalar_one()


def oldest(connection: Connection) -> dict[str, datetime | None]:
    """Since when the oldest row of each queue has been due."""
    return {
        table.name: connection.execute(
            select(func.min(table.c.due)).where(table.c.settled_at.is_(None), table.c.due > EVER)
        ).scalar_one()
        for table in (INBOX, OUTBOX)
    }


def prune(connection: Connection, table: Table, *, before: datetime, limit: int = 500) -> int:
    """Delete some rows that were settled long ago; how many they were.

    The last row stays, so that SQLite gives no id twice.
    """
    last = select(func.max(table.c.id)).scalar_subquery()
    old = (
        select(table.c.id)
        .where(table.c.settled_at < before, table.c.id < last)
        .order_by(table.c.settled_at)
        .limit(limit)
    )
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount


def count_buried(connection: Connection) -> dict[str, int]:
    """How many rows of each queue could not be done."""
    graves = {t: select(func.count()).where(t.c.outcome == "buried") for t in QUEUES}
    return {t.name: connection.execute(n).scalar_one() for t, n in graves.items()}


def buried(connection: Connection, table: Table, limit: int = 100) -> Sequence[Claimed]:
    """What could not be done, the newest first."""
    graves = (
        select(*table.c)
        .where(table.c.outcome == "buried", table.c.settled_at.is_not(None))
        .order_by(table.c.settled_at.desc())
        .limit(limit)
    )
    return connection.execute(graves).all()


def bring_back(connection: Connection, table: Table, row: Claimed, *, now: datetime) -> int:
    """Put a buried row at the tail of its lane once more; its new number."""
    copy = {name: value for name, value in row._mapping.items() if name != "id"}
    copy |= {"due": now, "created_at": now, "attempts": 0, "outcome": "", "error": ""}
    copy |= {"settled_at": None, "lease": None, "leased_until": None}
    copy["lane"] = str(row.lane).partition("#")[0]
    former: dict[str, Any] = {"outcome": "retried"}
    if "key" in table.c:
        former["key"] = f"{row.key}#{row.id}"
    connection.execute(update(table).where(table.c.id == row.id).values(former))
    new: int = connection.execute(insert(table).values(copy).returning(table.c.id)).scalar_one()
    wake(connection, table)
    return new


def stale(now: datetime, row: Claimed, age: timedelta) -> bool:
    """Whether a row has been tried for so long that it is given up."""
    return bool(now - row.created_at > age)
