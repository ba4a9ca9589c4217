"""A run: part by part, people talk, reminders fall due, and processes are killed and restarted."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, func, select

from bot.process.run import Bot
from bot.settings import Settings
from bot.webex.webhooks import WANTED
from store.database.database import Database
from store.queues import beats
from store.queues.idle import is_idle
from store.queues.leases import INBOX, OUTBOX
from store.tables import Inbox, Outbox
from tests.soak import state
from tests.soak.processes import LEASE, Process, Processes, wait_for
from tests.soak.script import Kill, Part, Script, Step, Victim
from tests.soak.talk import Inputs, Talkers
from tests.soak.town import Town, build

PATIENCE = 120.0
THINKING = 0.1
BACKLOG = 40
UNNOTICED = 0.1


@dataclass(frozen=True, slots=True)
class Death:
    """A kill that happened; `claimed`: how many messages were being sent just then."""

    victim: str
    claimed: int


@dataclass
class Played:
    """The result of a run.

    parts: the steps of each part, in the order in which the bot stored them.
    lost: how many events had a webhook that nobody answered with 200.
    """

    town: Town
    database: Database
    said: dict[str, Step]
    inputs: dict[Step, Inputs]
    parts: list[list[Step]] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    lost: int = 0
    seconds: float = 0.0


@contextmanager
def played(script: Script, commands: Sequence[str], url: str, folder: Path) -> Iterator[Played]:
    """Play a script against trialbot's processes; they have stopped when the result is yielded."""
    with _town(script, url, folder) as (town, database):
        processes = Processes(commands, folder, **_environment(town, url, folder))
        play = _Play(town, database, processes)
        began = time.monotonic()
        try:
            processes.start()
            wait_for(lambda: _is_told(town), "the webhooks were never made", PATIENCE)
            for part in script.parts:
                play.part(part)
            wait_for(lambda: _all_beat(processes, database), "not all came back", PATIENCE)
            codes = processes.end()
            assert not any(codes), f"exit codes {codes}"
        finally:
            processes.destroy()
        result = play.result()
        result.seconds = time.monotonic() - began
        yield result


def replayed(script: Script, former: Played, folder: Path) -> state.State:
    """The state after the same events, stored in the same order, without kills."""
    url = f"sqlite:///{folder}/calm.db"
    with _town(script, url, folder) as (town, database):
        bot = Bot(_settings(town, url, folder)).start(wait=30)
        try:
            talkers = Talkers(town, database)
            talkers.inputs = former.inputs
            for part, steps in zip(script.parts, former.parts, strict=True):
                _move(town, part)
                talkers.all_say(steps, after=lambda id_: _await_taken(database, id_))
                bot.context.wake.ring()
                _rest(town, database)
        finally:
            bot.stop()
        return state.state_of(database)


class _Play:
    """Runs one script: people talk, processes are killed, and each part ends at rest."""

    def __init__(self, town: Town, database: Database, processes: Processes) -> None:
        self._town = town
        self._database = database
        self._processes = processes
        self._talkers = Talkers(town, database)
        self._dice = random.Random(len(town.subjects))
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._parts: list[list[Step]] = []
        self._deaths: list[Death] = []
        self._lost = 0
        self._open.set()

    def part(self, part: Part) -> None:
        """Play a part to its end."""
        reaper = _Reaper(part.kills, self._kill)
        _move(self._town, part)
        reaper.count(0)
        self._talkers.all_say(part.steps, before=lambda: self._think(reaper))
        reaper.join()
        self._settle(part)

    def result(self) -> Played:
        return Played(
            self._town,
            self._database,
            self._talkers.said,
            self._talkers.inputs,
            self._parts,
            self._deaths,
            self._processes.all,
            self._lost,
        )

    # -------------------------------------------------------------- people

    def _think(self, reaper: "_Reaper") -> None:
        """Pause before a step: not everybody speaks at once, or to a bot that is behind or dead."""
        time.sleep(self._dice.uniform(0, 2 * THINKING))
        wait_for(self._may_speak, "the bot never caught up", PATIENCE)
        reaper.count(1)

    def _may_speak(self) -> bool:
        return self._open.is_set() and self._backlog() < BACKLOG

    def _backlog(self) -> int:
        with self._database.reading() as session:
            return sum(
                session.exec(select(func.count()).where(col(table.settled_at).is_(None))).one()
                for table in (Inbox, Outbox)
            )

    # -------------------------------------------------------------- the killer

    def _kill(self, kill: Kill) -> None:
        with self._lock:
            victim = self._choose(kill)
            victim.kill()
            self._deaths.append(Death(victim.command, self._claimed()))
            if victim is self._processes.web:
                time.sleep(UNNOTICED)
                self._open.clear()
            victim.start()
            if victim is self._processes.web:
                wait_for(self._processes.is_open, "the web door never opened again", PATIENCE)
                self._open.set()

    def _choose(self, kill: Kill) -> Process:
        workers = self._processes.workers
        web = kill.victim is Victim.WEB
        return self._processes.web if web else workers[kill.pick % len(workers)]

    def _claimed(self) -> int:
        with self._database.reading() as session:
            held = select(func.count()).where(OUTBOX.c.lease.is_not(None))
            return session.exec(held.where(OUTBOX.c.settled_at.is_(None))).one()

    # -------------------------------------------------------------- the end of a part

    def _settle(self, part: Part) -> None:
        """Wait until all steps are stored and the bot is at rest; press again what got lost.

        Lost words arrive by themselves, because the bot catches up on missed messages.
        """
        wait_for(lambda: self._town.webex.hooks.is_idle, "webhooks never ended", PATIENCE)
        wait_for(self._processes.is_open, "the web door never opened again", PATIENCE)
        missing = set(part.steps) - set(self._taken())
        self._lost += len(missing)
        for step in sorted(missing, key=lambda step: step.number):
            if step.is_press:
                self._talkers.say(step)
        wait_for(
            lambda: set(part.steps) <= set(self._taken()),
            "some of what was said was never taken in",
            PATIENCE,
        )
        _rest(self._town, self._database)
        wanted = set(part.steps)
        self._parts.append([step for step in self._taken() if step in wanted])

    def _taken(self) -> list[Step]:
        """The steps in the inbox, in order."""
        with self._database.reading() as session:
            ids = session.exec(select(Inbox.object_id).order_by(col(Inbox.id)))
            return [self._talkers.said[id_] for id_ in ids if id_ in self._talkers.said]


