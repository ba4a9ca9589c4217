"""The desk: whatever fails, collides or hangs, everybody else is answered, and exactly once."""

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlmodel import col, select, update

from bot.clock import queue_now, ticks
from bot.conversation import hear, routes
from bot.conversation.turn import Turn
from bot.engine import desk, keeping
from bot.engine.tray import Tray
from cards.kit.rules import for_anybody
from cards.kit.words import Md
from store.features.expiry import END_MINUS_7
from store.queues import outbox, pauses
from store.queues.inbox import Event, receive
from store.queues.pauses import Limit
from store.refusals import NOT_LINKED, Refused
from store.rules.reminder_kinds import ReminderKind
from store.say import Say, To
from store.tables import Flag, Inbox, Outbox, Reminder, Space, Trial
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
    """Teach the bot a word for this test only."""

    def teach(word: str, handler: Handler, **how: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(routes, "commands", {})
            routes.command(word, help=word, rule=for_anybody(), **how)(handler)
            command = routes.commands[word]
        monkeypatch.setitem(routes.commands, word, command)
        hear._vocabulary.cache_clear()  # it knows the word, but an earlier test's handler

    return teach


def is_answered(who: Person, word: str = "peace", within: float = SOON) -> None:
    """Let somebody say an unknown word and wait for the answer to it."""
    who.says(word).sees(f"I don't know “{word}”", within=within)


def no_rounds(capsys: pytest.CaptureFixture[str]) -> int:
    """How many rounds failed and were repeated since the last call."""
    lines = [line for line in capsys.readouterr().out.splitlines() if '"round failed"' in line]
    print(*lines, sep="\n")
    return len(lines)


def sent(stage: Stage, text: str) -> int:
    """How many messages containing this text were sent."""
    with stage.database.reading() as session:
        of_text = select(Outbox.id).where(col(Outbox.text).contains(text))
        return len(session.exec(of_text.where(Outbox.outcome == "sent")).all())


# ------------------------------------------------------------------ slow work


class Slow:
    """Work of a route that lasts until it is let go on, and how often it was begun."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.begun = 0

    def tell(self, turn: Turn) -> Sequence[Say]:
        """Answer a question."""
        return [turn.answer(Md(f"{self.read(turn)['linked']} spaces"))]

    def read(self, turn: Turn) -> dict[str, Any]:
        """Read something."""
        self.begun += 1
        assert self.goes_on.wait(SOON * 3)
        return {"linked": len(turn.session.exec(select(Space.id)).all())}

    @staticmethod
    def say(turn: Turn) -> Sequence[Say]:
        """Write something, and say what was read before."""
        turn.session.add(Flag(name="written", value={}))
        turn.session.flush()
        return [turn.answer(Md(f"{turn.fetched['linked']} spaces"))]


@pytest.fixture
def slow() -> Slow:
    """Slow work."""
    return Slow()


def test_a_slow_question_delays_nobody(stage: Stage, knows: Knows, slow: Slow) -> None:
    knows("dawdle", slow.tell, asks=True, slow=True)
    stage.tom.says("dawdle")
    is_answered(stage.petra)
    slow.goes_on.set()
    stage.tom.sees("2 spaces")
    assert slow.begun == 1


def test_a_slow_question_may_be_pressed(stage: Stage, knows: Knows, slow: Slow) -> None:
    knows("dawdle", slow.tell, asks=True, slow=lambda rest: rest == "long")
    card = stage.tom.says("home").sees("trials")
    card.submits({"form": "word", "word": "dawdle", "rest": "long"})
    is_answered(stage.petra)
    slow.goes_on.set()
    stage.tom.sees("2 spaces")


def test_what_a_change_reads_before_delays_nobody(stage: Stage, knows: Knows, slow: Slow) -> None:
    knows("dawdle", slow.say, prepare=slow.read)
    stage.tom.says("dawdle")
    is_answered(stage.petra)
    slow.goes_on.set()
    stage.tom.sees("2 spaces")
    with stage.database.reading() as session:
        assert session.get(Flag, "written")


def test_what_slow_work_refuses_is_said(stage: Stage, knows: Knows) -> None:
    def refuses(turn: Turn) -> dict[str, Any]:
        raise Refused(NOT_LINKED)

    knows("refuse", Slow.say, prepare=refuses)
    stage.tom.says("refuse").sees("isn't linked")


def test_slow_work_that_writes_is_a_bug_and_not_retried_for_ever(
    stage: Stage, knows: Knows
) -> None:
    knows("scribble", Slow.say, prepare=Slow.say)
    stage.tom.says("scribble").sees("Something went wrong", within=30)
    with stage.database.reading() as session:
        assert session.get(Flag, "written") is None


def test_a_slow_command_that_writes_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="writes"):
        routes.command("x", help="x", rule=for_anybody(), slow=True)


# ------------------------------------------------------------------ failures


def test_a_query_that_fails_in_python_delays_nobody_else(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.exec(select(Flag).where(Flag.name == "no such flag")).one()
        raise AssertionError

    knows("falter", breaks, asks=True)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_query_that_the_database_rejects_delays_nobody_else(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.connection().exec_driver_sql("SELECT nothing FROM nowhere")
        raise AssertionError

    knows("falter", breaks, asks=True)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_change_with_invalid_sql_delays_nobody_else(stage: Stage, knows: Knows) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        turn.session.connection().exec_driver_sql("UPDATE nowhere SET nothing = 1")
        raise AssertionError

    knows("falter", breaks)
    stage.tom.says("falter")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_change_that_always_collides_is_given_up_and_delays_nobody_else(
    stage: Stage, knows: Knows
) -> None:
    def collides(turn: Turn) -> Sequence[Say]:
        for _ in range(2):
            turn.session.exec(Flag.__table__.insert(), params={"name": "x", "value": {}})
        raise AssertionError

    knows("collide", collides)
    stage.tom.says("collide")
    is_answered(stage.petra)
    stage.tom.sees("Something went wrong", within=30)


def test_a_press_whose_route_fails_to_classify_it_delays_nobody_else(
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
    stage.tom.sees("Note added.")


def test_an_event_that_fails_before_its_handler_delays_nobody_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.conversation.told.happening", lambda row, me: {}["no such happening"])
    a_room(stage, "Another space", stage.nora)
    is_answered(stage.tom)

    def buried() -> bool:
        with stage.database.reading() as session:
            graves = session.exec(select(Inbox).where(Inbox.outcome == "buried")).all()
            return any("KeyError" in grave.error for grave in graves)

    wait_for(buried, "the event was never buried", 30)


def test_a_message_that_fails_in_planning_delays_nobody_else(stage: Stage) -> None:
    with stage.database.transaction() as session:
        outbox.put(session, [Say(To("pigeon:7"), "Coo")], now=queue_now())
        outbox.put(session, [Say(To("trial:0"), "No such trial")], now=queue_now(), bell=True)
    is_answered(stage.tom)
    is_answered(stage.petra)


def test_a_message_is_buried_even_if_telling_about_it_fails(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = stage.a_trial()
    monkeypatch.setitem(routes.unreachables, "fragile", lambda turn, letter: {}["no such"])
    monkeypatch.setattr(desk, "backoff", lambda tries: 0.1)
    monkeypatch.setattr("bot.engine.work.backoff", lambda tries: 0.1)
    nobody = To.email("nobody@nowhere.example")
    with stage.database.transaction() as session:
        says = [Say(nobody, "Hello", trial_id=trial.id, slot="fragile/1"), Say(nobody, "Next")]
        outbox.put(session, says, now=queue_now())

    def ends() -> list[str]:
        with stage.database.reading() as session:
            found = session.exec(select(Outbox).where(Outbox.address == nobody.address))
            return [letter.outcome for letter in found]

    wait_for(lambda: ends() == ["buried", "buried"], f"not buried: {ends()}")


def test_a_message_that_lost_its_lease_does_not_affect_those_settled_with_it(
    stage: Stage,
) -> None:
    rooms = [stage.tom, *(who.alone() for who in (stage.tom, stage.nora, stage.viktor))]
    people = [*rooms, stage.petra]
    stage.fault("POST /v1/messages", "hang", delay=2.0)
    for who in people:
        who.says("peace")

    def under_way() -> list[int]:
        with stage.database.reading() as session:
            return list(session.exec(select(Outbox.id).where(col(Outbox.lease).is_not(None))))

    wait_for(lambda: len(under_way()) == len(people), "they were never claimed together")
    with stage.database.transaction() as session:
        lost = session.get_one(Outbox, under_way()[0])
        lost.lease = "somebody else's/1"
    stage.mend()
    wait_for(lambda: sent(stage, "I don't know “peace”") == len(people) - 1, "not settled")
    times = sorted(who.count("I don't know “peace”") for who in people)
    assert times[1:] == [1] * (len(people) - 1)


# ------------------------------------------------------------------ delays


def test_a_person_waiting_in_a_hanging_room_is_answered_elsewhere(stage: Stage) -> None:
    stage.fault("POST /v1/messages", "hang", room=stage.tom.room_id, delay=8.0)
    stage.tom.says("slowly")
    stage.nora.says("slowly, too")
    is_answered(stage.petra)
    is_answered(stage.tom.alone())
    stage.mend()
    stage.tom.sees("“slowly”", within=20)


def tom_writes(stage: Stage, message_id: str) -> None:
    """Report a message from Tom that Webex doesn't show, as if he had deleted it."""
    author = stage.cast["partner-admin"]["personId"]
    written = Event("messages", "created", message_id, author, str(stage.tom.room_id))
    with stage.database.writing() as connection:
        receive(connection, written, received_at=stage.clock.now(), now=queue_now())


def test_two_deleted_messages_delay_their_author_by_at_most_three_seconds(stage: Stage) -> None:
    for number in range(2):
        tom_writes(stage, f"no such message {number}")
    stage.tom.says("peace")
    is_answered(stage.petra)
    stage.tom.sees("I don't know “peace”", within=SOON)


def test_a_message_that_webex_always_fails_to_show_lets_its_authors_next_one_pass(
    stage: Stage,
) -> None:
    stage.fault("GET /v1/messages/broken", "500")
    tom_writes(stage, "broken")
    stage.tom.says("peace")
    is_answered(stage.petra)
    stage.tom.sees("I don't know “peace”", within=3 * SOON)


def test_an_event_whose_handler_fails_delays_its_author_by_at_most_three_seconds(
    stage: Stage, knows: Knows
) -> None:
    def breaks(turn: Turn) -> Sequence[Say]:
        raise ZeroDivisionError

    knows("stumble", breaks)
    stage.tom.says("stumble")
    stage.tom.says("peace")
    is_answered(stage.petra)
    stage.tom.sees("I don't know “peace”", within=SOON)
    stage.tom.sees("Something went wrong", within=20)


# ------------------------------------------------------------------ collisions


@contextmanager
def held_by_somebody(url: str, statement: str) -> Iterator[Callable[[], int]]:
    """Hold rows locked in a separate transaction; yields a count of who is waiting for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as looker:
        holder.execute(statement)
        here = " AND datname = current_database()"

        def count() -> int:
            row = looker.execute(waiting + here).fetchone()
            assert row is not None
            return int(row[0])

        yield count
        holder.rollback()


def deadlocks(stage: Stage) -> int:
    """How many deadlocks the server has counted in this database."""
    counted = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with stage.database.reading() as session:
        return int(session.connection().execute(counted).scalar_one())


@POSTGRES
def test_two_desks_locking_trials_in_opposite_order_answer_each_event_once(
    stage: Stage, postgres_url: str, knows: Knows, capsys: pytest.CaptureFixture[str]
) -> None:
    def locks(turn: Turn) -> Sequence[Say]:
        for number in turn.rest.split():
            turn.session.exec(
                select(Trial).where(Trial.id == int(number)).with_for_update(of=Trial)
            ).one()
        happened.append(turn.rest)
        return [turn.answer(turn.words("Locked {what}.", what=turn.rest))]

    happened: list[str] = []
    knows("lock", locks)
    one, two = (
        stage.a_trial().id,
        stage.a_trial(administrator=stage.samir.email, company="Northwind").id,
    )
    people = [stage.tom, stage.nora, stage.tom.alone(), stage.nora.alone()]
    people += [stage.ines, stage.viktor, stage.ines.alone(), stage.viktor.alone()]
    stage.another_bot()
    stage.idle()
    capsys.readouterr()
    with held_by_somebody(postgres_url, f"SELECT 1 FROM trial WHERE id = {one} FOR UPDATE") as wait:
        for number, who in enumerate(people):
            who.says(f"lock {one} {two}" if number % 2 else f"lock {two} {one}")
        wait_for(lambda: wait() >= 2, "they never met")
    stage.idle()
    for who in people:
        who.sees("Locked", within=SOON)
    assert len(happened) == len(people)
    assert sent(stage, "Locked") == len(people)
    assert no_rounds(capsys) == 0
    assert deadlocks(stage) == 0


@POSTGRES
def test_a_probe_blocked_by_another_desks_lock_is_sent_once(
    stage: Stage, postgres_url: str
) -> None:
    is_answered(stage.tom)
    with stage.database.writing() as connection:
        long_ago = queue_now() - timedelta(minutes=1)
        pauses.limit(connection, Limit("POST /messages", long_ago, "429"))
    with held_by_somebody(postgres_url, "SELECT 1 FROM pause FOR UPDATE") as waiting:
        stage.tom.says("quiet")
        wait_for(lambda: outbox_holds(stage, "quiet"), "it was never put")
        for _ in range(2):  # first in the batch, then alone
            wait_for(lambda: waiting() == 1, "nobody met the lock")
            wait_for(lambda: waiting() == 0, "it waits for ever")
        wait_for(lambda: waiting() == 1, "it was given up")
    stage.idle()
    assert stage.tom.count("I don't know “quiet”") == 1


def outbox_holds(stage: Stage, text: str) -> bool:
    with stage.database.reading() as session:
        found = session.exec(select(Outbox.id).where(col(Outbox.text).contains(text)))
        return found.first() is not None


# ------------------------------------------------------------------ not waiting for the poll


def test_a_message_behind_an_obsolete_one_does_not_wait_for_the_poll(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "POLL", 60.0)
    is_answered(stage.tom)
    stage.idle()
    here = To.room(str(stage.tom.room_id))
    says = [Say(here, "Overtaken", slot="a/slot"), Say(here, "Newest", slot="a/slot")]
    with stage.database.transaction() as session:
        outbox.put(session, says, now=queue_now())
    stage.bot.context.wake.ring()
    wait_for(lambda: sent(stage, "Newest"), "it waited", SOON)
    assert not sent(stage, "Overtaken")


def test_setting_the_clock_back_does_not_delay_the_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = queue_now()
    times = chain([now], repeat(now - timedelta(hours=1)))
    monkeypatch.setattr("bot.engine.tray.queue_now", lambda: next(times))
    polls = threading.Thread(target=Tray().take, args=[0.1], daemon=True)
    polls.start()
    polls.join(SOON)
    assert not polls.is_alive()


# ------------------------------------------------------------------ a slow database


@contextmanager
def far_away(url: str, folder: Path, delay: float) -> Iterator[Stage]:
    """A bot whose statements take `delay` seconds to reach its database."""
    with Cable(url, delay=delay) as cable, staged(cable.url, folder) as stage:
        yield stage


@CABLE
def test_with_a_slow_database_reminders_ring_and_the_desk_does_not_spin(
    postgres_url: str, tmp_path: Path
) -> None:
    with far_away(postgres_url, tmp_path, 0.01) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        trial = stage.a_trial()
        (first, *_) = stage.open_reminders(trial)
        webex_is_at(stage.url, BEGINS + timedelta(days=40))
        wait_for(lambda: first not in stage.open_reminders(trial), "nothing rang", 15)
        wait_for(lambda: sent(stage, "") > 0, "nothing was sent")
        stage.mend()
        stage.idle()
        rounds: list[float] = []
        engine = stage.bot.context.database._writers
        event.listen(engine, "begin", lambda connection: rounds.append(ticks()))
        began = ticks()
        wait_for(lambda: ticks() - began > 2, "time stood still")
        assert len(rounds) < 10


@CABLE
def test_with_a_slow_database_people_do_not_wait_until_all_spaces_are_reminded(
    postgres_url: str, tmp_path: Path
) -> None:
    with Cable(postgres_url) as cable, staged(cable.url, tmp_path) as stage:
        for n in range(SPACES):
            title = f"Space {n}"
            stage.rooms[title] = a_room(stage, title, stage.nora)
            stage.link(title, f"Partner {n}", HARBOUR)
            stage.a_trial(room=title, administrator=f"it@customer{n}.example")
        is_answered(stage.tom)
        stage.idle()
        cable.slow_down(0.005)
        fall_due(stage, END_MINUS_7)
        is_answered(stage.tom, "quiet", within=60)
        assert 0 < rung(stage, END_MINUS_7) < SPACES / 2


SPACES = 40


def fall_due(stage: Stage, kind: ReminderKind) -> None:
    """Let all reminders of a kind fall due, and wait until the first five have rung."""
    with stage.database.transaction() as session:
        ours = update(Reminder).where(col(Reminder.kind) == kind)
        session.exec(ours.values(rings_at=stage.clock.now() - timedelta(minutes=1)))
    stage.bot.context.wake.ring()
    wait_for(lambda: rung(stage, kind) >= 5, "they didn't ring", 30)


def rung(stage: Stage, kind: ReminderKind) -> int:
    """How many reminders of a kind have rung."""
    with stage.database.reading() as session:
        settled = col(Reminder.kind) == kind, col(Reminder.settled_at).is_not(None)
        return len(session.exec(select(Reminder.id).where(*settled)).all())


# ------------------------------------------------------------------ stopping


@CABLE
def test_a_desk_stopped_during_a_database_outage_retries_slowly_and_then_gives_up(
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
        desk_of._thread.join(SOON)
        assert not desk_of._thread.is_alive()
        cable.mend()
