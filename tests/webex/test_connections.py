"""The gateway's connections: what is never retried, what was surely not sent, what counts."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import trustme
from click.testing import CliRunner

from bot.__main__ import main
from bot.failures import Again, Undeliverable
from bot.observe import Metrics
from bot.webex.certificates import NAMES, trust_certificates
from bot.webex.gateway import LONGEST_WAIT as LONGEST
from bot.webex.gateway import PAUSE, REFUSED_TOKEN, Gateway, Post
from tests.people import wait_for

JSON = "application/json;charset=UTF-8"
MADE = b'{"id": "m", "roomId": "r"}'
HELLO = Post({"roomId": "r"}, "Hello")
CARD = {"type": "AdaptiveCard", "version": "1.3", "body": []}
RESET = b"\1\0\0\0\0\0\0\0"

Answer = Callable[[socket.socket], bool]
"""What a server does with a request; True if it goes on listening on that connection."""
Reach = Callable[..., Gateway]


def answer(status: int, body: bytes = b"", header: str = "", kind: str = JSON) -> Answer:
    length = f"Content-Length: {len(body)}"
    head = [f"HTTP/1.1 {status} So", f"Content-Type: {kind}", length, *filter(None, [header])]
    whole = "\r\n".join([*head, "", ""]).encode() + body

    def say(line: socket.socket) -> bool:
        line.sendall(whole)
        return True

    return say


answers = answer(200, MADE)


def hangs_up(line: socket.socket) -> bool:
    return False


def resets(line: socket.socket) -> bool:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return False


def is_silent(line: socket.socket) -> bool:
    return bool(line.recv(1))


def answers_and_hangs_up(line: socket.socket) -> bool:
    answers(line)
    return False


class Server:
    """A server that answers its requests in turn, one `Answer` each; `came`: their request lines.

    `connections`: the number of the connection that each request came on, from 1.
    """

    def __init__(self, door: socket.socket, ways: tuple[Answer, ...]) -> None:
        self.url = f"http://127.0.0.1:{door.getsockname()[1]}/v1/"
        self.came: list[str] = []
        self.connections: list[int] = []
        self._door = door
        self._ways = list(ways)

    def listen(self) -> None:
        number = 0
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._serve, args=(line, number), daemon=True).start()

    def _serve(self, line: socket.socket, number: int) -> None:
        with line:
            while self._ways and (asked := _read(line)):
                self.came.append(asked.split(b"\r\n")[0].decode())
                self.connections.append(number)
                if not self._ways.pop(0)(line):
                    return


def _read(line: socket.socket) -> bytes:
    """Read a whole request; empty if the other side has hung up."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        piece = line.recv(65536)
        if not piece:
            return b""
        asked += piece
    head, _, body = asked.partition(b"\r\n\r\n")
    length = [each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:")]
    left = int(length[0].split(b":")[1]) - len(body) if length else 0
    while left > 0:
        left -= len(line.recv(65536))
    return asked


@contextmanager
def server(*ways: Answer) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        running = Server(door, ways)
        threading.Thread(target=running.listen, daemon=True).start()
        yield running
        door.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def reach() -> Reach:
    """Make a gateway to an address, with a timeout of one second."""
    metrics = Metrics()
    return lambda url, **more: Gateway("x", url, metrics, **{"timeout": 1} | more)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore this machine's proxies and certificates."""
    for name in (*NAMES, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def kept_to(url: str) -> list[str]:
    """The states of this process's connections to an address."""
    there = urlsplit(url).port
    held = psutil.Process().net_connections("tcp4")
    return [each.status for each in held if each.raddr and each.raddr.port == there]


# ------------------------------------------------------------------ ambiguous failures


@pytest.mark.parametrize("lost", [hangs_up, resets, is_silent])
def test_a_post_whose_response_is_lost_is_not_repeated(reach: Reach, lost: Answer) -> None:
    with server(answers, lost, answers) as webex:
        gateway = reach(webex.url)
        assert gateway.post(HELLO)["id"] == "m"
        with pytest.raises(Again) as again:
            gateway.post(HELLO)
        assert again.value.ambiguous
        assert webex.came == ["POST /v1/messages HTTP/1.1"] * 2


def test_a_refused_connection_means_not_sent(reach: Reach) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://localhost:{door.getsockname()[1]}/v1/"
    with pytest.raises(Again) as again:
        reach(url).post(HELLO)
    assert not again.value.ambiguous


def test_a_connection_timeout_means_not_sent(reach: Reach) -> None:
    with socket.socket() as door, ExitStack() as waiting:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(3):  # enough to keep the next one out
            guest = waiting.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
        with pytest.raises(Again) as again:
            reach(f"http://127.0.0.1:{door.getsockname()[1]}/v1/").post(HELLO)
    assert not again.value.ambiguous


# ------------------------------------------------------------------ unreadable answers


def test_an_answer_that_is_nested_too_deeply_is_never_asked_for_again(reach: Reach) -> None:
    deep = b'{"id": "m", "inputs": ' + b"[" * 1_100 + b"]" * 1_100 + b"}"
    with server(answer(200, deep), answer(200, deep)) as webex:
        with pytest.raises(Undeliverable):
            reach(webex.url).action("m")
        assert reach(webex.url).post(HELLO)["id"] == ""  # Webex has taken the message


def test_what_no_database_stores_is_taken_out_of_an_answer(reach: Reach) -> None:
    told = b'{"id": "m", "text": "a\\u0000b\\ud800c", "inputs": {"n\\u0000": ["\\udfff"]}}'
    with server(answer(200, told)) as webex:
        found = reach(webex.url).message("m")
    assert found == {"id": "m", "text": "abc", "inputs": {"n": [""]}}


# ------------------------------------------------------------------ idle connections


def test_a_connection_in_use_is_reused(reach: Reach) -> None:
    with server(answers, answers, answers) as webex:
        gateway = reach(webex.url)
        for _ in range(3):
            gateway.post(HELLO)
        assert webex.connections == [1, 1, 1]


def test_an_idle_connection_is_never_reused(reach: Reach) -> None:
    with server(*[answers] * 4) as webex:
        gateway = reach(webex.url, idle=0.0)
        gateway.post(HELLO)
        gateway.post(HELLO)
        gateway.put("m", "r", "Hello", CARD)
        gateway.put("m", "r", "Hello", CARD)
        assert webex.connections == [1, 2, 3, 4]
        assert len(kept_to(webex.url)) == 2, "the SDK's and the one beyond it"


def test_a_connection_that_the_server_closed_while_idle_is_replaced(reach: Reach) -> None:
    with server(answers_and_hangs_up, answers) as webex:
        gateway = reach(webex.url)
        gateway.post(HELLO)
        open_ones = psutil.CONN_ESTABLISHED
        wait_for(lambda: open_ones not in kept_to(webex.url), "the server never hung up")
        gateway.post(HELLO)
        assert webex.connections == [1, 2]


# ------------------------------------------------------------------ the meaning of responses


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_2xx_means_the_message_was_sent(reach: Reach, status: int) -> None:
    with server(*[answer(status, MADE)] * 2) as webex:
        gateway = reach(webex.url)
        assert gateway.post(HELLO) == {"id": "m", "roomId": "r"}
        assert gateway.put("m", "r", "Hello", CARD) == {"id": "m", "roomId": "r"}


@pytest.mark.parametrize(
    "vague",
    [answer(202), answer(200, b"Thanks!", kind="text/plain"), answer(202, b"[]")],
)
def test_a_message_counts_as_sent_even_if_webex_does_not_describe_it(
    reach: Reach, vague: Answer
) -> None:
    with server(vague, vague) as webex:
        gateway = reach(webex.url)
        assert gateway.post(HELLO) == {"id": "", "roomId": "r"}
        assert gateway.put("m", "r", "Hello", CARD) == {"id": "m", "roomId": "r"}
        assert len(webex.came) == 2


def test_of_a_sent_message_only_its_id_and_room_are_kept(reach: Reach) -> None:
    whole = answer(200, b'{"id": "m", "roomId": "r", "text": "Hello", "attachments": [{}]}')
    with server(whole, whole) as webex:
        gateway = reach(webex.url)
        assert gateway.post(HELLO) == {"id": "m", "roomId": "r"}
        assert gateway.put("m", "r", "Hello", CARD) == {"id": "m", "roomId": "r"}


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_means_the_message_was_deleted(reach: Reach, status: int) -> None:
    with server(answer(status)) as webex:
        reach(webex.url).delete("m")
        assert webex.came == ["DELETE /v1/messages/m HTTP/1.1"]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415])
