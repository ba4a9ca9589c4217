"""Messengers: threads that talk only to Webex, each with its own client."""

import threading
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol

from sqlalchemy import Table

from bot.engine.tray import Tray
from bot.webex.gateway import Gateway, Gateways
from store.queues.leases import Claimed


class Errand(Protocol):
    """A call to Webex for a messenger; it belongs to a queue row that the desk holds."""

    @property
    def row(self) -> Claimed:
        """The claimed row."""

    @property
    def table(self) -> Table:
        """The row's queue."""

    def run(self, gateway: Gateway) -> Any:
        """Call Webex. Raises `Again` and `Undeliverable`."""


def key_of(errand: Errand) -> tuple[str, int]:
    """A unique key for an errand's row."""
    return errand.table.name, errand.row.id


@dataclass(frozen=True, slots=True)
class Brought:
    """The outcome of an errand: a result, or a failure."""

    errand: Errand
    result: Any = None
    failure: Exception | None = None


class Messengers:
    """Runs errands, as many at once as there are threads.

    The thread that came back last goes first: its connection to Webex is still open, while a new
    one costs a TLS handshake.
    """

    def __init__(self, gateways: Gateways, tray: Tray, count: int) -> None:
        self.count = count
        self._gateways = gateways
        self._tray = tray
        self._changing = threading.Lock()
        self._idle: list[SimpleQueue[Errand | None]] = []
        self._waiting: deque[Errand] = deque()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"messenger-{n}", daemon=True)
            for n in range(count)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop once the waiting errands are done."""
        with self._changing:
            self._stopping = True
            for own in self._idle:
                own.put(None)
            self._idle.clear()

    def send(self, errand: Errand) -> None:
        """Run an errand; its outcome is put on the tray."""
        with self._changing:
            if self._idle:
                self._idle.pop().put(errand)
            else:
                self._waiting.append(errand)

    def _work(self) -> None:
        own: SimpleQueue[Errand | None] = SimpleQueue()
        while (errand := self._next(own)) is not None:
            try:
                brought = Brought(errand, errand.run(self._gateways.mine()))
            except Exception as error:
                brought = Brought(errand, failure=error)
            self._tray.put(brought)

    def _next(self, own: "SimpleQueue[Errand | None]") -> Errand | None:
        with self._changing:
            if self._waiting:
                return self._waiting.popleft()
            if self._stopping:
                return None
            self._idle.append(own)
        return own.get()
