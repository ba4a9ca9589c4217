"""`home`, `help`, unknown commands, and replies to strangers."""

from tests.people import wait_for
from tests.stage import Stage


def test_an_empty_mention_shows_the_home_card(stage: Stage) -> None:
    stage.a_trial(company="Meadow Foods")
    stage.nora.says("")
    card = stage.nora.sees("Harbour Networks", "Partner full administrator")
    card.shows("Expiring or in grace", "Running trials").lacks("Summit Voice")
    assert "Start a trial" in card.buttons


def test_a_read_only_person_is_not_offered_start(stage: Stage) -> None:
    stage.viktor.says("home")
    assert "Start a trial" not in stage.viktor.sees("read-only").buttons


def test_help_lists_the_commands(stage: Stage) -> None:
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


def test_an_unknown_command_gets_a_suggestion(stage: Stage) -> None:
    stage.tom.says("lsit")
    stage.tom.sees("Did you mean", "list")
    stage.tom.says("abracadabra")
    stage.tom.sees("Type help")


def test_replies_in_a_space_go_to_the_thread_of_the_command(stage: Stage) -> None:
    stage.tom.says("help")
    question = stage.tom.last_said["id"]
    assert stage.tom.sees("Commands").raw["parentId"] == question


def test_messages_without_a_mention_get_no_reply(stage: Stage) -> None:
    stage.tom.call("POST", "messages", json={"roomId": stage.tom.room_id, "text": "help"})
    stage.tom.says("help")
    wait_for(lambda: stage.tom.count("Commands") == 1, "no answer")
    stage.idle()
    assert stage.tom.count("Commands") == 1
