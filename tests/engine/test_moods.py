"""Webex misbehaving: what people see, and that they see it only once."""

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.clock import queue_now
from bot.engine.pace import LONGEST
from bot.process.doctor import examine
from bot.process.run import Bot
from store.queues import outbox
from store.queues.leases import OUTBOX
from store.queues.pauses import PAUSES
from store.say import Say, To
from store.tables import Beat, Outbox, Slot, Trial
from store.terms import State
from tests.people import Message, wait_for
from tests.stage import Stage

PATIENCE = 60.0
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for another engine."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


def answered(stage: Stage, *words: str) -> None:
    """Assert that each of these unknown words was answered exactly once."""
    for word in words:
        wait_for(lambda word=word: said(stage, word), f"no answer to {word}", PATIENCE)
    stage.idle()
    assert {word: said(stage, word) for word in words} == dict.fromkeys(words, 1)


def said(stage: Stage, word: str) -> int:
    """How many answers to an unknown word are in Tom's space."""
    return stage.tom.count(f"I don't know “{word}”")


def letters(stage: Stage, text: str) -> list[Outbox]:
    with stage.database.reading() as session:
        found = select(Outbox).where(col(Outbox.text).contains(text)).order_by(col(Outbox.id))
        return list(session.exec(found))


def pauses(stage: Stage) -> dict[str, float]:
    """Seconds for which each call remains paused."""
    with stage.database.reading() as session:
        rows = session.exec(select(PAUSES.c.call, PAUSES.c.until)).all()
    return {row.call: (row.until - queue_now()).total_seconds() for row in rows}


def end_pauses(stage: Stage) -> None:
    """End all pauses now and make all messages due."""
    with stage.database.transaction() as session:
        long_ago = queue_now() - timedelta(hours=1)
        session.exec(PAUSES.update().values(until=long_ago))
        session.exec(OUTBOX.update().values(due=long_ago))


def calls(stage: Stage, method: str, status: int) -> int:
    """How many message calls of this method the bot made that got this status."""
    return sum(
        each["count"]
        for each in stage.ask("requests")
        if each["method"] == method and each["status"] == status and "messages" in each["path"]
    )


# ------------------------------------------------------------------ 429 and 502


@BOTH
def test_a_long_pause_stops_all_workers_and_uses_up_no_attempt(stage: Stage) -> None:
    stage.another_bot()
    stage.fault("POST /v1/messages", "429", retry_after=100_000)
    stage.tom.says("early")
    wait_for(lambda: all(map(knows_of_the_pause, stage._bots)), "nobody paused", PATIENCE)
    assert LONGEST - 30 < pauses(stage)["POST /messages"] <= LONGEST
    refused = calls(stage, "POST", 429)
    for n in range(5):
        stage.tom.says(f"word{n}")
    wait_for(lambda: len(letters(stage, "I don't know")) == 6, "not all was heard", PATIENCE)
    wait_for(lambda: not any(letter.lease for letter in letters(stage, "")), "held", PATIENCE)
    assert calls(stage, "POST", 429) == refused == 1
    assert {letter.attempts for letter in letters(stage, "I don't know")} == {0}
    stage.mend()
    end_pauses(stage)
    answered(stage, "early", *(f"word{n}" for n in range(5)))


def knows_of_the_pause(bot: Bot) -> bool:
    assert bot._parts.desk is not None
    return bot._parts.desk.pace.is_stopped("POST /messages", queue_now())


@pytest.mark.parametrize("retry_after", [1, "rand(30),add(30)", None])
def test_a_short_or_unreadable_pause_ends_by_itself(stage: Stage, retry_after: Any) -> None:
    stage.fault("POST /v1/messages", "429", retry_after=retry_after, times=1)
    stage.tom.says("peace")
    answered(stage, "peace")
    assert [letter.attempts for letter in letters(stage, "peace")] == [0]


