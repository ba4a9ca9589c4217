"""The kept connections to Webex: what is never asked twice, and what was surely never sent."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from bot.line import FAILURES, Line, was_sent
from tests.people import wait_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
RESET = b"\1\0\0\0\0\0\0\0"

Answer = Callable[[socket.socket], bool]
"""What a server does with a request; whether it goes on listening on that connection."""


def answers(line: socket.socket) -> bool:
    line.sendall(OK)
    return True


def hangs_up(line: socket.socket) -> bool:
    return False


def resets(line: socket.socket) -> bool:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return False


def is_silent(line: socket.socket) -> bool:
    return bool(line.recv(1))


@contextmanager
def server(*ways: Answer) -> Iterator[tuple[str, list[str]]]:
    """Something that answers one request after the other so: where it is, and what came in."""
    came: list[str] = []
    todo = list(ways)

    def serve(line: socket.socket) -> None:
        with line:
            while todo and (asked := line.recv(65536)):
                came.append(asked.split(b"\r\n")[0].decode())
                if not todo.pop(0)(line):
                    return

    def listen() -> None:
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(line,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=listen, daemon=True).start()
        yield f"{base(door)}messages", came
        door.shutdown(socket.SHUT_RDWR)


def base(door: socket.socket) -> str:
    return f"http://127.0.0.1:{door.getsockname()[1]}/v1/"


def post(url: str, timeout: float = 0.5) -> int:
    line = Line({"Authorization": "Bearer x"}, url)
    return line.request("POST", url, json={"text": "x"}, timeout=timeout).status_code


def kept_to(url: str) -> bool:
    """Whether this process holds its end of a connection there."""
    there = urlsplit(url).port
    held = psutil.Process().net_connections("tcp4")
    return any(each.raddr and each.raddr.port == there for each in held)


@pytest.mark.parametrize("lost", [hangs_up, resets, is_silent])
def test_a_post_whose_answer_is_lost_is_not_repeated(lost: Answer) -> None:
    with server(answers, lost, answers) as (url, came):
        assert post(url) == 200
        with pytest.raises(FAILURES) as failure:
            post(url)
        assert was_sent(failure.value)
        assert came == ["POST /v1/messages HTTP/1.1"] * 2


def test_a_connection_that_ended_while_nobody_used_it_is_replaced() -> None:
    def answers_and_hangs_up(line: socket.socket) -> bool:
        line.sendall(OK)
        return False

    with server(answers_and_hangs_up, answers) as (url, came):
        assert post(url) == 200
        wait_for(lambda: not kept_to(url), "the connection was never let go")
        assert post(url) == 200
        assert len(came) == 2


def test_what_found_nobody_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"{base(door)}messages"
    with pytest.raises(FAILURES) as failure:
        post(url)
    assert not was_sent(failure.value)


def test_what_came_to_no_connection_in_time_was_not_sent() -> None:
    with socket.socket() as door, ExitStack() as waiting:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(3):  # so many that the next one isn't let in
            guest = waiting.enter_context(socket.socket())
            guest.setblocking(False)
            guest.connect_ex(door.getsockname())
        with pytest.raises(FAILURES) as failure:
            post(f"{base(door)}messages", timeout=10)
    assert not was_sent(failure.value)
