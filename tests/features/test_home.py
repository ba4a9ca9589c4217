"""`home`, `help`, words that nobody knows, and what strangers are told."""

from tests.people import wait_for
from tests.stage import Stage


def test_an_empty_mention_shows_where_one_stands(stage: Stage) -> None:
    stage.a_trial(company="Meadow Foods")
    stage.nora.says("")
    card = stage.nora.sees("Harbour Networks", "Partner full administrator")
    card.shows("Expiring or in grace", "Running trials").lacks("Summit Voice")
    assert "Start a trial" in card.buttons


def test_who_may_only_look_is_offered_no_start(stage: Stage) -> None:
    stage.viktor.says("home")
    assert "Start a trial" not in stage.viktor.sees("read-only").buttons


def test_help_names_every_word(stage: Stage) -> None:
    stage.tom.says("help")
    stage.tom.sees("Commands").shows("show X", "list", "extend X", "cancel X")


def test_a_stranger_learns_nothing(stage: Stage) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    stage.jo.says(f"show {trial.code}")
    refused = stage.jo.sees("nothing")
    refused.lacks("Meadow", "Harbour")
    stage.jo.says("show T-0000")
    assert stage.jo.sees("nothing").text == refused.text
    stage.jo.says("home")
    stage.jo.sees("You need a role at a Webex partner to use me").lacks("Harbour")


def test_an_unknown_word_gets_a_suggestion(stage: Stage) -> None:
    stage.tom.says("lsit")
    stage.tom.sees("Did you mean", "list")
    stage.tom.says("abracadabra")
    stage.tom.sees("Type help")


def test_answers_in_a_space_stand_in_the_thread_of_the_question(stage: Stage) -> None:
    stage.tom.says("help")
    question = stage.tom.last_said["id"]
    assert stage.tom.sees("Commands").raw["parentId"] == question


def test_other_people_in_the_space_are_not_answered_without_a_mention(stage: Stage) -> None:
    stage.tom.call("POST", "messages", json={"roomId": stage.tom.room_id, "text": "help"})
    stage.tom.says("help")
    wait_for(lambda: stage.tom.count("Commands") == 1, "no answer")
    stage.idle()
    assert stage.tom.count("Commands") == 1
