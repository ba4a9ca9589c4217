"""Classify database errors: is the database failing, or is the statement at fault?"""

import sqlite3

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError,
)

DEADLOCK, SERIALIZATION, NO_LOCK = "40P01", "40001", "55P03"
READ_ONLY = "25006"
TOO_MUCH = "54"
"""Prefix of the SQL states for statements or values that are too long or complex."""


def collided(error: Exception) -> bool:
    """Whether two transactions collided, so that a retry is enough."""
    if isinstance(error, IntegrityError):
        return True
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, OperationalError) and code in (DEADLOCK, SERIALIZATION, NO_LOCK)


def is_trouble(error: Exception) -> bool:
    """Whether the database is failing, rather than the statement being wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, TimeoutError))


def is_out_of_reach(error: Exception) -> bool:
    """Whether every caller would fail now: the database is failing, not this statement."""
    return is_trouble(error) and not collided(error) and not _is_too_much(error)


def is_read_only(origin: BaseException) -> bool:
    """Whether a driver's error says that the database, or this connection, takes no changes."""
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY
    return getattr(origin, "sqlstate", None) == READ_ONLY


def _is_too_much(error: Exception) -> bool:
    """Whether a statement is invalid or too long; SQLite reports both as operational errors."""
    origin = getattr(error, "orig", None)
    if isinstance(origin, sqlite3.Error):
        return origin.sqlite_errorcode in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG)
    return (getattr(origin, "sqlstate", None) or "").startswith(TOO_MUCH)
