"""The file of an SQLite database, watched so that nothing is written into a deleted one."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import OperationalError


class FileGone(OperationalError):
    """The file was deleted or replaced while it was open: what is written is lost."""

    def __init__(self, path: Path) -> None:
        why = f"{path} was deleted or replaced while the bot runs: stop the bot, then restore it"
        super().__init__("", None, sqlite3.OperationalError(why))


class DatabaseFile:
    """The file that the first connection opened; without a path, there is nothing to watch."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path or "")
        self._opened: tuple[int, int] | None = None
        self._log: Path | None = None

    def is_open(self, *, with_log: bool) -> None:
        """Remember the file, now that a connection has opened it.

        `with_log`: commits go to a write-ahead log beside it first.
        """
        if self._opened is None:
            self._log = self._path.with_name(f"{self._path.name}-wal") if with_log else None
            self._opened = self._there()

    def check(self) -> None:
        """Raise `FileGone` unless the file that was opened is still in its place."""
        if self._opened is not None and self._there() != self._opened:
            raise FileGone(self._path)

    def check_kept(self) -> None:
        """Raise `FileGone` unless what was just committed is in files that will be there."""
        self.check()
        if self._opened is not None and self._log and not self._log.exists():
            raise FileGone(self._log)

    def _there(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
