"""Read-only requests are answered in a batch, each with the sender's own rights."""

from typing import Any

import pytest

import bot.features  # noqa: F401
from bot.conversation.hear import understand
from bot.conversation.respond import only_asks
from bot.conversation.told import Told
from tests.stage import Stage

TOGETHER = 0.3
"""Webex latency in seconds, so that all requests arrive in one round."""


def test_people_who_ask_at_the_same_moment_each_get_their_own_answer(stage: Stage) -> None:
    ours = stage.a_trial(company="Meadow Foods", administrator="a@meadow.example")
    other = stage.a_trial(company="Lumen", administrator="a@lumen.example")
    theirs = stage.a_trial(
        by="petra", room="other-partner-space", company="Quarry", administrator="a@quarry.example"
    )
    alone = stage.petra.alone()
    everybody = (stage.nora, stage.viktor, stage.tom, stage.ines, stage.petra, alone)
    for person in everybody:
        person.says("help")
    stage.idle()
    stage.fault("GET /v1/messages", "latency", delay=TOGETHER)
    stage.nora.says(f"show {ours.code}")
    stage.viktor.says(f"history {other.code}")
    stage.tom.says("show nobody at all")
    stage.ines.says(f"show {theirs.code}")
    stage.petra.says(f"show {theirs.code}")
    alone.says(f"show {ours.code}")
    stage.nora.sees(ours.code, "Meadow Foods", "Ends on").lacks("Quarry")
    stage.viktor.sees(other.code, "Lumen", "saved the trial").lacks("Meadow")
    stage.petra.sees(theirs.code, "Quarry", "Ends on").lacks("Meadow")
    stage.idle()
    stage.tom.sees("nobody at all")
    stage.ines.sees(theirs.code).lacks("Quarry", "Summit")
    assert len(alone.news()) == 1
    alone.sees(ours.code).lacks("Meadow", "Harbour")


def test_read_only_buttons_are_answered_in_a_batch_too(stage: Stage) -> None:
    ours = stage.a_trial(company="Meadow Foods", administrator="a@meadow.example")
    theirs = stage.a_trial(
        by="petra", room="other-partner-space", company="Quarry", administrator="a@quarry.example"
    )
    for n in range(11):
        stage.a_trial(company=f"Customer {n:02}", administrator=f"a@c{n}.example")
    stage.tom.says("list")
    page = stage.tom.sees("Customer")
    stage.nora.says(f"show {ours.code}")
    summary = stage.nora.sees(ours.code)
    stage.petra.says("list")
    row = stage.petra.sees("Quarry")
    stage.fault("GET /v1/attachment/actions", "latency", delay=TOGETHER)
    page.presses("Next")
    summary.presses("History")
    row.opens("Quarry")
    stage.nora.sees("saved the trial", "Meadow Foods").lacks("Quarry")
    stage.petra.sees(theirs.code, "Ends on").lacks("Meadow")
    stage.idle()
    assert page.everything != stage.tom.sees("Customer").lacks("Quarry").everything


@pytest.mark.parametrize(
    ("inputs", "asks"),
    [
        ({"form": "word", "word": "show", "rest": "HN-1"}, True),
        ({"form": "word", "word": "extend", "rest": "HN-1"}, False),
        ({"form": "word", "word": ["show"]}, False),
        ({"form": "word"}, False),
        ({"form": "privately", "word": "list active"}, True),
        ({"form": "privately", "word": "start"}, False),
        ({"form": "privately", "word": {"show": 1}}, False),
        ({"form": "list.on"}, True),
        ({"form": "trial.extend"}, False),
        ({"form": "no such form"}, True),
        ({"form": 7}, True),
        ({}, True),
    ],
)
def test_a_buttons_inputs_show_whether_it_is_read_only(
    inputs: dict[str, Any], *, asks: bool
) -> None:
    assert only_asks(Told("room", False, inputs=inputs)) is asks


@pytest.mark.parametrize(
    ("typed", "asks"),
    [("show HN-1", True), ("help", True), ("extend HN-1", False), ("what is this?", True)],
)
def test_a_typed_command_shows_whether_it_is_read_only(typed: str, *, asks: bool) -> None:
    assert only_asks(Told("room", False, heard=understand(typed))) is asks
