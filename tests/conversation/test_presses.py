"""Presses that no card offers: anybody in a room can submit free inputs."""

import pytest

from tests.stage import Stage

MISSING = 4711


@pytest.mark.parametrize("impossible", ["999999999999999", 2**31, "-1", "0"])
def test_an_impossible_id_is_answered_like_one_that_is_missing(
    stage: Stage, impossible: object
) -> None:
    stage.a_trial(company="Meadow Foods")
    stage.tom.says("help")
    card = stage.tom.sees("Commands")
    for form in (
        {"form": "trial.extend", "version": 1, "days": "30"},
        {"form": "trial.note", "text": "Hello"},
        {"form": "trial.note", "text": ""},
    ):
        said = []
        for trial in (MISSING, impossible):
            card.submits({**form, "trial": trial})
            stage.idle()
            [answer] = stage.tom.news()
            said.append(answer.text)
        assert said[0] == said[1], form
    assert stage.bot.context.metrics.turns.labels("attachmentActions", "later")._value.get() == 0


def test_a_forged_page_of_a_list_is_an_old_card(stage: Stage) -> None:
    stage.a_trial()
    stage.tom.says("list")
    page = stage.tom.sees("Meadow Foods")
    page.submits({"form": "list.on", "which": "live", "after": "2026-12-24." + "9" * 60})
    stage.tom.sees("That card is out of date")
    stage.idle()