@pytest.mark.parametrize("call", ["post", "put"])
def test_a_refusal_carries_webexs_own_words(reach: Reach, status: int, call: str) -> None:
    with server(answer(status, b'{"message": "Not so."}')) as webex:
        with pytest.raises(Undeliverable) as never:
            say(reach(webex.url), call)
        assert (never.value.status, never.value.why) == (status, "Not so.")


@pytest.mark.parametrize("status", [408, 423, 425, 428, 500, 502, 503, 504])
@pytest.mark.parametrize("call", ["post", "put"])
def test_a_temporary_error_is_retried_after_the_time_webex_gives(
    reach: Reach, status: int, call: str
) -> None:
    with server(answer(status, b"", "Retry-After: 7")) as webex:
        with pytest.raises(Again) as again:
            say(reach(webex.url), call)
        assert (again.value.after, again.value.counted) == (7.0, True)
        assert again.value.ambiguous == (status == 504)


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("7", 7.0),
        ("100000", LONGEST),
        ("0", PAUSE),
        ("-5", PAUSE),
        ("²", PAUSE),
        ("rand(30)", PAUSE),
    ],
)
@pytest.mark.parametrize("call", ["post", "put"])
def test_a_429_is_a_pause(reach: Reach, retry_after: str, wait: float, call: str) -> None:
    with server(answer(429, b"", f"Retry-After: {retry_after}")) as webex:
        with pytest.raises(Again) as again:
            say(reach(webex.url), call)
        assert (again.value.after, again.value.counted) == (wait, False)


