"""Messengers: the one that came back last is used first."""

from tests.stage import Stage


def test_people_answered_one_after_another_need_few_connections(stage: Stage) -> None:
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
