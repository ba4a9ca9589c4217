"""The state behind one sandbox's server: its world, webhooks, faults, call counts and e-mails."""

import threading
from collections import Counter
from pathlib import Path

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.hooks import Hooks
from sandbox.mails import Mails
from sandbox.records import Json
from sandbox.webhooks import Webhooks
from sandbox.world import World


class Calls:
    """Counts the bot's API calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int | str]] = Counter()

    def count(self, method: str, path: str, status: int | str) -> None:
        """Count a call; `status` is "lost" if it was carried out but never answered."""
        with self._lock:
            self._counts[method, path, status] += 1

    def view(self) -> list[Json]:
        """All counts."""
        with self._lock:
            counts = sorted(self._counts.items(), key=str)
        return [
            {"method": method, "path": path, "status": status, "count": count}
            for (method, path, status), count in counts
        ]

    def clear(self) -> None:
        """Reset the counts to zero."""
        with self._lock:
            self._counts.clear()


class Webex:
    """A Webex without a server.

    hook_timeout: seconds that a webhook's target has to answer. hook_limit, hook_window: after how
    many failures within how many seconds a webhook is switched off.
    """

    def __init__(
        self,
        clock_file: Path | None,
        *,
        hook_threads: int,
        hook_timeout: float,
        hook_limit: int,
        hook_window: float,
    ) -> None:
        self.world = World(Clock(clock_file))
        self.faults = Faults()
        self.calls = Calls()
        self.mails = Mails()
        self.webhooks = Webhooks(self.world, hook_limit, hook_window)
        self.hooks = Hooks(self.webhooks, self.faults, self.world.clock, hook_threads, hook_timeout)
        self.world.tell = self.hooks.offer

    def reset(self) -> None:
        """Reset to the state in which a sandbox starts."""
        self.webhooks.clear()
        self.faults.clear()
        self.calls.clear()
        self.mails.clear()
        self.hooks.log.clear()
        self.world.reset()