def test_a_refused_token_is_a_pause(reach: Reach) -> None:
    with server(answer(401)) as webex:
        with pytest.raises(Again) as again:
            reach(webex.url).me()
        assert (again.value.after, again.value.counted) == (REFUSED_TOKEN, False)


def test_an_unreadable_response_to_a_get_is_retried(reach: Reach) -> None:
    page = answer(200, b"<html>", kind="text/html")
    with server(page) as webex, pytest.raises(Again):
        reach(webex.url).message("m")


def say(gateway: Gateway, call: str) -> Any:
    """Make one call through the SDK, or one that the SDK lacks."""
    calls = {
        "post": partial(gateway.post, HELLO),
        "put": partial(gateway.put, "m", "r", "Hello", CARD),
    }
    return calls[call]()


# ------------------------------------------------------------------ proxies and certificates


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_no_proxy_is_used_for_this_machine(
    reach: Reach, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server(answers, answers) as webex:
        gateway = reach(webex.url.replace("127.0.0.1", host))
        for call in ("post", "put"):
            assert say(gateway, call)["id"] == "m"


def test_the_proxy_from_the_environment_is_used_for_webex(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(answers, answers) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        gateway = reach("http://webex.example/v1/")
        for call in ("post", "put"):
            assert say(gateway, call)["id"] == "m"
        assert proxy.came[0] == "POST http://webex.example/v1/messages HTTP/1.1"


def test_a_missing_proxy_means_not_sent(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{door.getsockname()[1]}")
    with pytest.raises(Again) as again:
        reach("http://webex.example/v1/").post(HELLO)
    assert not again.value.ambiguous


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The certificate file of an authority that only this test knows."""
    file = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return file


AUTHORITY = trustme.CA()


@contextmanager
def server_with_tls(*ways: Answer) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    with context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True) as door:
        running = Server(door, ways)
        threading.Thread(target=running.listen, daemon=True).start()
        yield running.url.replace("http://127.0.0.1", "https://localhost")


@pytest.mark.parametrize("name", NAMES)
def test_a_custom_authority_is_trusted(
    reach: Reach, authority: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv(name, str(authority))
    with server_with_tls(answers, answers) as url:
        trust_certificates(url)
        gateway = reach(url)
        for call in ("post", "put"):
            assert say(gateway, call)["id"] == "m"


def test_an_untrusted_server_means_not_sent(reach: Reach) -> None:
    with server_with_tls(answers) as url, pytest.raises(Again) as again:
        reach(url).post(HELLO)
    assert not again.value.ambiguous


def test_missing_certificates_mean_not_sent(
    reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    with pytest.raises(Again) as again:
        reach("https://localhost:9/v1/").post(HELLO)
    assert not again.value.ambiguous


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_unreadable_certificates_are_reported_in_one_sentence_at_startup(
    tmp_path: Path, name: str, content: str | None, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "authority.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("WEBEX_BASE_URL", "https://localhost:9/v1/")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv(name, str(file))
    said = CliRunner().invoke(main, [command])
    assert said.exit_code == 1
    assert said.output.startswith(f"Error: {name}={file}: these certificates can't be read (")
    assert said.output.count("\n") == 1


def test_a_folder_is_accepted_if_it_has_certificates_by_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with pytest.raises(ValueError, match="name a file instead"):
        trust_certificates("https://localhost:9/v1/")
    (tmp_path / "0a1b2c3d.0").write_text("looked at when somebody signed with it")
    trust_certificates("https://localhost:9/v1/")
