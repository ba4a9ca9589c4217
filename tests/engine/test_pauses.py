"""Who waits how long while Webex wants no calls."""

import pytest

from bot.failures import Again
from bot.observe import Metrics
from bot.pauses import PROBE, Pauses
from store.database.database import Database

POST = "POST /messages"


def test_while_a_probe_is_on_its_way_the_others_look_again_soon(database: Database) -> None:
    pauses = Pauses(database, Metrics())
    pauses.pause(POST, 0.0, "429")
    assert pauses.let_pass(POST) == POST
    with pytest.raises(Again) as again:
        pauses.let_pass(POST)
    assert again.value.after < PROBE.total_seconds() / 10
    pauses.lift(POST)
    assert pauses.let_pass(POST) is None


def test_a_pause_is_waited_for_to_its_end(database: Database) -> None:
    pauses = Pauses(database, Metrics())
    pauses.pause(POST, 60.0, "429")
    with pytest.raises(Again) as again:
        pauses.let_pass(POST)
    assert 59.0 < again.value.after <= 60.0
    assert not again.value.counted


def test_a_probe_that_is_refused_begins_another_pause(database: Database) -> None:
    pauses = Pauses(database, Metrics())
    pauses.pause(POST, 0.0, "429")
    assert pauses.let_pass(POST) == POST
    pauses.pause(POST, 60.0, "429", probed=True)
    with pytest.raises(Again) as again:
        pauses.let_pass(POST)
    assert 59.0 < again.value.after <= 60.0


def test_who_is_patient_leaves_the_probe_to_others(database: Database) -> None:
    pauses = Pauses(database, Metrics())
    pauses.pause(POST, 0.0, "429")
    assert pauses.waiting([POST]) == (set(), {POST})
    assert pauses.waiting([POST], patience=60.0) == ({POST}, set())
    pauses.lift(POST)
    assert pauses.waiting([POST], patience=60.0) == (set(), set())
