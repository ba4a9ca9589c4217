"""One sandbox: world, webhooks, faults and their web server; several may run at once."""

import ssl
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.api import SANDBOX, api, explain, meet, pack
from sandbox.clock import Clock
from sandbox.controls import controls
from sandbox.door import IDLE, Door
from sandbox.faults import Faults
from sandbox.hooks import Hooks
from sandbox.page import page, protect
from sandbox.records import Json
from sandbox.webhooks import Webhooks
from sandbox.world import World

LARGEST_BODY = 100 * 1024 * 1024


class Calls:
    """Counts the bot's API calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int | str]] = Counter()

    def count(self, method: str, path: str, status: int | str) -> None:
        """One more; `status` is "lost" for a call that was carried out but never answered."""
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
        """Counts from zero."""
        with self._lock:
            self._counts.clear()


class Sandbox:
    """A stand-in for Webex on a loopback port (0: a free one), started and stopped at will.

    host, tls, idle: see `Door`. packed: whether /v1 compresses its answers and chunks them.
    hook_timeout: seconds that a webhook's target has. hook_limit, hook_window: after how many
    failures within how many seconds a webhook is switched off.
    """

    def __init__(
        self,
        port: int = 0,
        clock_file: Path | None = None,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        idle: float = IDLE,
        packed: bool = False,
        hook_threads: int = 16,
        hook_timeout: float = 8.0,
        hook_limit: int = 100,
        hook_window: float = 300.0,
    ) -> None:
        self.world = World(Clock(clock_file))
        self.faults = Faults()
        self.calls = Calls()
        self.webhooks = Webhooks(self.world, hook_limit, hook_window)
        self.hooks = Hooks(self.webhooks, self.faults, self.world.clock, hook_threads, hook_timeout)
        self.world.tell = self.hooks.offer
        app = make_app(self, packed=packed)
        self._door = Door(app, port=port, host=host, tls=tls, idle=idle)
        self.url = self._door.url
        self.world.base = f"{self.url}/v1"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._door.connections

    def start(self) -> Self:
        """Begins to serve."""
        self.hooks.start()
        self._door.start()
        return self

    def stop(self) -> None:
        """Ends serving; who waits for a held answer gets none."""
        self.world.close()
        self._door.stop()
        self.hooks.stop()

    def reset(self) -> None:
        """Back to how a sandbox is when it starts."""
        self.webhooks.clear()
        self.faults.clear()
        self.calls.clear()
        self.hooks.log.clear()
        self.world.reset()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def make_app(sandbox: Sandbox, *, packed: bool) -> web.Application:
    """The application of one sandbox: the API, the levers and the page."""
    around = [pack, meet, explain] if packed else [meet, explain]
    app = web.Application(middlewares=around, client_max_size=LARGEST_BODY)
    app[SANDBOX] = sandbox
    for routes in (api, controls, page):
        app.add_routes(routes)
    app.on_response_prepare.append(protect)
    return app
