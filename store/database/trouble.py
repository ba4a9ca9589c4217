"""The database in trouble: a failure that says nothing about what was asked of it."""

import sqlite3

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError,
)

DEADLOCK, SERIALIZATION, NO_LOCK = "40P01", "40001", "55P03"
TOO_MUCH = "54"
"""What states begin with that are about the length of a statement or a value."""


def collided(error: Exception) -> bool:
    """Whether two transactions got into each other's way, so that one has only to try again."""
    if isinstance(error, IntegrityError):
        return True
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, OperationalError) and code in (DEADLOCK, SERIALIZATION, NO_LOCK)


def is_trouble(error: Exception) -> bool:
    """Whether the database is in trouble, rather than what was asked of it wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, TimeoutError))


def is_out_of_reach(error: Exception) -> bool:
    """Whether nobody else would fare better now: in trouble, but not by what was asked of it."""
    return is_trouble(error) and not collided(error) and not _is_too_much(error)


def _is_too_much(error: Exception) -> bool:
    """Whether a statement can't be understood, or is too long: SQLite calls it operational, too."""
    origin = getattr(error, "orig", None)
    if isinstance(origin, sqlite3.Error):
        return origin.sqlite_errorcode in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG)
    return (getattr(origin, "sqlstate", None) or "").startswith(TOO_MUCH)
