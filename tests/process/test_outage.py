"""The database goes away and comes back; processes start, and stop when asked."""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from sqlmodel import select

from bot.webex import identity
from store.database.database import Database
from store.tables import Outbox
from tests.apart import apart
from tests.cable import Cable
from tests.people import wait_for
from tests.stage import Stage, staged

PATIENCE = 60.0
pytestmark = pytest.mark.enable_socket  # PostgreSQL's own socket is a file


@pytest.fixture
def cable(postgres_url: str) -> Iterator[Cable]:
    """The connection between the bot, and only the bot, and its database."""
    with Cable(postgres_url) as cable:
        yield cable


@pytest.fixture
def stage(cable: Cable, postgres_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A bot behind the cable; the test itself reads the database directly."""
    with staged(cable.url, tmp_path) as stage:
        stage.database.close()
        stage.database = Database(postgres_url)
        yield stage


def deliver(stage: Stage) -> tuple[int, float]:
    """Deliver a signed event to the web door: the status, and the seconds that it took."""
    data = {"id": os.urandom(8).hex(), "roomId": "r", "personId": "p"}
    body = json.dumps({"resource": "messages", "event": "created", "data": data}).encode()
    secret = identity.secret(stage.bot.context.settings, stage.database)
    headers = {"X-Spark-Signature": hmac.new(secret, body, hashlib.sha1).hexdigest()}
    began = time.monotonic()
    answer = requests.post(f"{stage.bot.url}webhook", data=body, headers=headers, timeout=30)
    return answer.status_code, time.monotonic() - began


def answered(stage: Stage, word: str) -> None:
    wait_for(lambda: said(stage, word), f"no answer to {word}", PATIENCE)
    stage.idle()
    assert said(stage, word) == 1


def said(stage: Stage, word: str) -> int:
    return stage.tom.count(f"I don't know “{word}”")


def test_during_a_database_outage_the_door_answers_503_and_afterwards_everything_is_answered(
    stage: Stage, cable: Cable
) -> None:
    stage.tom.says("before")
    answered(stage, "before")
    cable.cut()
    for _ in range(3):
        status, seconds = deliver(stage)
        assert status == 503
        assert seconds < 3
    assert requests.get(f"{stage.bot.url}ready", timeout=30).status_code == 503
    assert requests.get(f"{stage.bot.url}health", timeout=30).status_code == 200
    stage.tom.says("meanwhile")
    wait_for(lambda: stage.webex.hooks.is_idle, "the webhook never ended", PATIENCE)
    assert stage.ask("deliveries?last=1")[0]["status"] == 503
    cable.mend()
    stage.tom.says("afterwards")
    answered(stage, "afterwards")
    answered(stage, "meanwhile")
    assert not stage.bot.failed.is_set()


def test_when_the_database_hangs_only_the_first_webhook_waits(stage: Stage, cable: Cable) -> None:
    assert deliver(stage)[0] == 200
    cable.hang()
    status, seconds = deliver(stage)
    assert status == 503
    assert seconds < 3
    for _ in range(5):
        status, seconds = deliver(stage)
        assert status == 503
        assert seconds < 0.5
    cable.mend()
    wait_for(lambda: deliver(stage)[0] == 200, "the door never noticed")


def test_during_a_database_outage_one_webhook_a_second_tries_the_database(
    stage: Stage, cable: Cable, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deliver(stage)[0] == 200
    cable.cut()
    capsys.readouterr()
    began, answers = time.monotonic(), 0
    while time.monotonic() < began + 3:
        status, seconds = deliver(stage)
        assert status == 503
        assert seconds < 0.5
        answers += 1
    asked = capsys.readouterr().out.count('"event": "database unavailable"')
    assert answers > 20
    assert 2 <= asked <= 4
    cable.mend()


def test_a_message_that_webex_took_during_a_database_outage_is_not_sent_again(
    stage: Stage, cable: Cable
) -> None:
    stage.fault("POST /v1/messages", "latency", delay=1.0, times=1)
    stage.tom.says("peace")
    wait_for(lambda: said(stage, "peace"), "it was never sent", PATIENCE)
    cable.cut()
    assert deliver(stage)[0] == 503
    cable.mend()
    wait_for(lambda: sent(stage) == 1, "it was never settled", PATIENCE)
    answered(stage, "peace")


def sent(stage: Stage) -> int:
    with stage.database.reading() as session:
        return len(session.exec(select(Outbox).where(Outbox.outcome == "sent")).all())


def test_nobody_notices_that_the_server_ends_every_connection(
    stage: Stage, postgres_template: str
) -> None:
    for word in ("one", "two", "three"):
        with psycopg.connect(postgres_template, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname LIKE 'test%' AND pid != pg_backend_pid()"
            )
        stage.tom.says(word)
        answered(stage, word)


# ------------------------------------------------------------------ starting and stopping


def unsettled(stage: Stage) -> list[Outbox]:
    with stage.database.reading() as session:
        return [letter for letter in session.exec(select(Outbox)) if letter.settled_at is None]


def test_a_process_stops_in_time_when_asked_and_leaves_nothing_leased(
    sqlite_url: str, tmp_path: Path
) -> None:
    with apart(sqlite_url, tmp_path) as alone:
        stage = alone.stage
        assert alone.start() < 30, "2 s on an idle machine"
        stage.fault("POST /v1/messages", "hang", delay=5.0)
        words = [f"word{n}" for n in range(8)]
        for word in words:
            stage.tom.says(word)
        wait_for(lambda: len(unsettled(stage)) == len(words), "not all was heard", PATIENCE)
        began = time.monotonic()
        assert alone.processes.end() == [0]
        assert time.monotonic() - began < 15
        assert {letter.lease for letter in unsettled(stage)} <= {None}
        stage.mend()
        alone.start()
        for word in words:
            wait_for(lambda word=word: said(stage, word) == 1, f"no answer to {word}", PATIENCE)


def test_a_process_killed_while_starting_leaves_a_working_database(
    sqlite_url: str, tmp_path: Path
) -> None:
    with apart(sqlite_url, tmp_path) as alone:
        for delay in (0.1, 0.5, 0.9):
            alone.processes.web.start()
            time.sleep(delay)
            alone.kill()
        alone.start()
        alone.stage.tom.says("peace")
        wait_for(lambda: said(alone.stage, "peace") == 1, "no answer", PATIENCE)
