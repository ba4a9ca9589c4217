"""A message from webhook to reply, through the real components."""

from tests.stage import Stage


def test_an_unknown_command_gets_a_suggestion_in_its_thread(stage: Stage) -> None:
    stage.nora.says("lits")
    answer = stage.nora.sees("Did you mean", "list")
    assert answer.raw["parentId"] == stage.nora.last_said["id"]
    stage.idle()
