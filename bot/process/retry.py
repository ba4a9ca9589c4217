"""Retry rows that failed for good, when an operator asks for it."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Table

from bot.clock import queue_now
from store.database.database import Database
from store.queues import leases, outbox
from store.queues.leases import INBOX, OUTBOX, Claimed

_TABLES: dict[str, Table] = {table.name: table for table in (INBOX, OUTBOX)}


def list_buried(database: Database, name: str) -> Iterator[str]:
    """List rows that failed for good, one line each: number, time, reason."""
    with database.reading() as session:
        for row in leases.buried(session.connection(), _TABLES[name]):
            yield f"{row.id}  {row.settled_at:%Y-%m-%d %H:%M}  {row.error}"


def retry_all(database: Database, name: str, numbers: Sequence[int]) -> Iterator[str]:
    """Queue rows again (all if no numbers are given), or say why not; one line each."""
    table = _TABLES[name]
    with database.reading() as session:
        graves = {row.id: row for row in leases.buried(session.connection(), table, limit=10_000)}
    for number in numbers or sorted(graves):
        row = graves.get(number)
        done = _retry(database, table, row) if row else "not found: nothing failed with this number"
        yield f"{number}  {done}"


def _retry(database: Database, table: Table, row: Claimed) -> str:
    with database.writing() as connection:
        if table is OUTBOX and outbox.is_overtaken(connection, row):
            return "skipped: something newer has replaced it"
        new = leases.bring_back(connection, table, row, now=queue_now())
    return f"queued again as {new}"
