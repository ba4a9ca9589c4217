"""Heartbeats of processes, and leases on work that only one process may do at a time.

All times are queue time.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from store.database.upsert import insert_new, upsert
from store.tables import Beat

BEATS: Table = Beat.metadata.tables["beat"]


def beat(connection: Connection, name: str, *, until: datetime) -> None:
    """Note that a process lives, and will have beaten again before `until` if it still does."""
    upsert(connection, BEATS, {"name": name, "holder": name, "until": until})


def stop(connection: Connection, name: str, *, now: datetime) -> None:
    """Note that a process has ended in order; what it held is free for the next one."""
    beat(connection, name, until=now)
    connection.execute(update(BEATS).where(BEATS.c.holder == name).values(until=now))


def last(connection: Connection, *kinds: str) -> datetime | None:
    """Until when any process of these kinds (`web`, `run`) has lived, or lives."""
    of_kind = or_(*(BEATS.c.name.startswith(f"{kind}/") for kind in kinds))
    found: datetime | None = connection.scalar(select(func.max(BEATS.c.until)).where(of_kind))
    return found


def prune(connection: Connection, *, before: datetime) -> None:
    """Forget processes that ended long ago."""
    connection.execute(delete(BEATS).where(BEATS.c.until < before))


def hold(connection: Connection, name: str, holder: str, *, seconds: float, now: datetime) -> bool:
    """Take, or keep, what only one process may do at a time; false if another one has it."""
    row = {"name": name, "holder": holder, "until": now + timedelta(seconds=seconds)}
    if connection.execute(insert_new(connection, BEATS), row).rowcount:
        return True
    free = (BEATS.c.until < now) | (BEATS.c.holder == holder)
    taken = update(BEATS).where(BEATS.c.name == name, free).values(row)
    return bool(connection.execute(taken).rowcount)


def living(connection: Connection, *, now: datetime) -> list[str]:
    """The processes, by `kind/host/number`, that count as living."""
    return sorted(name for name, until in all_beats(connection).items() if until >= now)


def named(connection: Connection, kind: str) -> list[str]:
    """The names, like `desk17`, that begin with a kind."""
    names = select(BEATS.c.name).where(BEATS.c.name.startswith(kind), ~BEATS.c.name.contains("/"))
    return sorted(connection.scalars(names))


def silent(connection: Connection, kind: str, *, now: datetime) -> list[str]:
    """Those of a kind that should have beaten by now."""
    names = select(BEATS.c.name).where(BEATS.c.name.startswith(kind), ~BEATS.c.name.contains("/"))
    ahead = now + timedelta(minutes=1)  # their clock, or ours, was set back
    late = or_(BEATS.c.until < now, BEATS.c.until > ahead)
    return sorted(connection.scalars(names.where(late)))


def forget(connection: Connection, name: str) -> None:
    """Forget somebody who has died."""
    connection.execute(delete(BEATS).where(BEATS.c.name == name))


def all_beats(connection: Connection) -> dict[str, datetime]:
    """Until when each process, by `kind/host/number`, counts as living."""
    processes = select(BEATS.c.name, BEATS.c.until).where(BEATS.c.name.contains("/"))
    return {row.name: row.until for row in connection.execute(processes)}
