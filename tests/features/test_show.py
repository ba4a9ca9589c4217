"""`show` by each way to name a trial."""

import pytest

from store.terms import Service
from tests.stage import Stage


@pytest.mark.parametrize(
    "typed",
    ["{code}", "{lower}", "meadow", "MEADOW F", "clara@meadow.example", "meadow.example",
     "meadow.webex.com", "https://meadow.webex.com/", "org-4711"],
)  # fmt: skip
def test_a_trial_is_found_by_each_way_to_name_it(stage: Stage, typed: str) -> None:
    trial = stage.a_trial(
        company="Meadow Foods",
        administrator="clara@meadow.example",
        organisation_id="org-4711",
        services=[Service.MEETINGS],
        meetings_options=["enterprise"],
        site="meadow.webex.com",
        site_time_zone="Europe/Sofia",
    )
    stage.a_trial(company="Another One", administrator="a@another.example")
    stage.viktor.says("show " + typed.format(code=trial.code, lower=trial.code.lower()))
    stage.viktor.sees(trial.code, "Meadow Foods", "Trial active").lacks("Another One")


def test_several_matches_ask_which_one(stage: Stage) -> None:
    one = stage.a_trial(company="Twin Peaks", administrator="a@one.example")
    two = stage.a_trial(company="Twin Rivers", administrator="a@two.example")
    stage.tom.says("show twin")
    asked = stage.tom.sees("Which trial do you mean?").shows(one.code, two.code)
    asked.opens("Rivers")
    stage.tom.sees(two.code, "Ends on").lacks("Peaks")


def test_a_read_only_person_gets_no_buttons_that_change_a_trial(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.viktor.says(f"show {trial.code}")
    card = stage.viktor.sees(trial.code)
    assert not {"Extend…", "Cancel…", "Convert…"} & set(card.buttons)
    assert "History" in card.buttons


def test_a_search_without_matches_reports_nothing_found(stage: Stage) -> None:
    stage.tom.says("show Nobody Knows Me")
    stage.tom.sees("Nobody Knows Me")
    stage.idle()
    assert len(stage.tom.news()) == 1


def test_another_partners_code_finds_nothing(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.petra.says(f"show {trial.code}")
    stage.idle()
    [answer] = stage.petra.news()
    answer.lacks("Meadow", "Harbour", "active")
