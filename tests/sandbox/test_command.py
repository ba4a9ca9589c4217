"""`python -m sandbox [-- COMMAND …]` from the outside: real processes and signals."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.people import wait_for

REPORT = """
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
names = "WEBEX_ACCESS_TOKEN WEBEX_BASE_URL TRIALBOT_CLOCK_FILE NO_PROXY".split()
with open(sys.argv[1] + ".new", "w") as file:
    json.dump({name: os.environ[name] for name in names}, file)
os.replace(sys.argv[1] + ".new", sys.argv[1])
time.sleep(float(sys.argv[2]))
sys.exit(3)
"""


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report"


class Run:
    """A sandbox that runs a small bot."""

    def __init__(self, port: int, report: Path, seconds: str, *options: str) -> None:
        bot = [sys.executable, "-c", REPORT, str(report), seconds]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), *options, "--", *bot],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_PROXY": "proxy.example", "PYTHONUNBUFFERED": "1"},
        )

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def running(port: int, report: Path, tmp_path: Path) -> Iterator[Run]:
    with Run(port, report, "60", "--clock-file", str(tmp_path / "clock")) as run:
        wait_for(report.exists, "the bot never started")
        yield run


def test_the_bot_gets_the_address_of_webex(running: Run, port: int, report: Path) -> None:
    told = json.loads(report.read_text())
    assert told["WEBEX_BASE_URL"] == f"http://127.0.0.1:{port}/v1/"
    assert told["NO_PROXY"].startswith("proxy.example,127.0.0.1")
    headers = {"Authorization": f"Bearer {told['WEBEX_ACCESS_TOKEN']}"}
    me = requests.get(f"{told['WEBEX_BASE_URL']}people/me", headers=headers, timeout=10).json()
    assert me["type"] == "bot"
    assert running.process.stdout
    assert f"http://127.0.0.1:{port}/" in running.process.stdout.readline()
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 200


def test_the_clock_file_contains_the_offset_as_a_number(
    running: Run, port: int, report: Path
) -> None:
    file = Path(json.loads(report.read_text())["TRIALBOT_CLOCK_FILE"])
    assert float(file.read_text()) == 0
    clock = f"http://127.0.0.1:{port}/sandbox/clock"
    wish = {"now": "2040-01-01T09:00:00.000Z"}
    now = requests.post(clock, json=wish, timeout=10).json()["now"]
    assert now.startswith("2040-01-01T09:00:0")
    assert float(file.read_text()) > 1e8


def test_a_signal_is_passed_to_the_bot_whose_exit_ends_the_sandbox(running: Run) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 7


def test_the_sandbox_exits_when_the_bot_does(port: int, report: Path) -> None:
    with Run(port, report, "0") as run:
        assert run.process.wait(10) == 3
