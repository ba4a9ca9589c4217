"""From webhook to reply, through everything that is real."""

from tests.stage import Stage


def test_an_unknown_word_is_answered_in_the_thread_with_a_suggestion(stage: Stage) -> None:
    stage.nora.says("lits")
    answer = stage.nora.sees("Did you mean", "list")
    assert answer.raw["parentId"] == stage.nora.last_said["id"]
    stage.idle()
