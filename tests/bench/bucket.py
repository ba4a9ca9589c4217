"""Webex accepts 30 messages a second: how fast reminders leave, and how long people wait.

Each reminder rings alone, as it does after failing together with others, so each is a message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.clock import ticks
from store.database.database import Database
from store.features.expiry import END_MINUS_14, GRACE_15, GRACE_27, GRACE_30
from tests.bench.due import prepare, ring, somebody
from tests.bench.figures import Figure
from tests.bench.rig import Rig, answered, percentile, replies, rig, wait_for

RATE = 30
RINGING = (END_MINUS_14, GRACE_15, GRACE_27, GRACE_30)
"""Reminders that mention nobody by name and write nothing."""

ALONE = 2
"""Attempts after which a reminder rings alone."""


def bucket(reminders: int, runs: int) -> Iterator[Figure]:
    """Ring reminders in 500 spaces while a person asks for one trial after another."""
    found = [_run(reminders) for _ in range(runs)]
    where = f"sqlite, {reminders:,} reminders"
    shares = [100 * one.share for one in found]
    slowest = [max(one.waits) for one in found]
    middle = [percentile(one.waits, 0.5) / 1000 for one in found]
    told = f"{found[0].refused:,} times 429"
    yield Figure(f"share of {RATE} messages a second", where, shares, "%", "≥ 80 %", told)
    yield Figure("a person's slowest answer meanwhile", where, slowest, "s", "≤ 5 s")
    yield Figure("a person's answer meanwhile, p50", where, middle, "s", "≤ 5 s")


@dataclass
class _Found:
    share: float = 0.0
    refused: int = 0
    waits: Sequence[float] = field(default_factory=list)


def _run(reminders: int) -> _Found:
    with rig() as webex:
        database = Database(webex.database_url)
        codes = prepare(webex, database, reminders)
        webex.start_bot("run")
        limit = {"match": "POST /v1/messages", "kind": "bucket", "rate": RATE}
        webex.tell("faults", **limit)
        before = _posts(webex)
        began = ticks()
        ring(database, reminders, RINGING, attempts=ALONE)
        every = max(1.0, 1.5 * reminders / RATE / len(codes))
        with somebody(webex, codes, every) as asked:
            wait_for(lambda: _sent(webex) - before[200] >= reminders + len(asked), "stuck", 1200)
            took = ticks() - began
            after = _posts(webex)
        answered(webex)
        waits = replies(webex, set(asked))
        database.close()
    return _Found((after[200] - before[200]) / took / RATE, after[429] - before[429], waits)


def _sent(webex: Rig) -> int:
    return _posts(webex)[200]


def _posts(webex: Rig) -> dict[int, int]:
    """How many messages of the bot Webex accepted (200) and refused as too many (429)."""
    counts = {200: 0, 429: 0}
    for call in webex.ask("requests"):
        if (call["method"], call["path"]) == ("POST", "/v1/messages"):
            counts[call["status"]] = counts.get(call["status"], 0) + call["count"]
    return counts
