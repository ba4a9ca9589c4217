"""Silence, then many people speaking at once, with Webex at a host name."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests

from bot.webex.webhooks import WANTED
from sandbox.server import Sandbox
from tests.soak.processes import Processes, wait_for

SIZE = 25
PATIENCE = 60.0
LATEST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of all bursts; `ended`: the process's exit code if it exited by itself."""

    said: int
    answered: int
    ended: int | None

    @property
    def wrong(self) -> list[str]:
        wrong = []
        if self.answered < self.said:
            wrong.append(f"{self.said - self.answered} of {self.said} were never answered")
        if self.ended is not None:
            wrong.append(f"trialbot ended by itself with exit code {self.ended}")
        return wrong


class Crowd:
    """People who all mention the bot in one space at the same time."""

    def __init__(self, webex: Sandbox) -> None:
        people = {person.role: person for person in webex.world.people.values()}
        rooms = requests.get(f"{webex.url}/sandbox/rooms", timeout=30).json()
        self.webex = webex
        self._url = f"{webex.url}/v1/messages"
        self._room = next(room["id"] for room in rooms if room["role"] == "partner-space")
        self._mention = f"<@personId:{people['bot'].id}|{people['bot'].name}>"
        self._headers = {"Authorization": f"Bearer {people['partner-admin'].token}"}

    def burst(self, is_alive: Callable[[], bool] = lambda: True) -> int:
        """Speak, and wait until all are answered or the bot is dead; how many were answered."""
        with ThreadPoolExecutor(SIZE) as pool:
            said = set(pool.map(lambda n: self._say(), range(SIZE)))
        deadline = time.monotonic() + PATIENCE
        while (answered := self._answered(said)) < SIZE and is_alive():
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return answered

    def _say(self) -> str:
        body = {"roomId": self._room, "markdown": f"{self._mention} help"}
        answer = requests.post(self._url, json=body, headers=self._headers, timeout=PATIENCE)
        return str(answer.json()["id"])

    def _answered(self, said: set[str]) -> int:
        about = {"roomId": self._room, "max": str(LATEST)}
        answer = requests.get(self._url, about, headers=self._headers, timeout=PATIENCE)
        return len({each.get("parentId") for each in answer.json()["items"]} & said)


def burst_again_and_again(count: int, silence: float, folder: Path) -> Outcome:
    """Run `trialbot run` against a Webex named localhost, with `count` silences and bursts."""
    with Sandbox(host="localhost", clock_file=folder / "clock") as webex:
        bot = next(each for each in webex.world.people.values() if each.role == "bot")
        processes = Processes(
            ["run"],
            folder,
            WEBEX_ACCESS_TOKEN=bot.token,
            WEBEX_BASE_URL=f"{webex.url}/v1/",
            DATABASE_URL=f"sqlite:///{folder}/trialbot.db",
            TRIALBOT_CLOCK_FILE=str(folder / "clock"),
        )
        try:
            processes.start()
            wait_for(lambda: _is_told(webex), "the webhooks were never made", PATIENCE)
            return _play(Crowd(webex), processes, count, silence)
        finally:
            processes.destroy()


def _play(crowd: Crowd, processes: Processes, count: int, silence: float) -> Outcome:
    said = answered = 0
    while said < count * SIZE and processes.web.code is None:
        time.sleep(silence)
        said += SIZE
        answered += crowd.burst(lambda: processes.web.code is None)
    return Outcome(said, answered, processes.web.code)


def _is_told(webex: Sandbox) -> bool:
    return len(list(webex.webhooks.all())) == len(WANTED)
