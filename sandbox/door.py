"""The server in front of the app: aiohttp, with its own thread and event loop."""

import asyncio
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from sandbox.listener import accept_no_more

BACKLOG = 1024
IDLE = 600.0
WAITERS = 32
"""How many callers may wait at once for a change of the world."""
PARTING = 0.1
"""Seconds that calls have to finish at shutdown."""


class Door:
    """Listens on a loopback port (0: a free one) once it is created; answers once it is started.

    Calls are answered one after another, but a delayed response blocks no other. host: this
    machine's name in `url`. tls: the context to serve TLS with. idle: seconds for which an unused
    connection is kept.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        port: int,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        idle: float = IDLE,
    ) -> None:
        self._app = app
        self._tls = tls
        self._idle = idle
        self._socket = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{host}:{self._socket.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: web.AppRunner | None = None
        self._begun = threading.Event()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def connections(self) -> int:
        """How many open connections it hasn't hung up on."""
        server = self._runner and self._runner.server
        return sum(each.transport is not None for each in server.connections) if server else 0

    def start(self) -> None:
        """Start answering."""
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """Stop; callers that wait for a response get none. A second call does nothing."""
        loop, self._loop = self._loop, None
        if loop:
            loop.call_soon_threadsafe(self._end.set)
            self._thread.join(timeout=10)
        self._socket.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(WAITERS, "sandbox-waiter"))
        runner = self._runner = web.AppRunner(
            self._app,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=self._idle,
            shutdown_timeout=PARTING,
        )
        await runner.setup()
        site = web.SockSite(runner, self._socket, ssl_context=self._tls, backlog=BACKLOG)
        await site.start()
        self._begun.set()
        await self._end.wait()
        await accept_no_more(self._socket)
        await runner.cleanup()
