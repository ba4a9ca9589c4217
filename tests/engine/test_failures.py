"""Failures between Webex, the bot and the database, and what people see of them in the end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.clock import queue_now
from bot.conversation import routes
from bot.conversation.turn import Turn
from cards.kit.rules import for_anybody
from cards.kit.words import Md, Words
from store.flags import HELD, forget, remember
from store.queues import outbox
from store.queues.leases import INBOX
from store.queues.pauses import PAUSES
from store.refusals import NOT_ALLOWED, Refused
from store.say import Say, To
from store.tables import Flag, Inbox, Outbox
from tests.people import wait_for
from tests.stage import Stage

tries: list[str] = []


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words for these tests only."""

    def answers(turn: Turn) -> Sequence[Say]:
        turn.session.merge(Flag(name=f"said/{turn.rest}", value={}))
        return [turn.answer(turn.words("Heard {what}.", what=turn.rest))]

    def breaks(turn: Turn) -> Sequence[Say]:
        tries.append(turn.rest)
        turn.session.merge(Flag(name="never", value={}))
        raise ZeroDivisionError("a bug")

    def refuses(turn: Turn) -> Sequence[Say]:
        turn.session.merge(Flag(name="never", value={}))
        raise Refused(NOT_ALLOWED)

    for word, handler in {"utter": answers, "stumble": breaks, "balk": refuses}.items():
        command = routes.Command(
            word, "", word, for_anybody(), handler, frozenset(), lambda rest: False
        )
        monkeypatch.setitem(routes.commands, word, command)
    tries.clear()


def remembers(stage: Stage, name: str) -> bool:
    with stage.database.reading() as session:
        return session.get(Flag, name) is not None


def test_a_refusal_changes_nothing_and_gives_the_reason(stage: Stage) -> None:
    stage.tom.says("balk")
    stage.tom.sees("Your role doesn't allow this")
    stage.idle()
    assert not remembers(stage, "never")


def test_a_bug_changes_nothing_and_gives_a_code_that_names_the_row(stage: Stage) -> None:
    stage.tom.says("stumble here")
    told = stage.tom.sees("Something went wrong")
    stage.idle()
    assert tries == ["here"] * 4
    assert not remembers(stage, "never")
    with stage.database.reading() as session:
        (row,) = session.exec(select(Inbox).where(Inbox.outcome == "buried")).all()
    assert told.holds(f"e{row.id}")
    assert "ZeroDivisionError" in row.error


class Unspeakable(Words):
    """A language in which every sentence breaks."""

    def __call__(self, *_: object, **__: object) -> Md:
        raise KeyError("no such sentence")


@pytest.mark.parametrize(
    ("broken", "replacement"),
    [
        ("bot.engine.answers.turn_of", lambda *_: {}["no such turn"]),
        ("bot.conversation.respond.Words", Unspeakable),
        ("bot.engine.taking._apologise", lambda *_: {}["no such apology"]),
        ("bot.engine.taking.outbox.put", lambda *_, **__: {}["no such message"]),
    ],
    ids=["turn", "words", "apology", "put"],
)
def test_a_bug_is_buried_with_a_code_for_the_person_even_if_the_apology_fails(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, broken: str, replacement: object
) -> None:
    monkeypatch.setattr(broken, replacement)
    stage.tom.says("stumble here")
    told = stage.tom.sees("Something went wrong")
    stage.idle()
    with stage.database.reading() as session:
        (row,) = session.exec(select(Inbox).where(Inbox.outcome == "buried")).all()
    assert told.holds(f"e{row.id}")
    assert stage.tom.count("Something went wrong") == 1
    assert row.attempts < 4


def test_a_refused_need_is_said_instead_of_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.taking.GONE_AFTER", (0.1, 0.1))
    needy = replace(routes.commands["utter"], word="gaze", needs=frozenset({"members"}))
    monkeypatch.setitem(routes.commands, "gaze", needy)
    stage.fault("GET /v1/memberships", "403")
    stage.tom.says("gaze peace")
    stage.tom.sees("Webex didn't show me", "403", "Try again")
    assert stage.tom.count("Heard peace.") == 0


@pytest.mark.parametrize("status", ["429", "502", "503", "423"])
def test_a_temporary_refusal_by_webex_is_retried(stage: Stage, status: str) -> None:
    stage.fault("*", status, times=3, retry_after=1)
    stage.tom.says("utter peace")
    stage.tom.sees("Heard peace.", within=30)
    stage.idle()
    assert stage.tom.count("Heard peace.") == 1


def test_a_malformed_retry_after_means_a_short_pause(stage: Stage) -> None:
    stage.fault("POST /v1/messages", "429", times=1, retry_after="rand(30),add(30)")
    stage.tom.says("utter peace")
    stage.tom.sees("Heard peace.", within=30)


def test_a_message_whose_response_is_lost_is_sent_twice_but_handled_once(stage: Stage) -> None:
    stage.fault("POST /v1/messages", "lost", times=1)
    stage.tom.says("utter peace")
    wait_for(lambda: stage.tom.count("Heard peace.") == 2, "the message wasn't sent again")
    stage.idle()
    repeats = stage.bot.context.metrics.repeats.labels("lost-answer")
    assert repeats._value.get() == 1


