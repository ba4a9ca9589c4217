"""The sandbox's clock: real time plus an offset that the bot reads from a file."""

import time
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Real time plus `offset` seconds, stored in `file` as a plain number."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._offset = 0.0
        self.set_offset(0.0)

    @property
    def offset(self) -> float:
        """Seconds ahead of real time (negative: behind)."""
        return self._offset

    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def stamp(self) -> str:
        """The sandbox's time as Webex writes it: milliseconds and Z."""
        return write_time(self.now())

    def move_to(self, moment: datetime) -> None:
        """Set the time to `moment`; it goes on from there. Going back is allowed."""
        self.set_offset(moment.timestamp() - time.time())

    def set_offset(self, seconds: float) -> None:
        """Set the offset and write it to the file by an atomic rename."""
        self._offset = seconds
        if self._file is None:
            return
        draft = self._file.with_name(self._file.name + ".new")
        draft.write_text(f"{seconds:.3f}\n")
        draft.replace(self._file)


def write_time(moment: datetime) -> str:
    """Format a time as `2026-12-01T09:00:00.000Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """Parse an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
