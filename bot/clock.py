"""The two clocks; no other module reads the time.

*Calendar* time is for people: days, reminders, history. The sandbox can shift it.
*Queue* time is for leases, retries, pauses and heartbeats; it is never shifted.
"""

import time
from datetime import UTC, datetime
from pathlib import Path


class Calendar:
    """Calendar time: real time plus an offset in seconds, read from a file.

    The file is checked on every call and read when it has changed. Without a file, or while it
    holds no number, the offset keeps its last value (0 at first).
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._offset = 0.0

    def now(self) -> datetime:
        """The current instant, in UTC."""
        if self._file is not None:
            self._look(self._file)
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def _look(self, file: Path) -> None:
        try:
            about = file.stat()
            mark = (about.st_mtime_ns, about.st_ino)
            if mark != self._seen:
                self._offset = float(file.read_text())
                self._seen = mark
        except (OSError, ValueError):
            return


def queue_now() -> datetime:
    """The current instant for leases, retries and pauses, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def ticks() -> float:
    """Seconds on a monotonic clock, for measuring durations."""
    return time.perf_counter()