def test_an_event_that_webex_shows_late_is_fetched_again(stage: Stage) -> None:
    stage.fault("GET /v1/messages", "404-after-webhook", delay=1.0)
    stage.tom.says("utter peace")
    stage.tom.sees("Heard peace.", within=30)


def test_an_event_that_webex_never_shows_is_settled_as_gone(stage: Stage) -> None:
    stage.fault("GET /v1/messages", "404")
    stage.tom.says("utter peace")

    def tried() -> bool:
        with stage.database.reading() as session:
            row = session.exec(select(Inbox).where(Inbox.resource == "messages")).first()
            return row is not None and row.attempts >= 1

    wait_for(tried, "the event was never asked for")
    stage.mend()
    with stage.database.transaction() as session:
        row = session.exec(select(Inbox).where(Inbox.resource == "messages")).one()
        row.attempts, row.object_id = 5, "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvMA"
    stage.idle()
    with stage.database.reading() as session:
        outcome = session.exec(select(Inbox.outcome).where(Inbox.resource == "messages")).one()
    assert outcome == "gone"


@pytest.mark.parametrize("kind", ["webhook-duplicate", "webhook-late", "webhook-reorder"])
def test_duplicate_late_and_reordered_webhooks_are_answered_once(stage: Stage, kind: str) -> None:
    stage.fault("messages.created", kind, delay=0.3)
    for word in ("one", "two", "three"):
        stage.tom.says(f"utter {word}")
    for word in ("one", "two", "three"):
        wait_for(lambda word=word: stage.tom.finds(f"Heard {word}."), f"{word} was never heard")
    stage.idle()
    for word in ("one", "two", "three"):
        assert stage.tom.count(f"Heard {word}.") == 1


def test_a_hanging_room_delays_nobody_else(stage: Stage) -> None:
    stage.fault("POST /v1/messages", "hang", room=stage.tom.room_id, delay=8.0, times=1)
    stage.tom.says("utter slowly")
    petra = stage.petra.says("utter quickly")
    petra.sees("Heard quickly.", within=7)
    stage.tom.sees("Heard slowly.", within=20)


def test_an_unsigned_webhook_is_not_answered(stage: Stage) -> None:
    stage.fault("messages.created", "webhook-unsigned", times=1)
    stage.tom.says("utter nothing")
    stage.tom.says("utter something")
    stage.tom.sees("Heard something.")
    stage.idle()
    assert stage.tom.finds("Heard nothing.") is None


def test_held_messages_are_sent_after_the_release(stage: Stage) -> None:
    with stage.database.transaction() as session:
        remember(session, HELD)
    wait_for(lambda: stage.bot._parts.desk.keeping.held, "the worker never noticed")
    stage.tom.says("utter peace")
    wait_for(lambda: remembers(stage, "said/peace"), "the event wasn't taken")
    assert stage.tom.finds("Heard peace.") is None
    with stage.database.transaction() as session:
        forget(session, HELD)
    stage.tom.sees("Heard peace.", within=30)


def test_a_refused_token_pauses_everything_until_webex_accepts_it_again(stage: Stage) -> None:
    stage.fault("GET /v1/messages", "401", times=1)
    stage.tom.says("utter peace")

    def paused() -> bool:
        with stage.database.reading() as session:
            return session.exec(select(*PAUSES.c)).first() is not None

    def given_back() -> bool:
        open_rows = select(INBOX.c.id).where(INBOX.c.settled_at.is_(None), INBOX.c.lease.is_(None))
        with stage.database.reading() as session:
            return session.exec(open_rows).first() is not None

    wait_for(lambda: paused() and given_back(), "nothing was paused")
    with stage.database.transaction() as session:
        long_ago = queue_now() - timedelta(days=1)
        session.exec(PAUSES.update().values(until=long_ago))
        session.exec(INBOX.update().values(due=long_ago))
    stage.tom.sees("Heard peace.", within=30)
    wait_for(lambda: not paused(), "the pause was never lifted")


def test_a_stopped_bot_leaves_its_work_to_the_next_bot(stage: Stage) -> None:
    stage.fault("GET /v1/messages", "503")
    stage.tom.says("utter peace")
    wait_for(lambda: unsettled(stage), "the event never came")
    stage.bot.stop()
    stage._bots.clear()
    with stage.database.reading() as session:
        assert [row.lease for row in session.exec(select(Inbox)) if not row.settled_at] == [None]
    stage.mend()
    stage.bot = stage.another_bot()
    stage.tom.sees("Heard peace.", within=30)


def unsettled(stage: Stage) -> bool:
    with stage.database.reading() as session:
        open_ones = select(Inbox.id).where(Inbox.settled_at == None)  # noqa: E711
        return session.exec(open_ones).first() is not None


def test_the_space_is_told_once_about_somebody_who_cannot_be_reached(stage: Stage) -> None:
    trial = stage.a_trial()
    from bot.clock import queue_now

    nobody = To.email("nobody@nowhere.example")
    with stage.database.transaction() as session:
        says = [Say(nobody, "Hello", trial_id=trial.id), Say(nobody, "Again", trial_id=trial.id)]
        outbox.put(session, says, now=queue_now())
    stage.tom.sees("couldn't reach nobody@nowhere.example")
    stage.idle()
    assert stage.tom.count("couldn't reach") == 1
    with stage.database.reading() as session:
        graves = session.exec(select(Outbox).where(Outbox.outcome == "buried")).all()
    assert [grave.text for grave in graves] == ["Hello", "Again"]
