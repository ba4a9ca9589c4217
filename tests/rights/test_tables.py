"""The tables of rights are complete: each form and each word has a row, and a handler."""

import bot.features  # noqa: F401
from bot.conversation.routes import commands, presses
from cards.kit.forms import forms_by_key
from tests.rights.matrix import word_of
from tests.rights.product import FORMS, WORDS

RUNS_A_WORD = {"word", "privately"}
"""Forms that run a command: what counts is the command's own rule."""


def test_every_form_has_a_handler_and_a_row() -> None:
    ours = {key for key, form in forms_by_key.items() if form.__module__.startswith("cards.")}
    assert presses.keys() >= ours
    assert FORMS.keys() == ours - RUNS_A_WORD


def test_every_word_has_a_row() -> None:
    assert {word_of(line) for line in WORDS} == commands.keys()
