"""Heartbeats of processes, and leases on jobs for one process at a time.

All times are queue time.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from store.database.upsert import insert_new, upsert
from store.tables import Beat

BEATS: Table = Beat.metadata.tables["beat"]

AHEAD = timedelta(minutes=1)
"""No heartbeat lasts longer: a later one was written before a clock was set back."""


def beat(connection: Connection, name: str, *, until: datetime) -> None:
    """Record a heartbeat; a living process sends the next one before `until`."""
    upsert(connection, BEATS, {"name": name, "holder": name, "until": until})


def stop(connection: Connection, name: str, *, now: datetime) -> None:
    """Record that a process has shut down, and release the jobs it held."""
    beat(connection, name, until=now)
    connection.execute(update(BEATS).where(BEATS.c.holder == name).values(until=now))


def last(connection: Connection, *kinds: str) -> datetime | None:
    """The latest time until which a process of these kinds (`web`, `run`) counts as alive."""
    of_kind = or_(*(BEATS.c.name.startswith(f"{kind}/") for kind in kinds))
    found: datetime | None = connection.scalar(select(func.max(BEATS.c.until)).where(of_kind))
    return found


def prune(connection: Connection, *, before: datetime) -> None:
    """Delete the heartbeats of processes that ended long ago."""
    connection.execute(delete(BEATS).where(BEATS.c.until < before))


def hold(connection: Connection, name: str, holder: str, *, seconds: float, now: datetime) -> bool:
    """Take or renew a job for one process at a time; false if another process holds it."""
    until = now + timedelta(seconds=seconds)
    row = {"name": name, "holder": holder, "until": until}
    new = insert_new(connection, BEATS).returning(BEATS.c.name)  # psycopg doesn't count them
    if connection.execute(new, row).first():
        return True
    set_back = BEATS.c.until > until  # nobody can have taken it for longer
    free = (BEATS.c.until < now) | set_back | (BEATS.c.holder == holder)
    taken = update(BEATS).where(BEATS.c.name == name, free).values(row)
    return bool(connection.execute(taken).rowcount)


def living(connection: Connection, *, now: datetime) -> list[str]:
    """The processes counted as alive, as `kind/host/number`."""
    return sorted(name for name, until in all_beats(connection).items() if is_alive(until, now))


def is_alive(until: datetime, now: datetime) -> bool:
    """Whether a process with this heartbeat counts as alive."""
    return now <= until <= now + AHEAD


def named(connection: Connection, kind: str) -> list[str]:
    """The names that begin with a kind, such as `desk17`."""
    names = select(BEATS.c.name).where(BEATS.c.name.startswith(kind), ~BEATS.c.name.contains("/"))
    return sorted(connection.scalars(names))


def silent(connection: Connection, kind: str, *, now: datetime) -> list[str]:
    """The names of a kind whose heartbeat is overdue."""
    names = select(BEATS.c.name).where(BEATS.c.name.startswith(kind), ~BEATS.c.name.contains("/"))
    late = or_(BEATS.c.until < now, BEATS.c.until > now + AHEAD)
    return sorted(connection.scalars(names.where(late)))


def forget(connection: Connection, name: str) -> None:
    """Delete the heartbeat of a dead process."""
    connection.execute(delete(BEATS).where(BEATS.c.name == name))


def all_beats(connection: Connection) -> dict[str, datetime]:
    """Until when each process (`kind/host/number`) counts as alive."""
    processes = select(BEATS.c.name, BEATS.c.until).where(BEATS.c.name.contains("/"))
    return {row.name: row.until for row in connection.execute(processes)}
