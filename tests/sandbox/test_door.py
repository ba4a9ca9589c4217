"""The sandbox's server: it answers most calls in its event loop, and none of them may block it."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import parse_headers
from io import BufferedReader
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.door import WAITERS
from sandbox.server import Sandbox
from tests.people import wait_for
from tests.sandbox.conftest import Caller, Controls

MEETS_FAULTS = {"kind": "latency", "match": "GET /v1/rooms", "delay": 0.3}


def test_a_call_that_waits_for_a_change_blocks_nobody(
    bot: Caller, tom: Caller, room: str, controls: Controls
) -> None:
    seen = controls.get("changes")["seq"]
    with ThreadPoolExecutor(1) as waiting:
        change = waiting.submit(controls.get, "changes", since=seen, wait=15)
        for _ in range(20):
            bot.get("people/me")
        assert not change.done()
        tom.post("messages", roomId=room, text="hello")
        assert change.result(5)["seq"] > seen


def test_a_hanging_call_blocks_nobody(
    sandbox: Sandbox, bot: Caller, room: str, controls: Controls
) -> None:
    controls.post("faults", kind="hang", match="GET /v1/rooms", delay=15)
    with connection(sandbox) as held:
        held.sendall(call(bot, "rooms"))
        wait_for(lambda: controls.get("faults")[0]["hits"] == 1, "nothing hangs")
        bot.get("people/me")
        controls.delete("faults")
        bot.get("people/me")
        bot.post("messages", roomId=room, text="hello")


def test_any_number_of_answers_can_be_delayed(
    sandbox: Sandbox, bot: Caller, controls: Controls
) -> None:
    controls.post("faults", kind="latency", match="GET /v1/rooms", delay=1)
    began = time.monotonic()
    with ExitStack() as open_ones:
        lines = [open_ones.enter_context(connection(sandbox)) for _ in range(4 * WAITERS)]
        for line in lines:
            line.sendall(call(bot, "rooms"))
        assert [read(line.makefile("rb"))[0] for line in lines] == [200] * len(lines)
    assert 1 <= time.monotonic() - began < WAITERS


def test_an_answer_that_is_both_delayed_and_lost_closes_the_connection_late(
    sandbox: Sandbox, bot: Caller, controls: Controls
) -> None:
    for kind in ("latency", "lost"):
        controls.post("faults", kind=kind, match="GET /v1/rooms", delay=0.5)
    began = time.monotonic()
    with connection(sandbox) as line:
        line.sendall(call(bot, "rooms"))
        assert line.recv(1) == b""
    assert time.monotonic() - began >= 0.5
    bot.get("people/me")


@pytest.mark.parametrize("fault", [{}, MEETS_FAULTS])
def test_pipelined_calls_are_answered_in_order(
    sandbox: Sandbox, bot: Caller, controls: Controls, fault: dict[str, object]
) -> None:
    if fault:
        controls.post("faults", **fault)
    paths = ["rooms", "people/me", "nothing", "people/me"]
    with connection(sandbox) as line:
        line.sendall(b"".join(call(bot, path) for path in paths))
        answering = line.makefile("rb")
        answers = [read(answering) for _ in paths]
    assert [status for status, _ in answers] == [200, 200, 404, 200]
    assert b'"items"' in answers[0][1]
    assert answers[1][1] == answers[3][1]


def test_a_large_answer_arrives_complete(bot: Caller, tom: Caller, room: str) -> None:
    long = "word " * 1400
    for _ in range(30):
        tom.post("messages", roomId=room, text=long)
    shown = tom.call("GET", "messages", params={"roomId": room})
    assert len(shown.content) > 200_000
    assert [message["text"].strip() for message in shown.json()["items"]] == [long.strip()] * 30


def test_a_malformed_request_is_refused_and_others_continue(sandbox: Sandbox, bot: Caller) -> None:
    with connection(sandbox) as line:
        line.sendall(b"GET /v1/rooms HTTP/1.1\r\nContent-Length: many\r\n\r\n")
        assert read(line.makefile("rb"))[0] == 400
    bot.get("people/me")


def test_a_caller_that_leaves_before_the_answer_disturbs_nobody(
    sandbox: Sandbox, bot: Caller
) -> None:
    for _ in range(20):
        with connection(sandbox) as line:
            line.sendall(call(bot, "people/me"))
    bot.get("people/me")


def test_everybody_is_hung_up_on_at_the_end() -> None:
    """Also those who connect at that very moment."""
    with Sandbox() as sandbox, ThreadPoolExecutor(4) as people:
        calls = [people.submit(call_until_the_end, sandbox) for _ in range(4)]
        wait_for(lambda: sandbox.connections > 0, "nobody calls")
        sandbox.stop()
        assert all(each.result(10) for each in calls)


def call_until_the_end(sandbox: Sandbox) -> int:
    """Open connections until the port is closed; each of the last ones must be hung up on."""
    with ExitStack() as open_ones:
        lines: list[socket.socket] = []
        with suppress(OSError):
            while True:
                lines.append(open_ones.enter_context(connection(sandbox)))
                if len(lines) > 20:
                    lines.pop(0).close()
        for line in lines:
            with suppress(ConnectionError):
                assert line.recv(1) == b""
        return len(lines)


def test_links_use_the_host_name_of_the_call(tom: Caller, room: str) -> None:
    named = Caller(f"http://localhost:{urlsplit(tom.url).port}", tom.about, tom.session)
    chart = ("chart.png", b"PNG", "image/png")
    for _ in range(2):
        sent = named.call("POST", "messages", data={"roomId": room}, files={"files": chart}).json()
    assert sent["files"][0].startswith(f"{named.url}/v1/contents/")
    assert named.call("GET", sent["files"][0]).content == b"PNG"
    page = named.call("GET", "messages", params={"roomId": room, "max": 1})
    assert page.links["next"]["url"].startswith(f"{named.url}/v1/messages?")


def test_packed_answers_are_compressed_and_chunked() -> None:
    with Sandbox(host="localhost", packed=True) as sandbox, requests.Session() as session:
        people = session.get(f"{sandbox.url}/sandbox/people", timeout=10).json()
        about = next(each for each in people if each["role"] == "bot")
        bot = Caller(sandbox.url, about, session)
        answer = bot.call("GET", "people/me")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.json()["id"] == bot.id
        sent = bot.post("messages", toPersonEmail="tom.okafor@harbour.example", text="hi")
        bot.delete(f"messages/{sent['id']}")


def connection(sandbox: Sandbox) -> socket.socket:
    at = urlsplit(sandbox.url)
    return socket.create_connection((at.hostname, at.port), timeout=10)


def call(bot: Caller, path: str) -> bytes:
    token = bot.headers["Authorization"]
    return f"GET /v1/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode()


def read(line: BufferedReader) -> tuple[int, bytes]:
    status = int(line.readline().split()[1])
    return status, line.read(int(parse_headers(line)["Content-Length"]))
