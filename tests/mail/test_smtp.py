"""Handing in over a real socket: TLS is checked, a refused sign-in pauses all, addresses fit."""

import asyncio
import ssl
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.failures import Again, Undeliverable
from bot.mail import smtp
from bot.mail.message import message_of
from bot.mail_server import MailServer, read_smtp_url

SENDER = "Trialbot <bot@harbour.example>"


class Post:
    """A mail server with TLS and a password, in a thread of its own."""

    def __init__(self, tls: ssl.SSLContext, *, from_the_start: bool) -> None:
        self.taken: list[Envelope] = []
        self._tls, self._from_the_start = tls, from_the_start
        self._begun = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "Post":
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        given = {"ssl": self._tls} if self._from_the_start else {}
        server = await self._loop.create_server(self._connection, "127.0.0.1", 0, **given)
        self.port = server.sockets[0].getsockname()[1]
        self._begun.set()
        await self._end.wait()
        server.close()

    def _connection(self) -> SMTP:
        more: dict[str, Any] = {"auth_require_tls": False}
        if not self._from_the_start:
            more = {"tls_context": self._tls, "require_starttls": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it doesn't see that TLS is there from the start
            return SMTP(
                self, loop=self._loop, authenticator=self._knows, auth_required=True, **more
            )

    def _knows(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, who: Any
    ) -> AuthResult:
        right = isinstance(who, LoginPassword) and who.password == b"p@ss:word"
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return "250 OK"


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Who signs certificates; its own lies at `authority.pem`."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return made


@pytest.fixture(params=["smtp", "smtps"])
def post(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[tuple[Post, str]]:
    """A mail server, and its URL with the right password."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with Post(tls, from_the_start=request.param == "smtps") as server:
        yield server, f"{request.param}://bot:p%40ss%3Aword@localhost:{server.port}"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process trust the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def letter(to: str = "clara@meadow.example", **other: Any) -> Any:
    mail = {"subject": "Webex trial", "html": "<p>Hi</p>", "unsubscribe": ""} | other
    when = datetime(2026, 12, 1, 9, tzinfo=UTC)
    return SimpleNamespace(id=7, address=f"mail:{to}", created_at=when, text="Hi\n", mail=mail)


def hand_in(row: Any, server: MailServer) -> None:
    smtp.send(message_of(row, server), server)


@pytest.mark.usefixtures("trusted")
def test_over_tls_with_a_password(post: tuple[Post, str]) -> None:
    server, url = post
    where = read_smtp_url(url, SENDER)
    smtp.check(where)
    hand_in(letter(), where)
    [taken] = server.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("bot@harbour.example", ["clara@meadow.example"])
    assert isinstance(taken.content, bytes)
    message = message_from_bytes(taken.content, policy=default)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_certificate_nobody_vouches_for_is_refused(post: tuple[Post, str]) -> None:
    server, url = post
    with pytest.raises(Again, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
        hand_in(letter(), read_smtp_url(url, SENDER))
    assert server.taken == []


@pytest.mark.usefixtures("trusted")
def test_a_refused_sign_in_pauses_all_e_mails(post: tuple[Post, str]) -> None:
    server, url = post
    with pytest.raises(Again) as failed:
        hand_in(letter(), read_smtp_url(url.replace("p%40ss", "wrong"), SENDER))
    assert failed.value.limited == smtp.CALL, failed.value.why
    assert "535" in failed.value.why
    assert server.taken == []


@pytest.mark.usefixtures("trusted")
def test_what_a_server_says_is_one_clean_line(post: tuple[Post, str]) -> None:
    server, url = post

    async def refuse(*_: object) -> str:
        return "550-No\x00such\r\n550 \x1b[31m mailbox"

    server.handle_RCPT = refuse  # type: ignore[attr-defined]
    with pytest.raises(Undeliverable) as failed:
        hand_in(letter(), read_smtp_url(url, SENDER))
    assert str(failed.value).endswith("Nosuch [31m mailbox")


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(Again) as failed:
        hand_in(letter(), read_smtp_url("smtp://127.0.0.1:9?starttls=off", SENDER))
    assert (failed.value.limited, failed.value.ambiguous) == ("", False)


# ------------------------------------------------------------------ messages

SERVER = read_smtp_url("smtp://mail.example", SENDER)


def test_a_message_is_the_same_at_each_try_and_another_for_each_row() -> None:
    one, again = message_of(letter(), SERVER), message_of(letter(), SERVER)
    assert one["Message-ID"] == again["Message-ID"]
    assert one["Date"] == again["Date"] == "Tue, 01 Dec 2026 09:00:00 +0000"
    other = letter()
    other.id = 8
    assert message_of(other, SERVER)["Message-ID"] != one["Message-ID"]


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("клара@пример.бг", "клара@xn--e1afmkfd.xn--90ae"),
        ('"a b"@x.example', '"a b"@x.example'),
        (r'"a\"b"@x.example', r'"a\"b"@x.example'),
    ],
)
def test_unusual_addresses(to: str, written: str) -> None:
    assert str(message_of(letter(to), SERVER)["To"].addresses[0].addr_spec) == written


@pytest.mark.parametrize("to", ["a\r\nBcc: x@y.example@z.example", "a@b\r\nBcc: c@d.example"])
def test_an_address_that_cannot_be_one_is_never_sent(to: str) -> None:
    with pytest.raises(Undeliverable):
        message_of(letter(to), SERVER)


def test_a_subject_is_one_line() -> None:
    message = message_of(letter(subject="One\r\nBcc: x@y.example"), SERVER)
    assert message["Subject"] == "One Bcc: x@y.example"
    assert "Bcc" not in message


# ------------------------------------------------------------------ SMTP_URL


def test_ports_and_tls() -> None:
    assert (SERVER.port, SERVER.tls, SERVER.user) == (587, "starttls", "")
    other = read_smtp_url("smtps://u%40x:p%3Aq@mail.example", SENDER)
    assert (other.port, other.tls) == (465, "from-the-start")
    assert (other.user, other.password) == ("u@x", "p:q")
    assert read_smtp_url("smtp://127.0.0.1:25?starttls=off", SENDER).tls == "off"


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=perhaps",
        "smtp://user:secret@mail.example?starttls=off",
    ],
)
def test_what_cannot_work_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL") as wrong:
        read_smtp_url(url, SENDER)
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@", "a@x.example\r\nBcc: y@z.example"])
def test_a_sender_is_an_address(sender: str) -> None:
    with pytest.raises(ValueError, match="TRIALBOT_MAIL_FROM"):
        read_smtp_url("smtp://mail.example", sender)
