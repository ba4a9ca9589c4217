"""Who lives, and who does what only one process may do at a time: rows in the database."""

from datetime import datetime, timedelta

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from bot.clock import queue_now
from store.db import Database
from store.tables import Beat

BEATS: Table = Beat.metadata.tables["beat"]
_INSERTS = {
    "sqlite": sqlite.insert(BEATS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(BEATS).on_conflict_do_nothing(),
}


def beat(database: Database, name: str, *, until: datetime) -> None:
    """A process lives, and will have beaten again before `until` if it still does."""
    with database.transaction() as session:
        session.merge(Beat(name=name, holder=name, until=until))


def still(database: Database, name: str) -> None:
    """A process ends in order, now; what only it might do is free for the next one."""
    now = queue_now()
    beat(database, name, until=now)
    with database.transaction() as session:
        held = update(BEATS).where(BEATS.c.holder == name)
        session.connection().execute(held.values(until=now))


def last(database: Database, *kinds: str) -> datetime | None:
    """Until when any process of these kinds (`web`, `run`) has lived, or lives."""
    of_kind = or_(*(BEATS.c.name.startswith(f"{kind}/") for kind in kinds))
    with database.reading() as session:
        ends = session.connection().execute(select(func.max(BEATS.c.until)).where(of_kind))
        found: datetime | None = ends.scalar_one()
        return found


def prune(session: Session, *, before: datetime) -> None:
    """Forget processes that ended long ago."""
    session.connection().execute(delete(BEATS).where(BEATS.c.until < before))


def lease(database: Database, name: str, holder: str, *, seconds: float) -> bool:
    """Take, or keep, what only one process may do at a time; false if another one has it."""
    now = queue_now()
    until = now + timedelta(seconds=seconds)
    row = {"name": name, "holder": holder, "until": until}
    free = (BEATS.c.until < now) | (BEATS.c.holder == holder)
    with database.transaction() as session:
        connection = session.connection()
        if connection.execute(_INSERTS[connection.dialect.name], row).rowcount:
            return True
        taken = update(BEATS).where(BEATS.c.name == name, free)
        return bool(connection.execute(taken.values(holder=holder, until=until)).rowcount)


def all_beats(database: Database) -> dict[str, datetime]:
    """Until when each process, by `kind/host/number`, counts as living."""
    with database.reading() as session:
        rows = session.connection().execute(
            select(BEATS.c.name, BEATS.c.until).where(BEATS.c.name.contains("/"))
        )
        return {row.name: row.until for row in rows}
