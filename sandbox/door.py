"""The server in front of the app: waitress, which answers most calls in its own loop."""

import heapq
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

LARGEST_BODY = 100 * 1024 * 1024
PATIENCE = 1.0
NEVER = sys.maxsize
"""Of how much is written before it leaves, or before who writes has to wait: all of it."""


class Door:
    """Listens on a loopback port as soon as it is made (0: a free one); answers once it is started.

    Calls for which `may_wait(path)` is false are answered in the loop, one after another: a thread
    for each would cost more than their work. The others have up to `threads` threads. An answer
    that is held costs neither.
    """

    def __init__(
        self, app: Flask, *, port: int, threads: int, may_wait: Callable[[str], bool]
    ) -> None:
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(threads)
        self._server = _Server(
            app,
            may_wait,
            dispatcher=dispatcher,
            host="127.0.0.1",
            port=port,
            connection_limit=2000,
            backlog=1024,
            channel_timeout=600,
            outbuf_high_watermark=NEVER,
            max_request_body_size=LARGEST_BODY + 1_000_000,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="sandbox", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End; the sockets are closed when nobody uses them."""
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(timeout=10)
        self._server.end()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            self._server.turn()


class _Task(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["sandbox.connection"] = self.channel
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that can hold its answer, or be cut without one, and knows if it was cut."""

    task_class = _Task
    held_until = 0.0
    is_lost = False

    def hold(self, seconds: float) -> None:
        """Let the answer that is being made leave only after a while, or a while later."""
        self.held_until = max(self.held_until, time.monotonic()) + seconds

    def hang_up(self) -> None:
        """Cut the connection when the answer should leave."""
        self.is_lost = True

    def is_cut(self) -> bool:
        """Whether the caller has given up."""
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"")
        except BlockingIOError:
            return False
        except OSError:
            return True

    def writable(self) -> bool:
        """What waitress asks before it sends."""
        return bool(super().writable()) and self.held_until <= time.monotonic()

    def handle_write(self) -> None:
        """What waitress does to send."""
        if self.is_lost:
            self.handle_close()
        else:
            super().handle_write()


class _Server(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel

    def __init__(self, app: Flask, may_wait: Callable[[str], bool], **settings: Any) -> None:
        self._may_wait = may_wait
        self._ready: deque[_Channel] = deque()
        self._held: list[float] = []
        self._loop = 0
        super().__init__(app, map={}, **settings)
        self.adj.send_bytes = NEVER  # as a setting it is deprecated, with nothing instead

    def turn(self) -> None:
        """Look at the sockets once, then answer what came in and never waits."""
        self._loop = threading.get_ident()
        wasyncore.loop(timeout=self._patience(), use_poll=True, map=self._map, count=1)
        while self._ready:
            self._answer(self._ready.popleft())

    def _patience(self) -> float:
        """Seconds until the next held answer leaves; poll would cut off what is less than 1 ms."""
        now = time.monotonic()
        while self._held and self._held[0] <= now:
            heapq.heappop(self._held)
        return min(PATIENCE, self._held[0] - now + 0.001) if self._held else PATIENCE

    def _answer(self, channel: _Channel) -> None:
        try:
            channel.service()
            if channel.writable():
                channel.handle_write()
            elif channel.connected:
                heapq.heappush(self._held, channel.held_until)
        except Exception:
            self.logger.exception("Exception while serving %r", channel)
            channel.handle_close()

    def add_task(self, channel: _Channel) -> None:
        """What waitress does with a call that has come in."""
        asked = channel.requests[0]
        if asked.error or self._may_wait(asked.path):
            self.task_dispatcher.add_task(channel)
        else:
            self._ready.append(channel)

    def pull_trigger(self) -> None:
        """What waitress does to wake the loop."""
        if threading.get_ident() != self._loop:
            super().pull_trigger()

    def end(self) -> None:
        self.task_dispatcher.shutdown()
        wasyncore.close_all(self._map, ignore_all=True)
