"""Whether a press may replace the message that was pressed."""

from typing import Any

import pytest
from sqlalchemy import delete

from store.database.database import Database
from store.queues import outbox, sent, slots
from store.queues.leases import OUTBOX
from store.queues.outbox import Source
from store.queues.slots import SLOTS
from store.say import Say, To
from tests.store.queues.test_queue import HERE, NOW, letters, post, put, send

TOM, VIKTOR = 7, 8
MINE = f"trial/1/card/{TOM}"
BELL = "trial/1/bell"


def by(person_id: int | None, pressed: str | None = None, *, direct: bool = False) -> Source:
    return Source("room", direct, person_id, pressed)


def answered(database: Database, message_id: str, source: Source, **more: Any) -> None:
    """Deliver an answer to a word."""
    put(database, Say(HERE, "card", **more), source=source)
    (letter,) = letters(database)
    send(database, letter, message_id)


def calls(
    database: Database, source: Source, *, changed: int | None = None, **more: Any
) -> list[tuple[str, str | None]]:
    """What an answer to a press becomes, in the order in which it is sent."""
    with database.transaction() as session:
        if changed is not None:
            outbox.note_change(session, changed)
        outbox.put(session, [Say(HERE, "answer", replace=True, **more)], now=NOW, source=source)
    found = []
    while rows := letters(database):
        for n, letter in enumerate(rows):
            found.append((letter.call, letter.message_id))
            if letter.call == "delete":
                with database.writing() as connection:
                    connection.execute(delete(OUTBOX).where(OUTBOX.c.id == letter.id))
            else:
                send(database, letter, letter.message_id if letter.call == "put" else f"new{n}")
    return found


def test_ones_own_message_is_replaced(database: Database) -> None:
    answered(database, "m1", by(TOM), slot=MINE)
    assert calls(database, by(TOM, "m1"), slot=MINE) == [("put", "m1")]
    assert calls(database, by(TOM, "m1"), slot=MINE) == [("put", "m1")], "it stays one's own"


def test_ones_own_message_without_a_slot_is_replaced(database: Database) -> None:
    answered(database, "m1", by(TOM))
    assert calls(database, by(TOM, "m1")) == [("put", "m1")]


@pytest.mark.parametrize("changed", [None, 1])
def test_somebody_elses_message_stays(database: Database, changed: int | None) -> None:
    answered(database, "m1", by(TOM), slot=MINE, trial_id=1)
    theirs = f"trial/1/card/{VIKTOR}"
    given: dict[str, Any] = {"slot": theirs, "trial_id": 1, "changed": changed}
    assert calls(database, by(VIKTOR, "m1"), **given) == [("post", None)]
    assert calls(database, by(None, "m1"), **given) != [("put", "m1")]


def test_an_answer_to_nobody_is_everyones_and_stays(database: Database) -> None:
    answered(database, "m1", by(None), trial_id=1)
    assert calls(database, by(TOM, "m1"), trial_id=1, changed=1) == [("post", None)]


def test_news_stays(database: Database) -> None:
    put(database, Say(To.trial(1), "declined", trial_id=1), source=by(TOM))
    (letter,) = letters(database)
    assert letter.owner is None
    send(database, letter, "m1")
    assert calls(database, by(TOM, "m1"), trial_id=1, changed=1) == [("post", None)]


@pytest.mark.parametrize(
    ("about", "changed", "replaced"),
    [(1, 1, True), (1, None, False), (1, 2, False), (2, 2, False), (None, 1, False)],
)
def test_a_reminder_is_replaced_by_the_change_of_its_trial(
    database: Database, *, about: int | None, changed: int | None, replaced: bool
) -> None:
    post(database, Say(HERE, "bell", slot=BELL, trial_id=1), "m1", bell=True)
    given: dict[str, Any] = {"slot": MINE, "trial_id": about, "changed": changed}
    expected = ("put", "m1") if replaced else ("post", None)
    assert calls(database, by(TOM, "m1"), **given) == [expected]
    with database.reading() as session:
        stands = slots.slot(session.connection(), HERE.address, BELL)
    assert stands is not None
    assert (stands.message_id == "m1") is not replaced, "what it has become isn't the reminder"