class _Reaper:
    """Starts each kill a while after its cue, which is a number of steps."""

    def __init__(self, kills: Sequence[tuple[int, Kill]], do: Callable[[Kill], None]) -> None:
        self._waiting = list(kills)
        self._do = do
        self._lock = threading.Lock()
        self._count = 0
        self._threads: list[threading.Thread] = []
        self._failed: list[BaseException] = []

    def count(self, more: int) -> None:
        """Count more steps as said."""
        with self._lock:
            self._count += more
            while self._waiting and self._waiting[0][0] <= self._count:
                thread = threading.Thread(target=self._later, args=[self._waiting.pop(0)[1]])
                self._threads.append(thread)
                thread.start()

    def join(self) -> None:
        """Wait until all kills and restarts are done."""
        self.count(10**6)
        for thread in self._threads:
            thread.join()
        if self._failed:
            raise self._failed[0]

    def _later(self, kill: Kill) -> None:
        try:
            time.sleep(kill.delay)
            self._do(kill)
        except BaseException as error:
            self._failed.append(error)


# ------------------------------------------------------------------ helpers


@contextmanager
def _town(script: Script, url: str, folder: Path) -> Iterator[tuple[Town, Database]]:
    database = Database(url)
    database.migrate()
    town = build(script, database, folder / "clock")
    try:
        yield town, database
    finally:
        town.webex.stop()
        database.close()


def _is_told(town: Town) -> bool:
    return len(list(town.webex.webhooks.all())) == len(WANTED)


def _all_beat(processes: Processes, database: Database) -> bool:
    with database.reading() as session:
        beating = beats.all_beats(session.connection())
    living = {int(name.split("/")[2]) for name in beating}
    return all(process.pid in living for process in processes.all)


def _move(town: Town, part: Part) -> None:
    if part.days:
        town.move(part.days)


def _rest(town: Town, database: Database) -> None:
    """Wait until no event is open, no message is unsent and no reminder is due."""

    def is_at_rest() -> bool:
        with database.reading() as session:
            idle = is_idle(session.connection(), calendar=town.webex.world.clock.now())
        return idle and town.webex.hooks.is_idle

    wait_for(is_at_rest, "the bot never came to rest", PATIENCE)


def _await_taken(database: Database, object_id: str) -> None:
    def is_there() -> bool:
        with database.reading() as session:
            found = select(INBOX.c.id).where(INBOX.c.object_id == object_id)
            return session.exec(found).first() is not None

    wait_for(is_there, "an event was never taken in", PATIENCE)


def _environment(town: Town, url: str, folder: Path) -> dict[str, str]:
    return {
        "WEBEX_ACCESS_TOKEN": town.bot.token,
        "WEBEX_BASE_URL": f"{town.webex.url}/v1/",
        "DATABASE_URL": url,
        "TRIALBOT_CLOCK_FILE": str(folder / "clock"),
    }


def _settings(town: Town, url: str, folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        access_token=town.bot.token,
        base_url=f"{town.webex.url}/v1/",
        database_url=url,
        clock_file=folder / "clock",
        host="127.0.0.1",
        port=0,
        lease=LEASE,
    )
