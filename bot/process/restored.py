"""Hold a database that was restored from a backup: its messages may have been sent already.

A database records its location: an SQLite file by its inode, a PostgreSQL database by its cluster
and its number there. A copy has another location. (A database restored *into* the same place looks
unchanged: then the operator has to run `trialbot hold`.)
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
    """Hold everything if the database has moved since the last start; return whether it has."""
    with database.transaction() as session:
        here = _home(session, database)
        moved = flags.agree(session, HOME, here) != here
        if moved:
            flags.remember(session, HOME, here)
            flags.remember(session, flags.HELD, {"why": "restored"})
    return moved


def warn_if_held(database: Database) -> None:
    """Log one line at a start during which nothing is sent, however long ago the hold began."""
    with database.reading() as session:
        held = flags.is_set(session, flags.HELD)
    if held:
        log.warning("held: nothing is sent until `trialbot release`")


def _home(session: Session, database: Database) -> dict[str, str]:
    if database.is_sqlite:
        return {"file": str(Path(database.url.database or "").stat().st_ino)}
    return {"database": str(session.connection().execute(_POSTGRES).scalar_one())}
