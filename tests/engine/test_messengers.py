"""Messengers: the one that came back last goes first."""

from tests.stage import Stage


def test_one_after_the_other_people_are_answered_over_few_connections(stage: Stage) -> None:
    """Each new connection to the real Webex costs a TLS handshake."""
    answer(stage, "first")
    before = stage.webex.connections
    for n in range(12):
        answer(stage, f"word{n}")
    assert stage.webex.connections - before <= 3


def answer(stage: Stage, word: str) -> None:
    stage.tom.says(word)
    stage.tom.sees(f"I don't know “{word}”")
    stage.idle()
