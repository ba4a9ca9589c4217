"""The rig: a sandbox and a bot as separate processes, many rooms, and people who ask.

The event in every figure is `show CODE` with role check and card. Reply times are Webex's own:
from `created` of the question to `created` of the reply under it. In production Webex and the
people run on other machines; here they are niced and take what the bot leaves of this one.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
from sqlmodel import Session

from bot.webex.webhooks import WANTED
from store.database.database import Database
from store.features import setup, start
from store.features.shared import people
from store.queues.idle import is_idle
from store.tables import Person, Space
from store.terms import Kind, Role, Service

NICE = 10
OURS = Path(sys.executable).parents[2]
RUNS = 3


@dataclass
class Trees:
    """Checkouts whose bots are measured in turn: ours and, if given, another release."""

    all: list[Path] = field(default_factory=lambda: [OURS])
    now: Path = OURS

    @property
    def trialbot(self) -> Path:
        """The command of the checkout whose turn it is."""
        return self.now / ".venv" / "bin" / "trialbot"


TREES = Trees()
T = TypeVar("T")


@dataclass
class Rig:
    """One sandbox, one database and the bot's processes."""

    url: str
    database_url: str
    folder: Path
    bots: list[psutil.Process] = field(default_factory=list)
    door: str = ""
    rooms: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.cast = {person["role"]: person for person in self.ask("people")}
        self.nora = self.cast["partner-full-admin"]

    # -------------------------------------------------------------- the sandbox

    def ask(self, what: str) -> Any:
        return self.session.get(f"{self.url}/sandbox/{what}", timeout=60).json()

    def tell(self, what: str, **body: Any) -> Any:
        answer = self.session.post(f"{self.url}/sandbox/{what}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def make_rooms(self, count: int, trials: int) -> None:
        """Make linked group spaces of one partner, with trials spread over them."""
        members = [self.nora["personId"]]
        made = [
            self.tell("rooms", title=f"Room {n}", members=members, bot=True) for n in range(count)
        ]
        self.rooms = [room["id"] for room in made]
        database = Database(self.database_url)
        database.migrate()
        with database.transaction() as session:
            nora, linked = self._link(session)
        for first in range(0, trials, 100):
            with database.transaction() as session:
                for n in range(first, min(first + 100, trials)):
                    self._start(session, nora, linked[n % count], n)
        database.close()

    def _link(self, session: Session) -> tuple[Person, list[Space]]:
        now = datetime.now(UTC)
        about = {"emails": [self.nora["email"]], "name": "Nora", "org_id": self.nora["orgId"]}
        nora = people.meet(session, self.nora["personId"], **about, now=now)
        linked: list[Space] = []
        for n, room_id in enumerate(self.rooms):
            space = setup.link_space(
                session,
                room_id=room_id,
                title=f"Room {n}",
                partner=linked[0].partner_id if linked else setup.PartnerFacts("Harbour"),
                space=setup.SpaceFacts("Europe/Sofia"),
                roles={self.nora["email"]: Role.FULL},
                by=None,
                operators=(),
                now=now,
            )
            linked.append(space)
        return nora, linked

    def _start(self, session: Session, by: Person, space: Space, n: int) -> None:
        now = datetime.now(UTC)
        new = start.NewTrial(
            kind=Kind.NEW,
            company=f"Company {n}",
            administrator=f"admin{n}@company{n}.example",
            country="BG",
            services=[Service.MESSAGING, Service.CALLING],
            done_on=now.date(),
        )
        self.codes.append(start.start(session, new, by=by, space=space, now=now).trial.code)

    # -------------------------------------------------------------- the bot

    def start_bot(self, *commands: str, **settings: str) -> None:
        """Run `trialbot` once for each command and wait for its web door.

        The first process that does the work is pinned to the first core, the second to the next.
        """
        port = free_port()
        self.door = f"http://127.0.0.1:{port}/"
        environment = os.environ | {
            "WEBEX_ACCESS_TOKEN": self.cast["bot"]["token"],
            "WEBEX_BASE_URL": f"{self.url}/v1/",
            "DATABASE_URL": self.database_url,
            "TRIALBOT_PUBLIC_URL": self.door,
            "TRIALBOT_LOG_LEVEL": "WARNING",
            "TRIALBOT_HOST": "127.0.0.1",
            "PORT": str(port),
            **settings,
        }
        cores = cycle(sorted(os.sched_getaffinity(0)))
        for command in commands:
            pinned = {} if command == "web" else {"TRIALBOT_CORE": str(next(cores))}
            log = (self.folder / f"{command}.log").open("a")
            process = subprocess.Popen(
                [TREES.trialbot, command], env=environment | pinned, stderr=log
            )
            self.bots.append(psutil.Process(process.pid))
        wait_for(self._is_ready, "the bot never became ready")

    def _is_ready(self) -> bool:
        try:
            if not self.session.get(f"{self.door}ready", timeout=5).ok:
                return False
        except requests.ConnectionError:
            return False
        hooks = self.as_bot("webhooks")["items"]
        return len(hooks) == len(WANTED) and self.is_idle()

    def is_idle(self) -> bool:
        with self._watcher.reading() as session:
            return is_idle(session.connection(), calendar=datetime.now(UTC))

    @cached_property
    def _watcher(self) -> Database:
        """A permanent connection: opening one for each look would cost what is measured."""
        return Database(self.database_url, connections=1)

    def as_bot(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.cast['bot']['token']}"}
        return self.session.get(f"{self.url}/v1/{path}", headers=headers, timeout=60).json()

    def cpu(self) -> float:
        """CPU seconds that the bot's processes have used."""
        times = [process.cpu_times() for process in self.bots]
        return sum(each.user + each.system for each in times)

    def memory(self) -> float:
        """Megabytes used by the largest of the bot's processes when it used most."""
        return max(map(_peak, self.bots)) / 1e6

    def stop(self) -> None:
        for process in self.bots:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _, living = psutil.wait_procs(self.bots, timeout=20)
        for process in living:
            process.kill()
        self.bots.clear()

    def close(self) -> None:
        self.stop()
        self._watcher.close()


def _peak(process: psutil.Process) -> float:
    """The most bytes that a process has used; where the system doesn't say, what it uses now."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return float(process.memory_info().rss)
    [line] = [each for each in status.read_text().splitlines() if each.startswith("VmHWM:")]
    return float(line.split()[1]) * 1024


def by_turns(measure: Callable[[], T], runs: int = RUNS) -> Iterator[tuple[str, list[T]]]:
    """Measure `runs` times, each time every checkout once; yields a name suffix and the values."""
    found: dict[Path, list[T]] = {tree: [] for tree in TREES.all}
    for _ in range(runs):
        for tree, values in found.items():
            TREES.now = tree
            values.append(measure())
    TREES.now = OURS
    for tree, values in found.items():
        yield "" if tree == OURS else f", {tree.name}", values


def say(rig: Rig, room: int, text: str) -> str:
    """Mention the bot in a room as Nora; the ID of the message."""
    bot = rig.cast["bot"]
    mention = f"<@personId:{bot['personId']}|{bot['name']}>"
    body = {"roomId": rig.rooms[room], "markdown": f"{mention} {text}"}
    headers = {"Authorization": f"Bearer {rig.nora['token']}"}
    answer = _session().post(f"{rig.url}/v1/messages", json=body, headers=headers, timeout=60)
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def _session() -> requests.Session:
    """A session for each thread: requests doesn't promise that one can be shared."""
    found: requests.Session | None = getattr(_mine, "session", None)
    if found is None:
        found = _mine.session = requests.Session()
        found.trust_env = False
    return found


_mine = threading.local()


def replies(rig: Rig, asked: set[str]) -> list[float]:
    """Seconds that each question waited for its reply; fails if one got none."""
    waited: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {rig.nora['token']}"}
    for room in rig.rooms:
        params = {"roomId": room, "max": "1000"}
        listed = rig.session.get(
            f"{rig.url}/v1/messages", params=params, headers=headers, timeout=60
        ).json()["items"]
        born = {each["id"]: moment(each["created"]) for each in listed}
        for each in listed:
            parent = each.get("parentId")
            if parent in asked:
                seconds = moment(each["created"]) - born[parent]
                waited[parent] = min(seconds, waited.get(parent, seconds))
    missing = asked - waited.keys()
    assert not missing, f"{len(missing)} of {len(asked)} never answered"
    return list(waited.values())


def answered(rig: Rig) -> None:
    """Wait until the bot has nothing left to do."""
    wait_for(rig.is_idle, "the bot never came to rest", within=120)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def at_once(jobs: Sequence[Callable[[], T]], threads: int) -> list[T]:
    with ThreadPoolExecutor(threads, initializer=partial(os.nice, NICE)) as pool:
        return list(pool.map(lambda job: job(), jobs))


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile of seconds, in milliseconds; `share` is from 0 to 1."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def wait_for(what: Callable[[], Any], why: str, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(why)
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def rig(database_url: str = "") -> Iterator[Rig]:
    """A new sandbox and database; everything is stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="trialbot-bench-"))
    port = free_port()
    serve = [sys.executable, "-m", "sandbox", "--port", str(port)]
    sandbox = subprocess.Popen(["nice", "-n", str(NICE), *serve], stdout=2)
    url = f"http://127.0.0.1:{port}"
    made: Rig | None = None
    try:
        wait_for(lambda: _answers(url), "the sandbox never answered")
        made = Rig(url, database_url or f"sqlite:///{folder}/bench.db", folder)
        yield made
    finally:
        if made:
            made.close()
        sandbox.terminate()
        sandbox.wait(20)
        shutil.rmtree(folder)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/sandbox/clock", timeout=5).ok
    except requests.ConnectionError:
        return False
