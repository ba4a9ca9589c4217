"""Leases: which process works on which row, until when, and how the row is settled.

Inbox, outbox and reminders are claimed alike. A claim writes a `lease` token and `leased_until`;
only the token's holder may settle the row, and each function that settles or returns one says
whether the lease was still held. All times here are queue time.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Table,
    Update,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from store.tables import Inbox, Outbox, Reminder

Claimed = Row[Any]

INBOX: Table = Inbox.metadata.tables["inbox"]
OUTBOX: Table = Outbox.metadata.tables["outbox"]
REMINDERS: Table = Reminder.metadata.tables["reminder"]
QUEUES = (INBOX, OUTBOX, REMINDERS)

CHANNEL = "trialbot"
EVER = datetime(1, 1, 1, tzinfo=UTC)
"""Earlier than any due time: comparing with it names the column, as its index requires."""

ORPHANED = "orphaned"
"""The provisional outcome of a row whose holder died: it may have been done once."""

WITHDRAWN = "withdrawn"
"""The outcome of a row that isn't wanted any more; provisional while a process works on it."""

# ------------------------------------------------------------------ claiming


def claim(
    connection: Connection,
    statement: Update,
    *,
    token: str,
    now: datetime,
    until: datetime,
    **given: Any,
) -> list[Claimed]:
    """Run a claim built by `heads` or `leasing`; return its rows in order of id."""
    given |= {"token": token, "now": now, "until": until}
    rows = connection.execute(statement, given).all()
    return sorted(rows, key=lambda row: row.id)


def heads(table: Table, *conditions: ColumnElement[bool]) -> Update:
    """Build a claim of up to `limit` due rows, each the first of its lane.

    The row that has been due longest comes first.
    """
    rows = (
        select(table.c.id)
        .where(is_free(table), *conditions, _is_first_in_lane(table))
        .order_by(table.c.due, table.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=table)
    )
    orphaned = case((table.c.lease.is_not(None), ORPHANED), else_=table.c.outcome)
    return leasing(table, rows, outcome=_unless_withdrawn(table, orphaned))


def _unless_withdrawn(table: Table, outcome: Any) -> ColumnElement[str]:
    return case((table.c.outcome == WITHDRAWN, WITHDRAWN), else_=outcome)


def is_free(table: Table) -> ColumnElement[bool]:
    """Condition: open, due, and not leased to a living process."""
    now: BindParameter[datetime] = bindparam("now")
    unheld = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    return table.c.settled_at.is_(None) & (table.c.due <= now) & unheld


def _is_first_in_lane(table: Table) -> ColumnElement[bool]:
    # PostgreSQL would turn NOT EXISTS into a join, at worst of each row with the whole queue.
    open_row = table.alias("open_row")
    same_lane = (open_row.c.lane == table.c.lane) & open_row.c.settled_at.is_(None)
    first = select(open_row.c.id).where(same_lane).order_by(open_row.c.id).limit(1)
    return table.c.id == first.correlate(table).scalar_subquery()


def leasing(table: Table, rows: Any, **values: Any) -> Update:
    """Build the UPDATE that leases the selected rows."""
    # PostgreSQL may run a plain subquery more than once, and then claim more than the limit.
    found = rows.cte("heads").prefix_with("MATERIALIZED")
    return (
        update(table)
        .where(table.c.id.in_(select(found.c.id)))
        .values(lease=bindparam("token"), leased_until=bindparam("until"), **values)
        .returning(*table.c)
    )


# ------------------------------------------------------------------ holding


def renew(
    connection: Connection, table: Table, rows: Collection[Claimed], *, until: datetime
) -> None:
    """Extend the leases of rows."""
    held = update(table).where(
        table.c.id.in_([row.id for row in rows]),
        table.c.lease.in_({row.lease for row in rows}),
        table.c.settled_at.is_(None),
    )
    if rows:
        connection.execute(held.values(leased_until=until))


def free(connection: Connection, owner: str) -> int:
    """Release the rows of a dead process; return how many."""
    count = 0
    for table in QUEUES:
        theirs = update(table).where(
            table.c.settled_at.is_(None),
            table.c.leased_until.is_not(None),
            table.c.lease.startswith(f"{owner}-", autoescape=True),
        )
        outcome = _unless_withdrawn(table, ORPHANED)
        given_back = theirs.values(lease=None, leased_until=None, outcome=outcome)
        count += connection.execute(given_back).rowcount
    return count


