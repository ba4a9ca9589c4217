"""A mail server that keeps what it is given, and fails on demand."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.faults import Faults
from sandbox.listener import accept_no_more
from sandbox.mails import Mails

ACCEPTED = "250 OK"
DOWN, BUSY = "421 4.3.0 Try again later", "450 4.2.0 Mailbox busy, try again later"
REFUSED = "550 5.1.1 No such mailbox"


class MailServer:
    """Listens on a loopback port (0: a free one) once it is created; answers once it is started.

    heard: called after each e-mail. stamp: the time now, as text.
    """

    def __init__(
        self,
        mails: Mails,
        faults: Faults,
        *,
        port: int = 0,
        heard: Callable[[], None],
        stamp: Callable[[], str],
    ) -> None:
        self._handler = _Handler(mails, faults, heard, stamp)
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}?starttls=off"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: WeakSet[SMTP] = WeakSet()
        self._begun, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-mail", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """Stop, in the middle of whatever is under way. A second call does nothing."""
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
        loop = self._loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self._connection(loop), sock=self._socket)
        self._begun.set()
        await self._end.wait()
        await accept_no_more(self._socket)
        server.close()
        for connection in list(self._connections):
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        await asyncio.sleep(0)  # in its next turn, the loop closes their sockets

    def _connection(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        made = SMTP(self._handler, enable_SMTPUTF8=True, hostname="sandbox.example", loop=loop)
        self._connections.add(made)
        return made


class _Handler:
    """What happens at each command; the names are aiosmtpd's."""

    def __init__(
        self,
        mails: Mails,
        faults: Faults,
        heard: Callable[[], None],
        stamp: Callable[[], str],
    ) -> None:
        self._mails, self._faults = mails, faults
        self._heard, self._stamp = heard, stamp

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._faults.for_mail("mail-down", address):
            return DOWN
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return ACCEPTED

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if self._faults.for_mail("mail-refused", address):
            return REFUSED
        if self._faults.for_mail("mail-busy", address):
            return BUSY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        for to in envelope.rcpt_tos:
            if slow := self._faults.for_mail("mail-slow", to):
                await asyncio.sleep(slow.delay)
            sender = envelope.mail_from or ""
            self._mails.add(content, to=to, sender=sender, received=self._stamp())
        self._heard()
        return ACCEPTED
