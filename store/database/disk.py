"""Waiting for the disk once for all who committed meanwhile, outside of the writers' lock.

SQLite with `synchronous=NORMAL` writes a commit to its write-ahead log without waiting; the commit
is safe from a power cut as soon as that file has been synced, which `FULL` does inside the lock.
"""

import os
import threading
from pathlib import Path


class Log:
    """The write-ahead log of one SQLite file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed = threading.Condition()
        self._begun = 0
        self._ended = 0
        self._open: tuple[int, int] | None = None

    def sync(self) -> None:
        """Wait until everything that was committed before this call is on the disk."""
        with self._changed:
            mine = self._begun + 1
            while self._ended < mine and self._begun != self._ended:
                self._changed.wait()
            if self._ended >= mine:
                return
            self._begun = mine = self._begun + 1
        try:
            os.fdatasync(self._descriptor())
        except FileNotFoundError:
            pass  # nobody has written since the log was last taken into the database
        except BaseException:
            self._end(self._ended)  # who waits tries for himself
            raise
        self._end(mine)

    def _end(self, ended: int) -> None:
        with self._changed:
            self._begun = self._ended = ended
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of the file."""
        if self._open:
            os.close(self._open[0])
            self._open = None

    def _descriptor(self) -> int:
        """The log as it is now: SQLite deletes it with the last connection and makes another."""
        inode = self._file.stat().st_ino
        if self._open and self._open[1] != inode:
            self.close()
        if self._open is None:
            self._open = os.open(self._file, os.O_RDONLY), inode
        return self._open[0]