def test_with_one_call_in_ten_refused_nothing_is_lost_or_duplicated(
    stage: Stage,
) -> None:
    stage.fault("*", "429", share=0.1, retry_after=1, seed=4)
    stage.fault("*", "502", share=0.03, seed=5)
    words = [f"word{n}" for n in range(60)]
    for word in words:
        stage.tom.says(word)
    answered(stage, *words)
    assert calls(stage, "POST", 429) + calls(stage, "GET", 429) > 0
    assert calls(stage, "POST", 502) + calls(stage, "GET", 502) > 0


def test_the_consent_story_ends_correctly_while_webex_keeps_failing(stage: Stage) -> None:
    stage.fault("*", "429", share=0.1, retry_after=1, seed=1)
    stage.fault("*", "502", share=0.2, seed=2)
    stage.fault("POST /v1/messages", "lost", share=0.2, seed=3)
    customer = {
        "kind": "existing",
        "company": "Meadow Foods",
        "administrator": stage.clara.email,
        "vertical": "retail",
        "country": "DE",
        "supported": True,
    }
    stage.tom.says("start")
    stage.tom.sees("Step 1 of", within=PATIENCE).fills(**customer).presses("Next")
    stage.tom.sees("Step 2 of", within=PATIENCE).fills(services="messaging").presses("Next")
    stage.tom.sees("Check and save", within=PATIENCE).presses("Save")
    card = stage.clara.sees("is asking for your consent", "Meadow Foods", within=PATIENCE)
    card.fills(full_access=True).presses("Accept")
    stage.tom.sees("Clara Bauer accepted", within=PATIENCE)
    stage.clara.sees("Thank you. You accepted the trial", within=PATIENCE)
    stage.mend()
    stage.idle()
    with stage.database.reading() as session:
        (trial,) = session.exec(select(Trial)).all()
        assert trial.state == State.PROVISIONING
        assert session.exec(select(Outbox).where(Outbox.outcome == "buried")).all() == []
    assert repeats(stage) <= sum(
        each["count"] for each in stage.ask("requests") if each["status"] == "lost"
    )


def repeats(stage: Stage) -> float:
    """How many messages the bot may have sent twice, by its own count."""
    (counter,) = stage.bot.context.metrics.repeats.collect()
    return sum(each.value for each in counter.samples if each.name.endswith("_total"))


# ------------------------------------------------------------------ hanging calls


def test_while_every_call_hangs_webhooks_are_accepted_and_answered_soon_afterwards(
    stage: Stage,
) -> None:
    stage.fault("*", "hang", delay=30.0)
    stage.tom.says("anybody")
    stage.tom.says("there")
    wait_for(lambda: len(told(stage)) == 2, "the webhooks weren't delivered", PATIENCE)
    assert [(each["status"], each["milliseconds"] < 2000) for each in told(stage)] == [
        (200, True),
        (200, True),
    ]
    stage.mend()
    began = time.monotonic()
    answered(stage, "anybody", "there")
    assert time.monotonic() - began < 20


def told(stage: Stage) -> list[dict[str, Any]]:
    """Webhook deliveries of people's messages."""
    ours = {stage.cast["bot"]["personId"]}
    return [
        each
        for each in stage.ask("deliveries")
        if each["resource"] == "messages"
        and stage.webex.world.messages[each["dataId"]].author.id not in ours
    ]


def test_a_refused_token_turns_the_doctor_red(stage: Stage) -> None:
    stage.fault("GET /v1/messages", "401", times=1)
    stage.tom.says("peace")
    wait_for(lambda: "*" in pauses(stage), "nothing was paused", PATIENCE)
    assert stage.bot._parts._timetable is not None
    gateway = stage.bot._parts._timetable._gateways.mine()
    red = {finding.check for finding in examine(stage.bot.context, gateway) if not finding.ok}
    assert {"Webex", "pauses"} <= red
    assert said(stage, "peace") == 0


# ------------------------------------------------------------------ while the bot was away


def test_messages_sent_while_the_web_door_was_closed_are_answered(stage: Stage) -> None:
    stage.tom.says("before")
    answered(stage, "before")
    stage.bot.stop()
    stage._bots.clear()
    stage.tom.says("mentioned")
    alone = stage.tom.alone().says("privately")
    stage.bot = stage.another_bot()
    answered(stage, "before", "mentioned")
    alone.sees("I don't know “privately”")
    assert stage.tom.count("I was away for a while") == 0


