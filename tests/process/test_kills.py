"""kill -9 in the middle of everything: a small, repeatable run of `make soak`."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import col, select

from store.features.consent import ACCEPTED
from store.features.import_trials import IMPORTED
from store.features.start import STARTED
from store.tables import Consent, History, Inbox, Outbox, Trial
from store.terms import Answer, State
from tests.apart import Apart, apart
from tests.people import Message, Person, wait_for
from tests.soak.run import played, replayed
from tests.soak.script import Size, write
from tests.soak.verdict import judge
from tests.stage import Stage

SMALL = Size(events=60, reminders=20, kills=4)
DAYS = (16, 8)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("commands", "seed"),
    [(["run"], 1), (["web", "worker", "worker"], 2)],
    ids=["together", "apart"],
)
def test_killed_processes_lose_nothing_and_do_nothing_twice(
    request: pytest.FixtureRequest, commands: list[str], seed: int, tmp_path: Path
) -> None:
    url = request.getfixturevalue("sqlite_url" if commands == ["run"] else "postgres_url")
    calm = tmp_path / "calm"
    calm.mkdir()
    script = write(SMALL, seed, places=3, days=DAYS)
    with played(script, commands, url, tmp_path) as run:
        verdict = judge(run, replayed(script, run, calm))
    if verdict.wrong:
        pytest.fail("\n".join(verdict.wrong))
    assert verdict.events >= SMALL.events
    assert verdict.reminders >= SMALL.reminders
    assert verdict.kills == SMALL.kills


# ------------------------------------------------------------------ time to recover


@pytest.mark.parametrize(
    "commands", [["run"], ["web", "worker"]], ids=["together on SQLite", "apart on PostgreSQL"]
)
def test_after_a_kill_everybody_is_answered_within_seconds_of_the_web_door_opening(
    request: pytest.FixtureRequest, commands: list[str], tmp_path: Path
) -> None:
    url = request.getfixturevalue("sqlite_url" if commands == ["run"] else "postgres_url")
    with apart(url, tmp_path, commands=commands, TRIALBOT_LEASE="30") as alone:
        ready = alone.start()
        soon = min(max(3.0, 2 * ready), 20.0)  # 3 s on an idle machine; below the 30 s lease
        stage = alone.stage
        team = [stage.nora, stage.tom, stage.ines, stage.viktor]
        stage.fault("*", "latency", delay=4.0)
        waiting = [who.says(f"in the space {who.name}") for who in team]
        waiting += [who.alone().says(f"alone {who.name}") for who in team]
        wait_for(lambda: stage.webex.hooks.is_idle, "webhooks never ended")
        wait_for(lambda: held(stage) >= len(waiting), "not all was in flight")
        alone.kill()
        stage.mend()
        assert held(stage) > 0
        alone.processes.start()
        opened = time.monotonic()
        for who in waiting:
            who.sees("I don't know", who.name, within=max(0.1, opened + soon - time.monotonic()))


def held(stage: Stage) -> int:
    """How many events and messages are leased to a process."""
    with stage.database.reading() as session:
        events = session.exec(select(Inbox.id).where(col(Inbox.lease).is_not(None))).all()
        letters = session.exec(select(Outbox.id).where(col(Outbox.lease).is_not(None))).all()
        return len(events) + len(letters)


# ------------------------------------------------------------------ stories


def survives(alone: Apart, act: Callable[[], object], who: Person, *words: str) -> Message:
    """Act, then kill the bot a moment later; what the person sees once it is back.

    A press whose webhook got no 200 is repeated, as the bot asks people to do.
    """
    act()
    time.sleep(DICE.uniform(0, 0.3))
    alone.kill()
    alone.processes.start()
    hooks = alone.stage.webex.hooks
    wait_for(lambda: hooks.is_idle, "webhooks never ended")
    presses = [each for each in hooks.log if each["resource"] == "attachmentActions"]
    if presses and presses[-1]["status"] != 200:
        act()
    return who.sees(*words, within=30)


DICE = random.Random(7)


@pytest.mark.timeout(180)
def test_the_consent_story_survives_a_kill_at_every_step(sqlite_url: str, tmp_path: Path) -> None:
    with apart(sqlite_url, tmp_path) as alone:
        alone.start()
        tom, clara = alone.stage.tom, alone.stage.clara
        customer = {
            "kind": "existing",
            "company": "Meadow Foods",
            "administrator": clara.email,
            "vertical": "retail",
            "country": "DE",
            "supported": True,
        }
        card = survives(alone, lambda: tom.says("start"), tom, "Step 1 of")
        card.fills(**customer)
        card = survives(alone, lambda: card.presses("Next"), tom, "Step 2 of")
        card.fills(services="messaging")
        card = survives(alone, lambda: card.presses("Next"), tom, "Check and save")
        survives(alone, lambda: card.presses("Save"), tom, "Saved: trial T-")
        card = clara.sees("is asking for your consent", "Meadow Foods", within=30)
        card.fills(full_access=True)
        survives(alone, lambda: card.presses("Accept"), tom, "Clara Bauer accepted")
        with alone.stage.database.reading() as session:
            (trial,) = session.exec(select(Trial)).all()
            (consent,) = session.exec(select(Consent)).all()
            facts = list(session.exec(select(History.what).order_by(col(History.id))))
        assert trial.state == State.PROVISIONING
        assert consent.answer == Answer.ACCEPTED
        assert facts.count(STARTED) == facts.count(ACCEPTED) == 1


@pytest.mark.timeout(180)
def test_an_import_is_done_whole_and_once_whenever_the_bot_is_killed(
    sqlite_url: str, tmp_path: Path
) -> None:
    rows = [f"Customer {n},a@c{n}.example,2026-11-20,30,Messaging" for n in range(300)]
    head = "Customer,Administrator e-mail,First day,Duration (days),Services"
    file = ("trials.csv", "\n".join([head, *rows]).encode(), "text/csv")
    with apart(sqlite_url, tmp_path) as alone:
        alone.start()
        nora = alone.stage.nora
        card = survives(alone, lambda: nora.says("import", file=file), nora, "300 trials can")
        survives(alone, lambda: card.presses("Import 300 trials"), nora, "300 trials imported")
        with alone.stage.database.reading() as session:
            told = session.exec(select(History.trial_id).where(History.what == IMPORTED)).all()
            assert len(session.exec(select(Trial)).all()) == len(told) == len({*told}) == 300
