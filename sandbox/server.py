"""A sandbox: world, webhooks, faults and their web server; several may run at once."""

import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.api import WEBEX, api, explain, meet, pack
from sandbox.controls import controls
from sandbox.door import IDLE, Door
from sandbox.mail_server import MailServer
from sandbox.page import page, protect
from sandbox.webex import Webex

LARGEST_BODY = 100 * 1024 * 1024


class Sandbox(Webex):
    """A stand-in for Webex on a loopback port (0: a free one), started and stopped at will.

    host, tls, idle: see `Door`. packed: whether /v1 compresses and chunks its responses.
    mail_port: where the mail server listens (0: a free port). hook_…: see `Webex`.
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
        mail_port: int = 0,
        hook_threads: int = 16,
        hook_timeout: float = 8.0,
        hook_limit: int = 100,
        hook_window: float = 300.0,
    ) -> None:
        super().__init__(
            clock_file,
            hook_threads=hook_threads,
            hook_timeout=hook_timeout,
            hook_limit=hook_limit,
            hook_window=hook_window,
        )
        app = make_app(self, packed=packed)
        self._door = Door(app, port=port, host=host, tls=tls, idle=idle)
        self.mail_server = MailServer(
            self.mails,
            self.faults,
            port=mail_port,
            heard=self.world.bump,
            stamp=self.world.clock.stamp,
        )
        self.url = self._door.url
        self.world.base = f"{self.url}/v1"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._door.connections

    def start(self) -> Self:
        """Start serving."""
        self.hooks.start()
        self.mail_server.start()
        self._door.start()
        return self

    def stop(self) -> None:
        """Stop serving; callers that wait for a delayed response get none."""
        self.world.close()
        self._door.stop()
        self.mail_server.stop()
        self.hooks.stop()

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
    """Create a sandbox's application: the API, the controls and the page."""
    around = [pack, meet, explain] if packed else [meet, explain]
    app = web.Application(middlewares=around, client_max_size=LARGEST_BODY)
    app[WEBEX] = sandbox
    for routes in (api, controls, page):
        app.add_routes(routes)
    app.on_response_prepare.append(protect)
    return app
