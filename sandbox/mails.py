"""The e-mails that the bot has sent, as their readers see them."""

import itertools
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

KEPT = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail: its envelope's recipient, its headers in order, its text and its HTML."""

    id: int
    to: str
    sender: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    received: str

    def view(self) -> dict[str, Any]:
        """The e-mail as `GET /sandbox/mails` shows it."""
        names = [name for name in Mail.__slots__ if name != "headers"]
        return {name: getattr(self, name) for name in names} | {"headers": dict(self.headers)}


class Mails:
    """The last e-mails, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._mails: list[Mail] = []

    def add(self, raw: bytes, *, to: str, sender: str, received: str) -> Mail:
        """Keep an e-mail as it came over the wire."""
        message = message_from_bytes(raw, EmailMessage, policy=default)
        mail = Mail(
            next(self._numbers),
            to,
            sender,
            str(message["Subject"] or ""),
            tuple((name, str(value)) for name, value in message.items()),
            _part(message, "plain"),
            _part(message, "html"),
            received,
        )
        with self._lock:
            self._mails = [*self._mails, mail][-KEPT:]
        return mail

    def all(self) -> list[Mail]:
        """Every e-mail that is kept."""
        return self._mails

    def clear(self) -> None:
        """Forget them."""
        self._mails = []


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
