"""Doing again what could not be done, when an operator says so."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Table

from bot.clock import queue_now
from store.database.database import Database
from store.queues import leases, outbox
from store.queues.leases import INBOX, OUTBOX, Claimed

_TABLES: dict[str, Table] = {table.name: table for table in (INBOX, OUTBOX)}


def list_buried(database: Database, name: str) -> Iterator[str]:
    """What could not be done, a line each: number, when, why."""
    with database.reading() as session:
        for row in leases.buried(session.connection(), _TABLES[name]):
            yield f"{row.id}  {row.settled_at:%Y-%m-%d %H:%M}  {row.error}"


def retry_all(database: Database, name: str, numbers: Sequence[int]) -> Iterator[str]:
    """Put rows at the tail of their queue (without numbers: all), or say why not; a line each."""
    table = _TABLES[name]
    with database.reading() as session:
        graves = {row.id: row for row in leases.buried(session.connection(), table, limit=10_000)}
    for number in numbers or sorted(graves):
        row = graves.get(number)
        yield f"{number}  {_retry(database, table, row) if row else 'is not among the buried'}"


def _retry(database: Database, table: Table, row: Claimed) -> str:
    with database.writing() as connection:
        if table is OUTBOX and outbox.is_overtaken(connection, row):
            return "is obsolete: something newer stands in its place"
        new = leases.bring_back(connection, table, row, now=queue_now())
    return f"is put again as {new}"
