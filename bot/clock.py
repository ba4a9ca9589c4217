"""The two clocks; no other module reads the time.

*Calendar* time is for people: days, reminders, history. The sandbox can shift it.
*Queue* time is for leases, retries, pauses and heartbeats; it is never shifted.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

JUMP = 5.0
"""Seconds by which the computer's clock may be corrected unnoticed."""


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


class Jumps:
    """Notices that the computer's clock was set: it and a monotonic clock part by over 5 s."""

    def __init__(self) -> None:
        self._apart = _apart()

    def noticed(self) -> bool:
        """Whether the clock was set since the last call."""
        apart = _apart()
        jumped = abs(apart - self._apart) > JUMP
        if jumped:
            self._apart = apart
        return jumped


def run_in_utc() -> None:
    """Give this process UTC as its local time, which has no summer time."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def _apart() -> float:
    return time.time() - ticks()
