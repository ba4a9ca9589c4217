"""trialbot's own processes, which can be killed and restarted."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

TRIALBOT = Path(sys.executable).parent / "trialbot"
LEASE = 2
STARTED_WITHIN = 60.0


class Process:
    """One `trialbot run`, `web` or `worker`; its log survives every kill."""

    def __init__(self, command: str, environment: dict[str, str], log: Path) -> None:
        self.command = command
        self._environment = environment
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; the web door opens somewhat later."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [TRIALBOT, self.command],
                env=self._environment,
                cwd=self._log.parent,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Kill it as a power cut would, between any two instructions."""
        assert self._running is not None
        self._running.kill()
        self._running.wait(30)

    def end(self, within: float = 30.0) -> int:
        """Ask it to stop, and kill it if it doesn't; its exit code."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        try:
            return self._running.wait(within)
        finally:
            self._running.kill()

    @property
    def pid(self) -> int:
        """The ID of the running process."""
        assert self._running is not None
        return self._running.pid

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._running.poll() if self._running else None

    def log(self) -> Iterator[dict[str, Any]]:
        """The log lines of this process and its predecessors."""
        for line in self._log.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


class Processes:
    """One installation: a web door and workers on one database, or `run` alone."""

    def __init__(self, commands: Sequence[str], folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        environment = os.environ | {
            "PORT": str(self.port),
            "TRIALBOT_HOST": "127.0.0.1",
            "TRIALBOT_PUBLIC_URL": self.url,
            "TRIALBOT_LEASE": str(LEASE),
            **settings,
        }
        self.all = [
            Process(command, environment, folder / f"{number}-{command}.log")
            for number, command in enumerate(commands)
        ]

    @property
    def web(self) -> Process:
        return self.all[0]

    @property
    def workers(self) -> list[Process]:
        return [each for each in self.all if each.command != "web"]

    def start(self) -> None:
        """Start all processes and wait for the web door."""
        for process in self.all:
            process.start()
        wait_for(self.is_open, "the web door never opened", STARTED_WITHIN)

    def is_open(self) -> bool:
        """Whether the web door answers."""
        dead = [each for each in self.all if each.code not in (None, -signal.SIGKILL)]
        assert not dead, f"{dead[0].command} ended by itself: {list(dead[0].log())[-3:]}"
        try:
            return requests.get(f"{self.url}ready", timeout=5).ok
        except requests.RequestException:
            return False

    def end(self) -> list[int]:
        """Stop all in order; their exit codes."""
        return [process.end() for process in self.all]

    def destroy(self) -> None:
        """Kill whatever still runs."""
        for process in self.all:
            if process.code is None:
                process.kill()


def wait_for(what: Callable[[], Any], why: str, within: float) -> None:
    """Poll until the condition holds; fail with `why` after `within` seconds."""
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(why)
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
