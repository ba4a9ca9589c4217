"""Hold a database that was restored from a backup: its messages may have been sent already.

An SQLite database and a file beside it (`trialbot.db-mark`) have the same random mark, and get a
new one four times a minute. A backup has an old mark, or no file beside it; a database that was
moved with its files has the right one. A PostgreSQL database records its cluster and its number
there, which a copy doesn't share. (Restored *into* the same place it looks unchanged: then the
operator has to run `trialbot hold`.)
"""

import os
from pathlib import Path
from secrets import token_hex

from sqlalchemy import text
from sqlmodel import Session

from bot.observe import log
from store import flags
from store.database.database import Database
from store.tables import Flag

HOME = "home"
MARK = "mark"
_POSTGRES = text(
    "SELECT concat(system_identifier, '/', oid) FROM pg_control_system(), pg_database"
    " WHERE datname = current_database()"
)


def hold_if_restored(database: Database, *, running: bool = False) -> bool:
    """Hold everything if the database was restored since the last look; return whether it was.

    `running`: this isn't the first look of a process.
    """
    with database.transaction() as session:
        if database.is_sqlite:
            beside = _beside(database)
            restored = _renew_mark(session, beside, running=running)
        else:
            restored = _has_moved(session)
        if restored:
            flags.remember(session, flags.HELD, {"why": "restored"})
    if database.is_sqlite:
        _forget_old_marks(beside)
    if restored:
        log.warning("restored: nothing is sent until `trialbot release`")
    return restored


def warn_if_held(database: Database) -> None:
    """Log one line at a start during which nothing is sent, however long ago the hold began."""
    with database.reading() as session:
        held = flags.is_set(session, flags.HELD)
    if held:
        log.warning("held: nothing is sent until `trialbot release`")


# ------------------------------------------------------------------ SQLite


def _renew_mark(session: Session, beside: Path, *, running: bool) -> bool:
    """Give the database and the file beside it a new mark; return whether the old ones differed.

    The file has both marks until the commit, so that a crash in between looks like no restore.
    """
    stored, known = session.get(Flag, MARK), _marks(beside)
    mine = str(stored.value["mark"]) if stored else ""
    new = token_hex(16)
    _write(beside, [mine, new])
    flags.remember(session, MARK, {"mark": new})
    if not mine:
        return _former_release_is_restored(session, beside, marked=bool(known))
    return mine not in known and not (running and not known)


def _former_release_is_restored(session: Session, beside: Path, *, marked: bool) -> bool:
    """Whether a database without a mark was restored: it recorded its file's number then."""
    home = session.get(Flag, HOME)
    if home is None:
        return False
    database = beside.with_name(beside.name.removesuffix("-mark"))
    return marked or home.value != {"file": str(database.stat().st_ino)}


def _beside(database: Database) -> Path:
    file = Path(database.url.database or "")
    return file.with_name(f"{file.name}-mark")


def _marks(beside: Path) -> list[str]:
    try:
        return beside.read_text().split()
    except FileNotFoundError:
        return []


def _forget_old_marks(beside: Path) -> None:
    _write(beside, _marks(beside)[-1:])


def _write(beside: Path, marks: list[str]) -> None:
    """Replace the file so that even a power cut leaves the old one or the new one."""
    new = beside.with_name(f"{beside.name}.new")
    with new.open("w") as file:
        file.write("\n".join(marks))
        file.flush()
        os.fsync(file.fileno())
    new.replace(beside)
    folder = os.open(beside.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# ------------------------------------------------------------------ PostgreSQL


def _has_moved(session: Session) -> bool:
    """Whether the database is elsewhere than at the last start."""
    here = {"database": str(session.connection().execute(_POSTGRES).scalar_one())}
    moved = flags.agree(session, HOME, here) != here
    if moved:
        flags.remember(session, HOME, here)
    return moved
