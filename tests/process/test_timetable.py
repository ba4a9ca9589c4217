"""The timetable: what fails at Webex is tried again less and less often."""

from typing import Any

import pytest

from bot.clock import queue_now
from bot.process import timetable
from tests.people import wait_for
from tests.stage import Stage


def asked(stage: Stage, path: str) -> int:
    """How many calls of this path the bot made."""
    return sum(each["count"] for each in stage.ask("requests") if each["path"] == path)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The failures counted by each pause, which take no time."""
    counted: list[int] = []

    def at_once(tries: int) -> float:
        counted.append(tries)
        return 0.0

    monkeypatch.setattr(timetable, "backoff", at_once)
    return counted


def test_catching_up_pauses_longer_after_each_failure_and_ends_in_the_end(
    stage: Stage, pauses: list[int]
) -> None:
    stage.fault("GET /v1/rooms", "502")
    stage.bot.context.deaf_since = queue_now()
    wait_for(lambda: len(pauses) >= 3, "it wasn't tried again", 30)
    assert pauses[:3] == [1, 2, 3]
    stage.mend()
    before = asked(stage, "/v1/rooms")
    wait_for(lambda: asked(stage, "/v1/rooms") == before + 1, "it was never caught up", 30)


def test_a_job_that_webex_refused_is_left_out_until_its_pause_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = stage.bot._parts._timetable
    assert jobs is not None
    now: list[Any] = [0.0]
    monkeypatch.setattr(timetable, "ticks", lambda: now[0])
    monkeypatch.setattr(timetable, "backoff", lambda tries: 60.0)
    jobs.stop()
    stage.fault("GET /v1/rooms", "429", retry_after=100)
    stage.bot.context.deaf_since = queue_now()
    before = asked(stage, "/v1/rooms")
    for moment in (0, 50, 99, 101):
        now[0] = float(moment)
        jobs._guarded(jobs.catch_up)
    assert asked(stage, "/v1/rooms") == before + 2
