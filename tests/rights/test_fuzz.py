"""Anything at all: no unexpected exception, no 5xx, nothing half written, no event set aside."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.routes import presses
from bot.webex.identity import Identity
from tests.rights import fuzz
from tests.rights.events import Play


def short(examples: int) -> settings:
    """So many examples; `make soak` tries far more."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


@pytest.fixture(scope="session")
def door(play: Play) -> Iterator[fuzz.Door]:
    return fuzz.Door(play)


@short(120)
@given(st.data())
def test_any_signed_body(door: fuzz.Door, play: Play, data: st.DataObject) -> None:
    door.check(data.draw(fuzz.a_body(play)))


@short(300)
@given(st.data())
def test_any_input_of_any_form(play: Play, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(presses)))
    fuzz.check_parse(key, data.draw(fuzz.a_press(play) | fuzz.anything))


@short(250)
@given(fuzz.names, fuzz.places, st.data())
def test_any_press(play: Play, name: str, place: fuzz.Place, data: st.DataObject) -> None:
    fuzz.check_press(play, name, place, data.draw(fuzz.a_press(play)))


@short(150)
@given(fuzz.names, fuzz.places, st.data())
def test_any_line(play: Play, name: str, place: fuzz.Place, data: st.DataObject) -> None:
    fuzz.check_line(play, name, place, data.draw(fuzz.a_message(play)))


@short(200)
@given(st.data())
def test_any_mention(play: Play, data: st.DataObject) -> None:
    me = Identity(play.world.bot_id, "Trialbot", (), "")
    fuzz.check_hearing(me, data.draw(fuzz.a_message(play)))