def test_after_a_long_silence_a_space_is_told_once_that_presses_may_be_lost(
    stage: Stage,
) -> None:
    stage.tom.says("before")
    answered(stage, "before")
    stage.bot.stop()
    stage._bots.clear()
    with stage.database.transaction() as session:
        for beat in session.exec(select(Beat)):
            beat.until = queue_now() - timedelta(minutes=10)
    stage.tom.says("mentioned")
    stage.bot = stage.another_bot()
    stage.another_bot()
    answered(stage, "mentioned")
    stage.tom.sees("I was away for a while")
    stage.idle()
    assert stage.tom.count("I was away for a while") == 1
    assert stage.petra.count("I was away for a while") == 0


# ------------------------------------------------------------------ edits


def show(stage: Stage, trial: Trial) -> Message:
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees(trial.code)
    stage.idle()
    return card


def add_note(stage: Stage, trial: Trial, text: str) -> Message:
    """Add a note from the current card; the card shown afterwards."""
    with stage.database.reading() as session:
        slot = session.exec(
            select(Slot).where(col(Slot.name).startswith(f"trial/{trial.id}/card/"))
        ).one()
    card = next(message for message in stage.tom.messages() if message.id == slot.message_id)
    card.submits({"form": "trial.note", "trial": trial.id, "text": text})
    found = stage.tom.sees("Note added.", trial.code)
    stage.idle()
    return found


def test_cards_that_cannot_be_edited_are_posted_again_and_the_old_ones_deleted(
    stage: Stage,
) -> None:
    trial = stage.a_trial()
    first = show(stage, trial)
    stage.fault("PUT /v1/messages", "edit-card-refused")
    second = add_note(stage, trial, "one")
    assert second.id != first.id
    assert first.id not in {message.id for message in stage.tom.messages()}
    third = add_note(stage, trial, "two")
    assert [m.id for m in stage.tom.messages() if m.card and m.holds("Note added.")] == [third.id]


def test_after_ten_edits_the_card_is_posted_again(stage: Stage) -> None:
    trial = stage.a_trial()
    first = show(stage, trial)
    ids = [add_note(stage, trial, f"note {n}").id for n in range(11)]
    assert ids[:10] == [first.id] * 10
    assert ids[10] != first.id
    assert first.id not in {message.id for message in stage.tom.messages()}
    assert calls(stage, "PUT", 400) == 0


def test_a_press_on_a_card_that_is_just_being_replaced_is_still_answered(stage: Stage) -> None:
    trial = stage.a_trial()
    first = show(stage, trial)
    stage.fault("POST /v1/messages", "latency", delay=1.0, times=1)
    stage.tom.says(f"show {trial.code}")
    stage.tom.sees(trial.code)
    first.submits({"form": "trial.note", "trial": trial.id, "text": "just then"})
    stage.tom.sees("Note added.", trial.code)
    stage.idle()
    (last,) = [message for message in stage.tom.messages() if message.card]
    last.shows("Note added.", trial.code)


def test_a_deleted_card_is_posted_again(stage: Stage) -> None:
    trial = stage.a_trial()
    first = show(stage, trial)
    stage.webex.world.delete_message(
        stage.webex.world.people[stage.cast["bot"]["personId"]], first.id
    )
    again = show(stage, trial)
    assert again.id != first.id


# ------------------------------------------------------------------ bugs


def test_a_message_that_breaks_the_bot_is_buried_and_later_ones_arrive(stage: Stage) -> None:
    with stage.database.transaction() as session:
        outbox.put(session, [Say(To("pigeon:7"), "Coo")], now=queue_now())
    wait_for(lambda: letters(stage, "Coo")[0].outcome == "buried", "it was never buried", PATIENCE)
    (letter,) = letters(stage, "Coo")
    assert "KeyError" in letter.error
    stage.tom.says("peace")
    answered(stage, "peace")
