"""The two clocks; the only place that reads the time.

*Calendar* time is what people live by: days, reminders, history. In the sandbox it is shifted.
*Queue* time is for leases, retries, pauses and heartbeats; it is never shifted.
"""

import time
from datetime import UTC, datetime
from pathlib import Path


class Calendar:
    """The time that people live by: real time plus the offset, in seconds, that a file holds.

    The file is looked at on every question and read when it has changed; without a file, or while
    it holds no number, the offset stays as it was (0 at first).
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._offset = 0.0

    def now(self) -> datetime:
        """This instant, in UTC."""
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
    """This instant for leases, retries and pauses, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def ticks() -> float:
    """Seconds on a clock that only goes forward, for measuring how long something takes."""
    return time.perf_counter()
