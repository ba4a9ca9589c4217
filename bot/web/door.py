"""The server in front of the app: waitress, for both `run` and `web`."""

import socket
import threading
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from bot.engine.context import Context
from bot.web.app import LARGEST_BODY, create_app

THREADS = 12
"""Those that wait to commit while the desk works; with fewer, its rounds get smaller and slower."""

BACKLOG = 1024


class Server:
    """Listens as soon as it is created; answers once it is started.

    Raises OSError if the port can't be listened on.
    """

    def __init__(self, context: Context, *, port: int, webhooks: bool = True) -> None:
        self._server: Any = create_server(
            create_app(context, webhooks=webhooks),
            map={},
            sockets=[_listen(context.settings.host, port)],
            threads=THREADS,
            connection_limit=1000,
            backlog=BACKLOG,
            channel_timeout=60,
            max_request_body_size=LARGEST_BODY,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
        self.port: int = self._server.effective_port
        self.url = f"http://127.0.0.1:{self.port}/"
        self._thread = threading.Thread(target=self._server.run, name="door", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections, answer the requests already received, and stop."""
        server = self._server
        server.task_dispatcher.shutdown(cancel_pending=False, timeout=3)
        if not self._thread.is_alive():  # it never started
            wasyncore.close_all(server._map, ignore_all=True)
            return
        with suppress(OSError):  # a request's own trigger may have closed everything
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
        self._thread.join(timeout=5)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)
