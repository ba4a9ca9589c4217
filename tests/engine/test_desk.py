"""The desk: whatever breaks, collides or hangs, everybody else is answered, and nobody twice."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from bot import routes
from bot.clock import queue_now, ticks
from bot.engine import desk
from bot.turn import Turn
from store.queues import outbox
from store.say import Say, To
from store.tables import Flag, Inbox, Outbox
from tests.cable import Cable
from tests.people import Person, wait_for
from tests.rooms import a_room
from tests.stage import BEGINS, HARBOUR, Stage, staged, webex_is_at

SOON = 3.0
POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
CABLE = pytest.mark.enable_socket  # PostgreSQL's own socket is a file

Handler = Callable[[Turn], Sequence[Say]]
Knows = Callable[..., None]


@pytest.fixture
def knows(monkeypatch: pytest.MonkeyPatch) -> Knows:
    """Teach the bot a word that only a test knows."""

    def teach(word: str, handler: Handler, *, asks: bool = False) -> None:
        command = routes.Command(word, "", word, handler, frozenset(), asks)
        monkeypatch.setitem(routes.commands, word, command)

    return teach


def is_answered(who: Person, word: str = "peace", within: float = SOON) -> None:
    """Somebody says a word that nobody knows, and is told so."""
    who.says(word).sees(f"I don't know “{word}”", within=within)


def no_rounds(capsys: pytest.CaptureFixture[str]) -> int:
    """How many rounds failed and had to be done again, since somebody last looked."""
    return capsys.readouterr().out.count('"event": "no round"')


def sent(stage: Stage, text: str) -> int:
    """How many letters with this text were sent."""
    with stage.database.reading() as session:
        of_text = select(Outbox.id).where(col(Outbox.text).contains(text))
        return len(session.exec(of_text.where(Outbox.outcome == "sent")).all())


# ------------------------------------------------------------------ what breaks


def test_a_question_that_breaks_in_the_database_holds_up_nobody(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.exec(select(Flag).where(Flag.name == "no such flag")).one()
        raise AssertionError

    knows("falter", breaks, asks=True)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_question_that_the_server_refuses_holds_up_nobody(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.connection().exec_driver_sql("SELECT nothing FROM nowhere")
        raise AssertionError

    knows("falter", breaks, asks=True)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_change_that_the_server_cannot_read_holds_up_nobody(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.connection().exec_driver_sql("UPDATE nowhere SET nothing = 1")
        raise AssertionError

    knows("falter", breaks)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_change_that_always_collides_is_given_up_and_holds_up_nobody(
    stage: Stage, knows: Knows
) -> None:
    def collides(turn: Turn) -> Sequence[Say]:
        for _ in range(2):
            turn.session.connection().execute(Flag.__table__.insert(), {"name": "x", "value": {}})
        raise AssertionError

    knows("collide", collides)
    stage.tom.says("collide")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_press_whose_route_breaks_when_asked_what_it_does_holds_up_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(inputs: object) -> bool:
        raise KeyError("step")

    trial = stage.a_trial()
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees(trial.code)
    route = dataclasses.replace(routes.presses["trial.note"], asks=breaks)
    monkeypatch.setitem(routes.presses, "trial.note", route)
    card.submits({"form": "trial.note", "trial": trial.id, "text": "Hello"})
    is_answered(stage.petra)
    stage.tom.sees("Noted.")


def test_an_event_that_breaks_while_it_is_begun_holds_up_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.told.happening", lambda row, me: {}["no such happening"])
    a_room(stage, "Another space", stage.nora)
    is_answered(stage.tom)

    def buried() -> bool:
        with stage.database.reading() as session:
            graves = session.exec(select(Inbox).where(Inbox.outcome == "buried")).all()
            return any("KeyError" in grave.error for grave in graves)

    wait_for(buried, "the event was never buried", 30)


def test_a_letter_that_breaks_while_it_is_planned_holds_up_nobody(stage: Stage) -> None:
    with stage.database.transaction() as session:
        outbox.put(session, [Say(To("pigeon:7"), "Coo")], now=queue_now())
        outbox.put(session, [Say(To("trial:0"), "No such trial")], now=queue_now(), bell=True)
    is_answered(stage.tom)
    is_answered(stage.petra)


def test_a_letter_whose_burial_breaks_is_buried_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = stage.a_trial()
    monkeypatch.setitem(routes.unreachables, "fragile", lambda turn, letter: {}["no such"])
    monkeypatch.setattr(desk, "backoff", lambda tries: 0.1)
    monkeypatch.setattr("bot.engine.delivering.backoff", lambda tries: 0.1)
    nobody = To.email("nobody@nowhere.example")
    with stage.database.transaction() as session:
        says = [Say(nobody, "Hello", trial_id=trial.id, slot="fragile/1"), Say(nobody, "Next")]
        outbox.put(session, says, now=queue_now())

    def ends() -> list[str]:
        with stage.database.reading() as session:
            found = session.exec(select(Outbox).where(Outbox.address == nobody.address))
            return [letter.outcome for letter in found]

    wait_for(lambda: ends() == ["buried", "buried"], f"not buried: {ends()}")


# ------------------------------------------------------------------ what ends at once


def test_what_waits_behind_a_letter_that_nobody_needs_any_more_does_not_wait_for_the_poll(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "POLL", 60.0)
    is_answered(stage.tom)
    stage.idle()
    here = To.room(str(stage.tom.room_id))
    says = [Say(here, "Overtaken", slot="a/slot"), Say(here, "Newest", slot="a/slot")]
    with stage.database.transaction() as session:
        outbox.put(session, says, now=queue_now())
    stage.bot.context.wake.ring()
    wait_for(lambda: sent(stage, "Newest"), "it waited", SOON)
    assert not sent(stage, "Overtaken")


# ------------------------------------------------------------------ a database far away


@contextmanager
def far_away(url: str, folder: Path, delay: float) -> Iterator[Stage]:
    """A bot whose statements need so many seconds to its database."""
    with Cable(url, delay=delay) as cable, staged(cable.url, folder) as stage:
        yield stage


@CABLE
def test_far_from_its_database_reminders_ring_and_the_desk_does_not_spin(
    postgres_url: str, tmp_path: Path
) -> None:
    with far_away(postgres_url, tmp_path, 0.01) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        trial = stage.a_trial()
        (first, *_) = stage.open_bells(trial)
        webex_is_at(stage.url, BEGINS + timedelta(days=40))
        wait_for(lambda: first not in stage.open_bells(trial), "nothing rang", 15)
        wait_for(lambda: sent(stage, "") > 0, "nothing was sent")
        stage.mend()
        stage.idle()
        rounds: list[float] = []
        engine = stage.bot.context.database._writers
        event.listen(engine, "begin", lambda connection: rounds.append(ticks()))
        began = ticks()
        wait_for(lambda: ticks() - began > 2, "time stood still")
        assert len(rounds) < 10


# ------------------------------------------------------------------ stopping


@CABLE
def test_who_is_stopped_while_the_database_is_away_tries_at_leisure(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Cable(postgres_url) as cable, staged(cable.url, tmp_path) as stage:
        stage.fault("GET /v1/messages", "hang", delay=1.0)
        stage.tom.says("peace")
        desk_of = stage.bot._parts.desk
        assert desk_of is not None
        wait_for(lambda: desk_of._under_way, "nothing was claimed")
        cable.cut()
        began = ticks()
        stage.bot.stop()
        stage._bots.clear()
        assert ticks() - began < 20
        assert no_rounds(capsys) <= 30
        cable.mend()