def test_a_morning_card_is_about_no_single_trial_and_stays(database: Database) -> None:
    post(database, Say(HERE, "3 reminders", slot="space/1/morning"), "m1", bell=True)
    assert calls(database, by(TOM, "m1"), trial_id=1, changed=1) == [("post", None)]
    assert calls(database, by(TOM, "m1"), changed=1) == [("post", None)]


def test_what_a_reminder_has_become_belongs_to_who_pressed_it(database: Database) -> None:
    post(database, Say(HERE, "bell", slot=BELL, trial_id=1), "m1", bell=True)
    assert calls(database, by(TOM, "m1"), slot=MINE, trial_id=1, changed=1) == [("put", "m1")]
    assert calls(database, by(VIKTOR, "m1"), trial_id=1, changed=1) == [("post", None)]
    assert calls(database, by(TOM, "m1"), slot=MINE, trial_id=1) == [("put", "m1")]


def test_an_unknown_message_stays(database: Database) -> None:
    given: dict[str, Any] = {"slot": MINE, "trial_id": 1, "changed": 1}
    assert calls(database, by(TOM, "m1"), **given) == [("post", None)]


def test_a_message_of_the_former_release_stays(database: Database) -> None:
    post(database, Say(HERE, "card", slot="trial/1/summary", trial_id=1), "m1")
    assert calls(database, by(TOM, "m1"), slot=MINE, trial_id=1, changed=1) == [("post", None)]


def test_a_slot_knows_its_owner_when_the_outbox_was_pruned(database: Database) -> None:
    answered(database, "m1", by(TOM), slot=MINE)
    with database.writing() as connection:
        connection.execute(delete(OUTBOX))
    assert calls(database, by(VIKTOR, "m1")) == [("post", None)]
    assert calls(database, by(TOM, "m1"), slot=MINE) == [("put", "m1")]


def test_one_to_one_everything_is_replaced(database: Database) -> None:
    post(database, Say(HERE, "bell", slot=BELL, trial_id=1), "m1", bell=True)
    assert calls(database, by(TOM, "m1", direct=True), trial_id=2) == [("put", "m1")]
    assert calls(database, by(TOM, "unknown", direct=True)) == [("put", "unknown")]


def test_a_newer_card_of_ones_own_makes_the_pressed_one_go(database: Database) -> None:
    answered(database, "m1", by(TOM), slot=MINE)
    answered(database, "m2", by(TOM))
    found = calls(database, by(TOM, "m2"), slot=MINE)
    assert found[0] == ("post", None)
    assert set(found[1:]) == {("delete", "m1"), ("delete", "m2")}


def test_a_message_that_becomes_another_leaves_its_slot(database: Database) -> None:
    answered(database, "m1", by(TOM), slot=MINE)
    other = f"trial/2/card/{TOM}"
    assert calls(database, by(TOM, "m1"), slot=other) == [("put", "m1")]
    with database.reading() as session:
        run = session.connection().execute
        found = {row.name: row.message_id for row in run(SLOTS.select())}
    assert found == {MINE: "", other: "m1"}


def test_a_reminder_shortened_to_a_line_stays(database: Database) -> None:
    post(database, Say(HERE, "bell", slot=BELL, trial_id=1), "m1", bell=True)
    with database.transaction() as session:
        sent.shrink(session, HERE.address, [BELL], now=NOW)
    (letter,) = letters(database, of_reminders=True)
    send(database, letter, "m1")
    assert calls(database, by(TOM, "m1"), trial_id=1, changed=1) == [("post", None)]


def test_an_answer_elsewhere_never_touches_the_pressed_message(database: Database) -> None:
    answered(database, "m1", by(TOM), slot=MINE)
    with database.transaction() as session:
        say = Say(To.room("elsewhere"), "answer", replace=True, slot=MINE)
        outbox.put(session, [say], now=NOW, source=by(TOM, "m1"))
    (letter,) = letters(database)
    assert (letter.address, letter.message_id, letter.owner) == ("room:elsewhere", None, None)
