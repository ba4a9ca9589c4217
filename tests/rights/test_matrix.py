"""Every press and word of the registry, by everybody, everywhere, with everybody's ids.

On SQLite here; `make soak ARGS="--part rights"` does all of it on PostgreSQL too.
"""

import pytest

import bot.features  # noqa: F401
from bot.conversation.routes import commands, presses
from tests.rights.events import Play
from tests.rights.inputs import inputs, parts_of
from tests.rights.matrix import (
    by_button,
    faults,
    faults_of_parts,
    pressing,
    privately,
    typing,
    word_of,
)
from tests.rights.product import FORMS, WORDS, May
from tests.rights.world import Id, Place

SOME = ("ines", "viktor", "petra", "jo")
"""An administrator, a reader, another partner's administrator and an outsider."""

INVALID = {
    "convert.administrator": "the address would have to be the administrator's",
    "device.mail-facts": "the dates would have to fit the shipment's",
    "device.save": "the dates would have to fit each other",
    "trial.correct": "what comes first can't be wrong about a running trial",
}
"""Forms that their operation finds wrong, after it has checked the right."""


@pytest.mark.parametrize("key", FORMS)
def test_pressing(play: Play, key: str) -> None:
    assert faults(play, pressing(presses[key], FORMS[key])) == []


@pytest.mark.parametrize("line", WORDS)
def test_typing(play: Play, line: str) -> None:
    assert faults(play, typing(line, WORDS[line])) == []


@pytest.mark.parametrize("line", [line for line in WORDS if commands[word_of(line)].is_simple])
def test_a_button_that_runs_a_word(play: Play, line: str) -> None:
    assert faults(play, by_button(line, WORDS[line]), SOME) == []
    in_spaces = (Place.HARBOUR, Place.UNLINKED)
    assert faults(play, privately(line, WORDS[line]), SOME, in_spaces) == []


@pytest.mark.parametrize("key", [key for key in FORMS if parts_of(presses[key].form)])
def test_one_s_own_trial_with_others_parts(play: Play, key: str) -> None:
    assert faults_of_parts(play, presses[key]) == []


@pytest.mark.parametrize("key", FORMS)
def test_the_inputs_are_valid(play: Play, key: str) -> None:
    """Else a missing check could hide behind a wrong input."""
    world, rule = play.world, FORMS[key]
    who = {May.DECIDE: "clara", May.HEAR: "lena", May.GO_ON: "tom"}.get(rule.may, "nora")
    place = Place.UNLINKED if rule.may is May.LINK else Place.ALONE
    pressed = play.presses(world.people[who], place, inputs(presses[key], world.things[Id.TOMS]))
    assert (pressed.settled == "invalid") == (key in INVALID), pressed.posted[0].card


@pytest.mark.parametrize("key", FORMS)
def test_pressing_on_postgres(postgres_play: Play, key: str) -> None:
    deed = pressing(presses[key], FORMS[key])
    assert faults(postgres_play, deed, ("tom", "petra"), (Place.HARBOUR,)) == []


@pytest.mark.parametrize("line", WORDS)
def test_typing_on_postgres(postgres_play: Play, line: str) -> None:
    deed = typing(line, WORDS[line])
    assert faults(postgres_play, deed, ("tom", "petra"), (Place.HARBOUR,)) == []
