"""Every press and word of the registry, by everybody, everywhere, with everybody's ids."""

import pytest

from bot.conversation.routes import commands, presses
from tests.rights.events import Play
from tests.rights.matrix import by_button, faults, pressing, privately, typing, word_of
from tests.rights.product import FORMS, WORDS

RUNS_A_WORD = {"word", "privately"}
"""Forms that run a command: what counts is the command's own rule."""


def test_every_form_and_word_has_a_row() -> None:
    ours = {key for key, press in presses.items() if press.form.__module__.startswith("cards.")}
    assert FORMS.keys() == ours - RUNS_A_WORD
    assert {word_of(line) for line in WORDS} == commands.keys()


@pytest.mark.parametrize("key", FORMS)
def test_pressing(play: Play, key: str) -> None:
    assert faults(play, pressing(presses[key], FORMS[key])) == []


@pytest.mark.parametrize("line", WORDS)
def test_typing(play: Play, line: str) -> None:
    assert faults(play, typing(line, WORDS[line])) == []


@pytest.mark.parametrize("line", WORDS)
def test_a_button_that_runs_a_word(play: Play, line: str) -> None:
    assert faults(play, by_button(line, WORDS[line])) == []
    assert faults(play, privately(line, WORDS[line])) == []
