"""`make soak`: kill -9 at random moments; nothing may be lost, doubled or out of order.

Also bursts after silences, with Webex at a host name: all are answered and the process survives.
And an attack: every press and word by everybody, and anything at all at each door.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from bot.observe import set_up_logging
from bot.webex.connections import IDLE
from tests.postgres import postgres
from tests.soak.bursts import burst_again_and_again
from tests.soak.rights import attack
from tests.soak.run import played, replayed
from tests.soak.script import Size, write
from tests.soak.verdict import Verdict, judge

COLUMNS = ("events", "reminders", "kills", "lost", "duplicates", "in_flight", "claimed", "seconds")


@dataclass(frozen=True, slots=True)
class Layout:
    """A database and its processes; without workers `trialbot run` does everything."""

    database: str
    workers: int

    @property
    def commands(self) -> Sequence[str]:
        return ["web", *["worker"] * self.workers] if self.workers else ["run"]

    def __str__(self) -> str:
        return f"{self.database}, {' + '.join(self.commands)}"


ALL = (Layout("sqlite", 0), Layout("postgres", 1), Layout("postgres", 3))


def main() -> int:
    """Run the requested parts; 1 if anything was wrong."""
    asked = _arguments()
    set_up_logging("CRITICAL")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    wrong = []
    if asked.part in (None, "bursts"):
        wrong += _bursts(asked)
    if asked.part in (None, "kills"):
        wrong += _kills(asked)
    if asked.part in (None, "rights"):
        wrong += _rights(asked)
    return int(bool(wrong))


def _bursts(asked: argparse.Namespace) -> list[str]:
    print(f"{asked.bursts} bursts after {asked.silence:.0f} s of silence each", flush=True)
    with tempfile.TemporaryDirectory(prefix="trialbot-soak-") as folder:
        outcome = burst_again_and_again(asked.bursts, asked.silence, Path(folder))
    print(f"{outcome.answered} of {outcome.said} answered", flush=True)
    for line in outcome.wrong:
        print(f"  WRONG: {line}", flush=True)
    return outcome.wrong


def _rights(asked: argparse.Namespace) -> list[str]:
    wrong = []
    for layout in ALL[:2]:
        if asked.database in (None, layout.database):
            wrong += attack(layout.database, partial(_database, layout), asked.examples)
    for line in wrong:
        print(f"  WRONG: {line}", flush=True)
    return wrong


def _kills(asked: argparse.Namespace) -> list[str]:
    layouts = [
        layout
        for layout in ALL
        if asked.database in (None, layout.database) and asked.workers in (None, layout.workers)
    ]
    if not layouts:
        return ["no such layout"]
    size = Size(asked.events, asked.reminders, asked.kills)
    print(f"seed {asked.seed}, a lease of 2 s", flush=True)
    print(f"{'':34}" + "".join(f"{name:>12}" for name in COLUMNS), flush=True)
    verdicts = [_soak(layout, size, asked.seed, keep=asked.keep) for layout in layouts]
    return [line for verdict in verdicts for line in verdict.wrong]


def _soak(layout: Layout, size: Size, seed: int, *, keep: bool) -> Verdict:
    folder = Path(tempfile.mkdtemp(prefix="trialbot-soak-"))
    try:
        with _database(layout, folder) as url:
            script = write(size, seed)
            with played(script, layout.commands, url, folder) as run:
                (folder / "calm").mkdir()
                verdict = judge(run, replayed(script, run, folder / "calm"))
    finally:
        if keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
    figures = (getattr(verdict, name) for name in COLUMNS)
    print(f"{layout!s:34}" + "".join(f"{figure:12.0f}" for figure in figures), flush=True)
    wrong = [*verdict.wrong, *_too_little(verdict, size)]
    for line in wrong:
        print(f"  WRONG: {line}", flush=True)
    return verdict


def _too_little(verdict: Verdict, size: Size) -> Iterator[str]:
    for name in ("events", "reminders", "kills"):
        if getattr(verdict, name) < getattr(size, name):
            verdict.wrong.append(f"only {getattr(verdict, name)} {name}")
            yield verdict.wrong[-1]


@contextmanager
def _database(layout: Layout, folder: Path) -> Iterator[str]:
    if layout.database == "sqlite":
        yield f"sqlite:///{folder}/trialbot.db"
        return
    (folder / "postgres").mkdir()
    with postgres(folder / "postgres") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE soak")
        yield server.get_uri(database="soak")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--part", choices=("kills", "bursts", "rights"), help="only one")
    bursts = parser.add_argument_group("bursts", "25 mentions at once; Webex is at localhost")
    bursts.add_argument("--bursts", type=int, default=50)
    bursts.add_argument(
        "--silence",
        type=float,
        default=IDLE + 2,
        help=f"seconds before each; after {IDLE:.0f} s the bot gives up unused connections",
    )
    kills = parser.add_argument_group("kills", "of processes, while people talk and time passes")
    kills.add_argument("--kills", type=int, default=50)
    kills.add_argument("--events", type=int, default=2000)
    kills.add_argument("--reminders", type=int, default=500)
    kills.add_argument("--seed", type=int, default=1)
    kills.add_argument("--database", choices=("sqlite", "postgres"))
    kills.add_argument("--workers", type=int, choices=(0, 1, 3), help="0: `trialbot run` alone")
    kills.add_argument("--keep", action="store_true", help="keep the logs and the database")
    rights = parser.add_argument_group("rights", "who may press and type what, and anything at all")
    rights.add_argument("--examples", type=int, default=100_000, help="on each database")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
