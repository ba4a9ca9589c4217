"""A mail server as `SMTP_URL` names it."""

from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to hand in e-mails, as whom, and from which address.

    `tls`: "from-the-start", "starttls" or "off". `user`: empty for no sign-in.
    """

    host: str
    port: int
    tls: str
    user: str
    password: str
    sender: str

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.address.rpartition("@")[2]


def read_smtp_url(url: str, sender: str) -> MailServer:
    """Read `smtp://USER:PASSWORD@HOST:PORT?starttls=off` or `smtps://…`.

    Raises ValueError if it can't work; the message doesn't repeat the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        wanted = parse_qs(parts.query, strict_parsing=bool(parts.query)).get("starttls", ["on"])[-1]
    except (KeyError, ValueError):
        raise ValueError("SMTP_URL must be smtp://HOST:PORT or smtps://HOST:PORT") from None
    if not parts.hostname or parts.path not in ("", "/") or wanted not in ("on", "off"):
        raise ValueError("SMTP_URL must be smtp://HOST:PORT or smtps://HOST:PORT")
    tls = "from-the-start" if parts.scheme == "smtps" else {"on": "starttls", "off": "off"}[wanted]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if tls == "off" and user and parts.hostname not in ON_THIS_MACHINE:
        raise ValueError("SMTP_URL would send the password unencrypted: leave out starttls=off")
    if not _is_sender(sender):
        raise ValueError("TRIALBOT_MAIL_FROM must be an address, such as Trialbot <bot@x.example>")
    return MailServer(parts.hostname, port, tls, user, password, sender)


def _is_sender(sender: str) -> bool:
    local, _, domain = parseaddr(sender)[1].rpartition("@")
    return bool(local and domain) and sender.isprintable() and sender == sender.strip()