def bring_forward(
    connection: Connection, table: Table, *, now: datetime, due_by: datetime, leased_by: datetime
) -> None:
    """Bound how long rows wait, since a clock may have been set back after they were written.

    A row due later than `due_by` is due now, and no lease lasts longer than until `leased_by`.
    """
    for column, latest, then in (
        (table.c.due, due_by, now),
        (table.c.leased_until, leased_by, leased_by),
    ):
        late = select(table.c.id).where(table.c.settled_at.is_(None), column > latest)
        rows = late.with_for_update(skip_locked=True)
        connection.execute(update(table).where(table.c.id.in_(rows)).values({column.name: then}))


# ------------------------------------------------------------------ ending


def settle(
    connection: Connection,
    table: Table,
    row: Claimed,
    *,
    now: datetime,
    outcome: str = "done",
    why: str = "",
) -> bool:
    """Settle a row for good; false if its lease was lost: then nothing may be committed."""
    given = {"row": row.id, "token": row.lease, "at": now, "end": outcome, "why": why}
    return bool(connection.execute(_SETTLE[table], given).rowcount)


def bury(connection: Connection, table: Table, row: Claimed, *, now: datetime, why: str) -> bool:
    """Settle a row that failed, with the reason, for `doctor` and `retry` to find."""
    return settle(connection, table, row, now=now, outcome="buried", why=why)


def retry(
    connection: Connection,
    table: Table,
    row: Claimed,
    *,
    at: datetime,
    counted: bool = True,
    why: str = "",
    outcome: str = "",
) -> bool:
    """Release a row until `at`; an attempt that Webex didn't allow isn't counted."""
    given = {"row": row.id, "token": row.lease, "later": at, "counted": int(counted)}
    given |= {"why": why, "end": outcome}
    return bool(connection.execute(_AGAIN[table], given).rowcount)


def set_aside(connection: Connection, table: Table, row: Claimed) -> None:
    """Move a row that keeps failing into its own lane, so that others can pass."""
    own = update(table).where(table.c.id == row.id).values(lane=f"{row.lane}#{row.id}")
    connection.execute(own)


def is_alone(row: Claimed) -> bool:
    """Whether a row was set aside."""
    return "#" in row.lane


def _held(table: Table) -> ColumnElement[bool]:
    mine = (table.c.id == bindparam("row")) & (table.c.lease == bindparam("token"))
    return mine & table.c.settled_at.is_(None)


_RELEASED: dict[str, Any] = {"error": bindparam("why"), "lease": None, "leased_until": None}
_SETTLE = {
    table: update(table)
    .where(_held(table))
    .values(settled_at=bindparam("at"), outcome=bindparam("end"), **_RELEASED)
    for table in QUEUES
}
_AGAIN = {
    table: update(table)
    .where(_held(table))
    .values(
        due=bindparam("later"),
        attempts=table.c.attempts + bindparam("counted"),
        outcome=_unless_withdrawn(table, bindparam("end")),
        **_RELEASED,
    )
    for table in QUEUES
}

# ------------------------------------------------------------------ looking and tidying


def wake(connection: Connection, table: Table) -> None:
    """On commit, notify the desks of other processes of a new row (PostgreSQL)."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, table.name)))


def is_stale(now: datetime, row: Claimed, age: timedelta) -> bool:
    """Whether a row has been open for longer than `age` and is given up."""
    return bool(now - row.created_at > age)


def oldest(connection: Connection) -> dict[str, datetime | None]:
    """Since when the oldest row of each queue has been due."""
    return {
        table.name: connection.execute(
            select(func.min(table.c.due)).where(table.c.settled_at.is_(None), table.c.due > EVER)
        ).scalar_one()
        for table in (INBOX, OUTBOX)
    }


def prune(connection: Connection, table: Table, *, before: datetime, limit: int = 500) -> int:
    """Delete up to `limit` rows settled long ago; return how many.

    Keeps the last row, so that SQLite never reuses an id.
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
    """The number of buried rows in each queue."""
    graves = {t: select(func.count()).where(t.c.outcome == "buried") for t in QUEUES}
    return {t.name: connection.execute(n).scalar_one() for t, n in graves.items()}


def buried(connection: Connection, table: Table, limit: int = 100) -> list[Claimed]:
    """Buried rows, newest first."""
    graves = (
        select(*table.c)
        .where(table.c.outcome == "buried", table.c.settled_at.is_not(None))
        .order_by(table.c.settled_at.desc())
        .limit(limit)
    )
    return list(connection.execute(graves))


def bring_back(connection: Connection, table: Table, row: Claimed, *, now: datetime) -> int:
    """Put a buried row back at the end of its lane; return its new number."""
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


def by_table(rows: Iterable[tuple[Table, Claimed]]) -> dict[Table, list[Claimed]]:
    """Group rows by their queue."""
    sorted_out: dict[Table, list[Claimed]] = {}
    for table, row in rows:
        sorted_out.setdefault(table, []).append(row)
    return sorted_out
