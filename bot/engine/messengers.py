"""Messengers: threads that talk to Webex, each with a client of its own, and to nobody else."""

import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol

from sqlalchemy import Table

from bot.engine.tray import Tray
from bot.webex.gateway import Gateway, Gateways
from store.queues.leases import Claimed


class Errand(Protocol):
    """What a messenger asks Webex for: it belongs to a row of a queue, which the desk holds."""

    @property
    def row(self) -> Claimed:
        """The claimed row."""

    @property
    def table(self) -> Table:
        """Its queue."""

    def run(self, gateway: Gateway) -> Any:
        """Talk to Webex. Raises `Again` and `Undeliverable`."""


def key_of(errand: Errand) -> tuple[str, int]:
    """What tells an errand's row from every other."""
    return errand.table.name, errand.row.id


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of an errand: a result, or why there is none."""

    errand: Errand
    result: Any = None
    failure: Exception | None = None


class Messengers:
    """Runs errands, as many at once as there are threads."""

    def __init__(self, gateways: Gateways, tray: Tray, count: int) -> None:
        self.count = count
        self._gateways = gateways
        self._tray = tray
        self._errands: SimpleQueue[Errand | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"messenger-{n}", daemon=True)
            for n in range(count)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no more errands."""
        for _ in self._threads:
            self._errands.put(None)

    def send(self, errand: Errand) -> None:
        """Have an errand run; what comes of it is put on the tray."""
        self._errands.put(errand)

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            try:
                brought = Brought(errand, errand.run(self._gateways.mine()))
            except Exception as error:
                brought = Brought(errand, failure=error)
            self._tray.put(brought)
