"""A connection pooler for PostgreSQL that behaves like PgBouncer in transaction mode: each
transaction gets any free connection, the most recently used one first.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

PLAIN = 196608
"""The protocol version; any other number first asks whether encryption is available."""


class Pooler:
    """`url` is the database behind it. All clients are the same user of the same database."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._server = f"{parsed.query['host']}/.s.PGSQL.{parsed.port or 5432}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._free: list[socket.socket] = []
        self._welcome = b""
        there = parsed.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self.url = there.render_as_string(hide_password=False)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        for server in self._free:
            server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            greeting = _greeting(client)
            self._free.append(self._one(greeting))
            client.sendall(self._welcome)
            while (message := _message(client))[:1] != b"X":  # until it hangs up
                server = self._one(greeting)
                _transaction(client, server, message)
                self._free.append(server)

    def _one(self, greeting: bytes) -> socket.socket:
        """The most recently used free connection, or a new one."""
        if self._free:
            return self._free.pop()
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        server.sendall(greeting)
        self._welcome = _until_ready(server)
        return server


def _transaction(client: socket.socket, server: socket.socket, message: bytes) -> None:
    """Relay a client's messages to one server until its transaction is over."""
    while True:
        server.sendall(message)
        if message[:1] in b"QS":  # a simple query, or the end of an extended one
            told = _until_ready(server)
            client.sendall(told)
            if told.endswith(b"I"):
                return
        message = _message(client)


def _until_ready(server: socket.socket) -> bytes:
    told = b""
    while True:
        message = _message(server)
        told += message
        if message[:1] == b"Z":
            return told


def _greeting(client: socket.socket) -> bytes:
    while True:
        length = _exactly(client, 4)
        rest = _exactly(client, int.from_bytes(length) - 4)
        if int.from_bytes(rest[:4]) == PLAIN:
            return length + rest
        client.sendall(b"N")


def _message(end: socket.socket) -> bytes:
    head = _exactly(end, 5)
    return head + _exactly(end, int.from_bytes(head[1:]) - 4)


def _exactly(end: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = end.recv(count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found
