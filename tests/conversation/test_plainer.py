"""Every answer has a plainer form: Webex refuses files, cards and texts, and lists are long."""

import pytest
from sqlmodel import select

from bot.clock import queue_now
from store.features import note, roles
from store.features.shared import people
from store.queues import outbox
from store.say import Say, To
from store.tables import Outbox, Partner, Trial, id_of
from store.terms import Kind, Role
from tests.lives import happens
from tests.rooms import adds, puts_out
from tests.stage import ROLES, Stage


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite: the database doesn't matter here."""
    url: str = request.getfixturevalue("sqlite_url")
    return url


def nothing_failed(stage: Stage) -> None:
    stage.idle()
    with stage.database.reading() as session:
        buried = session.exec(select(Outbox.error).where(Outbox.outcome == "buried")).all()
    assert buried == []


def staff(stage: Stage, number: int) -> None:
    """Give so many people a role at Harbour."""
    with stage.database.transaction() as session:
        (harbour,) = session.exec(select(Partner).where(Partner.name == "Harbour Networks")).all()
        nora = people.known(session, stage.cast[ROLES["nora"]]["personId"])
        assert nora is not None
        now = stage.clock.now()
        for n in range(number):
            roles.give(
                session,
                id_of(harbour),
                email=f"administrator.number.{n}@networks.harbour.example",
                role=Role.ADMIN,
                by=nora,
                now=now,
            )


def somebody(n: int) -> str:
    return f"administrator.number.{n}@networks.harbour.example"


# ------------------------------------------------------------------ what Webex refuses


@pytest.mark.parametrize("status", ["400", "403", "413", "415"])
def test_a_refused_file_becomes_a_text_with_the_dates(stage: Stage, status: str) -> None:
    trial = stage.a_trial()
    alone = stage.tom.alone()
    stage.fault("POST /v1/messages", status, times=1)
    alone.says(f"calendar {trial.code}")
    told = alone.sees("didn't accept the file", "trial expires", "Thu, 31 Dec 2026")
    assert not told.raw.get("files")
    nothing_failed(stage)


@pytest.mark.parametrize("status", ["400", "413"])
def test_a_refused_card_becomes_a_text(stage: Stage, status: str) -> None:
    trial = stage.a_trial()
    alone = stage.tom.alone()
    stage.fault("POST /v1/messages", status, times=1)
    alone.says(f"show {trial.code}")
    told = alone.sees("didn't accept the card", trial.code, "Meadow Foods")
    assert told.card is None
    nothing_failed(stage)


def test_a_refused_text_becomes_shorter(stage: Stage) -> None:
    trial = stage.a_trial()
    happens(stage, note.note, trial, text="long " * 120)
    happens(stage, note.note, trial, text="long " * 120)
    alone = stage.tom.alone()
    stage.fault("POST /v1/messages", "413", times=3)
    alone.says(f"history {trial.code}")
    assert alone.sees("didn't accept the card").card is None
    nothing_failed(stage)


# ------------------------------------------------------------------ what is too long


def test_what_somebody_typed_is_repeated_only_in_part(stage: Stage) -> None:
    stage.tom.says("show " + "*" * 3700)
    assert len(stage.tom.sees("Nothing found for").text) < 400
    stage.tom.says("*" * 3700).sees("I don't know")
    nothing_failed(stage)


def test_a_text_of_any_length_is_sent_in_part(stage: Stage) -> None:
    with stage.database.transaction() as session:
        room = To.room(stage.rooms["partner-space"])
        outbox.put(session, [Say(room, "A long story: " + "blah é " * 3000)], now=queue_now())
    assert stage.tom.sees("A long story").text.endswith("…")
    nothing_failed(stage)


def test_a_history_of_long_notes_is_shown_in_part(stage: Stage) -> None:
    trial = stage.a_trial()
    for n in range(25):
        happens(stage, note.note, trial, text=f"Note {n:02}: " + "ab & ü " * 85)
    stage.tom.says(f"history {trial.code}")
    card = stage.tom.sees("Note 24", "Only the newest")
    assert card.card is not None
    assert "more" in card.text.splitlines()[-1]
    nothing_failed(stage)


@pytest.mark.parametrize("number", [80, 300])
def test_roles_of_many_people_can_be_shown_and_changed(stage: Stage, number: int) -> None:
    staff(stage, number)
    stage.nora.says("roles")
    card = stage.nora.sees("People at Harbour Networks", "more")
    assert card.card is not None
    card.fills(**{"person.roles.take": somebody(number - 1), "sure.roles.take": True})
    card.presses("Remove role")
    stage.nora.sees("no longer has a role")
    stage.nora.says(f"roles {somebody(number - 1)} read-only").sees("New role for")
    nothing_failed(stage)


@pytest.mark.parametrize("number", [80, 300])
def test_a_trial_can_be_assigned_among_many_people(stage: Stage, number: int) -> None:
    trial = stage.a_trial()
    staff(stage, number)
    stage.nora.says(f"assign {trial.code}")
    card = stage.nora.sees("Assign to")
    card.fills(person="nobody@nowhere.example").presses("Assign")
    card = stage.nora.sees("I don't know that person here", "nobody@nowhere.example")
    card.fills(person=somebody(7).upper()).presses("Assign")
    stage.nora.sees(f"{somebody(7)} can now change this trial")
    nothing_failed(stage)


@pytest.mark.parametrize("number", [80, 300])
def test_trials_can_be_handed_over_among_many_people(stage: Stage, number: int) -> None:
    stage.a_trial()
    staff(stage, number)
    stage.nora.says("handover")
    card = stage.nora.sees("Hand over trials")
    card.fills(giver="Tom Okafor", taker=somebody(3)).presses("Hand over")
    stage.nora.sees("1 trial handed over from Tom Okafor")
    nothing_failed(stage)


def test_a_few_people_are_still_a_list_to_choose_from(stage: Stage) -> None:
    stage.nora.says("handover")
    card = stage.nora.sees("Hand over trials")
    assert card.inputs["giver"]["type"] == "Input.ChoiceSet"


def test_a_request_to_many_addresses_can_be_resent(stage: Stage) -> None:
    trial = asked_of_many(stage)
    stage.tom.says(f"resend {trial.code}")
    for _ in range(3):
        card = stage.tom.sees("can consent until")
        stage.clock.days(1)
        card.presses("Resend request")
        stage.tom.sees(trial.code)
        stage.tom.says(f"resend {trial.code}")
    assert stage.tom.sees("can consent until", "more").card is not None


def asked_of_many(stage: Stage) -> Trial:
    many = [f"administrator{n:02}.{'x' * 40}@{'meadow.' * 20}example" for n in range(20)]
    return stage.a_trial(
        kind=Kind.EXISTING,
        administrator="it@meadow.example",
        administrator_is_full=False,
        full_administrators=many,
    )


def test_the_warning_of_many_onlookers_is_shortened(stage: Stage) -> None:
    world, room = stage.webex.world, stage.rooms["partner-space"]
    nora = world.people[stage.nora.about["personId"]]
    puts_out(stage.nora, room, stage.cast["bot"])
    stage.idle()
    for n in range(200):
        one = world.add_person(f"Stranger Number {n}", f"stranger.{n}@elsewhere.example", "x")
        world.add_member(nora, room, one.id, "", False)
    adds(stage.nora, room, stage.cast["bot"])
    told = stage.nora.alone().sees("can be seen by", "Stranger Number 7", "more")
    assert len(told.text.encode()) < 2000
    nothing_failed(stage)
