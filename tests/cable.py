"""A connection to PostgreSQL that can be cut: a local port in front of the server's own socket.

It can also be slow: everything sent to the server is delayed.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

PIECE = 65_536


class Cable:
    """Carries bytes to a server that listens in a folder; `url` is the database behind it."""

    def __init__(self, url: str, *, delay: float = 0.0) -> None:
        self._delay = delay
        parsed = make_url(url)
        self._server = f"{parsed.query['host']}/.s.PGSQL.{parsed.port or 5432}"
        self._listener = _listen(0)
        self._port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._far_ends: list[socket.socket] = []
        self._lock = threading.Lock()
        there = parsed.set(host="127.0.0.1", port=self._port, query={})
        self.url = there.render_as_string(hide_password=False)
        self._accept()

    def slow_down(self, delay: float) -> None:
        """Delay what is sent to the server on connections made from now on."""
        self._delay = delay
        self.break_off()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        _hang_up(self._listener)
        self.break_off()
        with self._lock:
            ends, self._far_ends = self._far_ends, []
        for end in ends:
            _hang_up(end)

    def break_off(self) -> None:
        """Break every connection without the server noticing; let new ones through."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            _hang_up(end)

    def hang(self) -> None:
        """Break every connection; accept new ones, but never answer them."""
        self.cut()
        self._listener = _listen(self._port)

    def mend(self) -> None:
        """Let connections through again."""
        _hang_up(self._listener)
        self._listener = _listen(self._port)
        self._accept()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cut()

    def _accept(self) -> None:
        listener = self._listener

        def accept() -> None:
            with suppress(OSError):
                while True:
                    self._join(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._server)
        with self._lock:
            self._ends.append(near)
            self._far_ends.append(far)
        for here, there, delay in ((near, far, self._delay), (far, near, 0.0)):
            threading.Thread(target=self._carry, args=[here, there, delay], daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, delay: float) -> None:
        with suppress(OSError):
            while piece := here.recv(PIECE):
                threading.Event().wait(delay)
                there.sendall(piece)
        with self._lock:
            is_broken_off = there in self._far_ends and here not in self._ends
        if not is_broken_off:
            _hang_up(there)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    return listener


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
