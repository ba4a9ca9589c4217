"""A database that was restored from a backup starts held: what it would say may have been said.

It remembers where it lives: an SQLite file by its inode, a PostgreSQL database by its cluster and
its number there. A copy lives elsewhere. (Restored *into* the same place it looks the same: then
`trialbot hold` is the operator's.)
"""

from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from bot.observe import log
from store import flags
from store.database.database import Database

HOME = "home"
_POSTGRES = text(
    "SELECT concat(system_identifier, '/', oid) FROM pg_control_system(), pg_database"
    " WHERE datname = current_database()"
)


def hold_if_restored(database: Database) -> bool:
    """Hold everything if this database has moved since a bot last began on it; whether it has."""
    with database.transaction() as session:
        here = _home(session, database)
        moved = flags.agree(session, HOME, here) != here
        if moved:
            flags.remember(session, HOME, here)
            flags.remember(session, flags.HELD, {"why": "restored"})
    if moved:
        log.warning("restored: nothing is sent until `trialbot release`")
    return moved


def _home(session: Session, database: Database) -> dict[str, str]:
    if database.is_sqlite:
        return {"file": str(Path(database.url.database or "").stat().st_ino)}
    return {"database": str(session.connection().execute(_POSTGRES).scalar_one())}
