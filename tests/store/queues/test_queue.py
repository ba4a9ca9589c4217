"""Claims, leases and lanes, on both databases."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from sqlalchemy import select

from store.database.database import Database
from store.queues import inbox, leases, outbox, sent, slots
from store.queues.inbox import Event, receive
from store.queues.leases import INBOX, OUTBOX, WITHDRAWN
from store.queues.sent import Delivered
from store.say import Say, To

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
NUMBERS = count()


def tell(database: Database, *ids: str, person: str = "olga", room: str = "room") -> None:
    with database.writing() as connection:
        for object_id in ids:
            event = Event("messages", "created", object_id, person, room)
            assert receive(connection, event, received_at=NOW, now=NOW) is not None


def claim(
    database: Database,
    *,
    at: datetime = NOW,
    limit: int = 10,
    owner: str = "desk1",
    **more: Any,
) -> list[Any]:
    given = {"token": f"{owner}-{next(NUMBERS)}", "now": at, "until": at + LEASE, "limit": limit}
    with database.writing() as connection:
        return inbox.claim(connection, **given, **more)


def ids(rows: list[Any]) -> list[str]:
    return [row.object_id for row in rows]


def test_an_event_received_twice_is_stored_once(database: Database) -> None:
    tell(database, "a")
    with database.writing() as connection:
        again = receive(connection, Event("messages", "created", "a"), received_at=NOW, now=NOW)
    assert again is None


def test_an_event_whose_id_is_spelled_differently_is_the_same_event(database: Database) -> None:
    uuid = "5d6f3c1e-6f0a-4f58-9d0c-7b1f2f0c6a11"
    ways = [f"ciscospark://{where}/MESSAGE/{uuid}" for where in ("us", "urn:TEAM:us-west-2_r")]
    spelled = [base64.urlsafe_b64encode(way.encode()).decode() for way in ways]
    tell(database, spelled[0].rstrip("="))
    for object_id in (*spelled, uuid, uuid.upper()):
        with database.writing() as connection:
            event = Event("messages", "created", object_id)
            assert receive(connection, event, received_at=NOW, now=NOW) is None


def test_a_membership_with_a_reused_id_is_a_new_event(database: Database) -> None:
    with database.writing() as connection:
        first, second = (
            receive(
                connection,
                Event("memberships", "created", "m", data={"created": when}),
                received_at=NOW,
                now=NOW,
            )
            for when in ("2026-12-01T09:00:00.000Z", "2026-12-02T09:00:00.000Z")
        )
    assert first is not None
    assert second is not None


def test_only_the_head_of_a_lane_can_be_claimed(database: Database) -> None:
    tell(database, "a1", "a2", person="olga")
    tell(database, "b1", person="sam")
    assert ids(claim(database)) == ["a1", "b1"]
    assert claim(database) == []


def test_settling_the_head_frees_the_next_row_of_its_lane(database: Database) -> None:
    tell(database, "a1", "a2")
    (head,) = claim(database)
    with database.writing() as connection:
        assert leases.settle(connection, INBOX, head, now=NOW)
    assert ids(claim(database)) == ["a2"]


def test_an_expired_lease_can_be_claimed_and_its_old_holder_cannot_settle(
    database: Database,
) -> None:
    tell(database, "a1")
    (dead,) = claim(database)
    (living,) = claim(database, at=NOW + LEASE + timedelta(seconds=1))
    with database.writing() as connection:
        assert not leases.settle(connection, INBOX, dead, now=NOW)
        assert not leases.retry(connection, INBOX, dead, at=NOW)
        assert leases.settle(connection, INBOX, living, now=NOW)


def test_a_renewed_lease_does_not_expire(database: Database) -> None:
    tell(database, "a1")
    held = claim(database)
    later = NOW + LEASE + timedelta(seconds=1)
    with database.writing() as connection:
        leases.renew(connection, INBOX, held, until=later + LEASE)
    assert claim(database, at=later) == []


def test_a_released_row_can_be_claimed_immediately(database: Database) -> None:
    tell(database, "a1")
    (held,) = claim(database)
    with database.writing() as connection:
        leases.retry(connection, INBOX, held, at=NOW)
    assert ids(claim(database)) == ["a1"]


def test_a_waiting_head_blocks_its_lane_until_it_is_set_aside(database: Database) -> None:
    tell(database, "a1", "a2")
    (head,) = claim(database)
    with database.writing() as connection:
        leases.retry(connection, INBOX, head, at=NOW + timedelta(hours=1))
    assert claim(database) == []
    with database.writing() as connection:
        leases.set_aside(connection, INBOX, head)
    assert ids(claim(database)) == ["a2"]


def test_events_of_a_paused_resource_are_not_claimed(database: Database) -> None:
    tell(database, "a1")
    assert claim(database, paused=["messages"]) == []
    assert ids(claim(database, paused=["attachmentActions"])) == ["a1"]


def test_concurrent_claims_give_each_row_to_one_worker(database: Database) -> None:
    for n in range(60):
        tell(database, f"m{n}", person=f"person{n}")
    claimed: list[str] = []

    def work() -> None:
        while rows := claim(database, limit=4):
            claimed.extend(ids(rows))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(f"m{n}" for n in range(60))


def test_pruning_deletes_old_settled_rows_but_never_the_last_row(
    database: Database,
) -> None:
    for n in range(4):
        tell(database, f"m{n}", person=f"person{n}")
    with database.writing() as connection:
        for row in claim_all(connection):
            leases.settle(connection, INBOX, row, now=NOW)
        pruned = leases.prune(connection, INBOX, before=NOW + timedelta(seconds=1))
        left = connection.execute(select(INBOX.c.object_id)).scalars().all()
    assert pruned == 3
    assert left == ["m3"]


def claim_all(connection: Any) -> list[Any]:
    return inbox.claim(connection, token="desk1-0", now=NOW, until=NOW + LEASE, limit=100)


def test_a_buried_row_can_be_revived_at_the_tail(database: Database) -> None:
    tell(database, "a1")
    (row,) = claim(database)
    with database.writing() as connection:
        leases.bury(connection, INBOX, row, now=NOW, why="no reason")
        (grave,) = leases.buried(connection, INBOX)
        new = leases.bring_back(connection, INBOX, grave, now=NOW)
        assert leases.buried(connection, INBOX) == []
    (back,) = claim(database)
    assert (back.id, back.object_id) == (new, "a1")


# ------------------------------------------------------------------ dead processes


def test_rows_of_a_dead_process_can_be_claimed_immediately(database: Database) -> None:
    tell(database, "a1", person="olga")
    tell(database, "b1", person="sam")
    (dead,) = claim(database, limit=1)
    (living,) = claim(database, owner="desk12")
    assert claim(database) == []
    with database.writing() as connection:
        assert leases.free(connection, "desk1") == 1
    (freed,) = claim(database)
    assert (freed.object_id, freed.outcome) == ("a1", leases.ORPHANED)
    with database.writing() as connection:
        assert not leases.settle(connection, INBOX, dead, now=NOW)
        assert leases.settle(connection, INBOX, living, now=NOW)


def test_events_of_a_lane_become_visible_in_order_of_their_ids(database: Database) -> None:
    """A later event must not be claimed before an earlier one is visible."""
    stop, seen = threading.Event(), []

    def look() -> None:
        while not stop.is_set():
            with database.reading() as session:
                found = select(INBOX.c.id).order_by(INBOX.c.id)
                seen.append(list(session.connection().execute(found).scalars()))

    def work(who: int) -> None:
        for n in range(20):
            event = Event("messages", "created", f"{who}/{n}", "olga", "room")
            with database.writing() as connection:
                receive(connection, event, received_at=NOW, now=NOW)

    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    stop.set()
    looking.join()
    assert all(after[: len(before)] == before for before, after in pairwise(seen))
    assert len(seen[-1]) <= 120
    assert len(ids(claim(database, limit=200))) == 1


# ------------------------------------------------------------------ messages and slots

HERE = To.room("room")


TOM, VIKTOR = 7, 8


def put(database: Database, *says: Say, **more: Any) -> None:
    with database.transaction() as session:
        outbox.put(session, says, now=NOW, **more)


def letters(database: Database, *, of_reminders: bool = False) -> list[Any]:
    with database.writing() as connection:
        return outbox.claim(
            connection,
            of_reminders=of_reminders,
            calls=["post", "put", "delete"],
            token=f"desk1-{next(NUMBERS)}",
            now=NOW,
            until=NOW + LEASE,
            limit=10,
        )


def send(database: Database, letter: Any, message_id: str) -> None:
    with database.writing() as connection:
        assert sent.settle(connection, Delivered(letter, message_id, "room"), now=NOW)


def post(database: Database, say: Say, message_id: str, *, bell: bool = False) -> None:
    put(database, say, bell=bell)
    (letter,) = letters(database, of_reminders=bell)
    send(database, letter, message_id)


def test_answers_and_reminders_have_separate_lanes(database: Database) -> None:
    put(database, Say(HERE, "bell"), bell=True)
    put(database, Say(HERE, "answer"))
    assert [letter.text for letter in letters(database)] == ["answer"]
    assert [letter.text for letter in letters(database, of_reminders=True)] == ["bell"]


def test_a_new_post_in_a_slot_deletes_the_old_message(database: Database) -> None:
    post(database, Say(HERE, "first", slot="trial/1/card/7"), "m1")
    post(database, Say(HERE, "second", slot="trial/1/card/7"), "m2")
    (letter,) = letters(database)
    assert (letter.call, letter.message_id) == ("delete", "m1")


def test_a_new_reminder_shrinks_the_previous_one_to_a_line(database: Database) -> None:
    post(database, Say(HERE, "In 14 days\n\nmore", slot="trial/1/bell"), "m1", bell=True)
    post(database, Say(HERE, "In 7 days", slot="trial/1/bell"), "m2", bell=True)
    (letter,) = letters(database, of_reminders=True)
    assert (letter.call, letter.message_id, letter.text) == ("put", "m1", "In 14 days")


def test_a_message_with_a_lost_lease_is_not_recorded_as_sent(database: Database) -> None:
    put(database, Say(HERE, "lost", slot="trial/1/card/7"))
    (lost,) = letters(database)
    with database.writing() as connection:
        leases.retry(connection, OUTBOX, lost, at=NOW)
        assert not sent.settle(connection, Delivered(lost, "m1", "room"), now=NOW)
        assert slots.slot(connection, HERE.address, "trial/1/card/7") is None
    assert [letter.text for letter in letters(database)] == ["lost"]


def test_the_later_of_two_messages_holds_the_slot(
    database: Database,
) -> None:
    put(database, Say(HERE, "answer", slot="trial/1/card/7"))
    put(database, Say(To.trial(1), "bell", slot="trial/1/card/7"), bell=True)
    both = [*letters(database), *letters(database, of_reminders=True)]
    with database.writing() as connection:
        for letter in both:
            assert sent.settle(connection, Delivered(letter, f"m{letter.id}", "room"), now=NOW)
        stands = slots.slot(connection, HERE.address, "trial/1/card/7")
    assert stands is not None
    assert stands.message_id == f"m{both[1].id}"


def test_a_press_edits_the_pressed_message(database: Database) -> None:
    press = outbox.Source("room", True, TOM, "m1")
    put(database, Say(HERE, "pressed", slot="trial/1/card/7", replace=True), source=press)
    (letter,) = letters(database)
    assert (letter.call, letter.message_id) == ("put", "m1")


def test_a_press_on_an_old_message_posts_anew_and_deletes_the_old_ones(
    database: Database,
) -> None:
    post(database, Say(HERE, "first", slot="trial/1/card/7"), "m2")
    press = outbox.Source("room", True, TOM, "m1")
    put(database, Say(HERE, "pressed", slot="trial/1/card/7", replace=True), source=press)
    (letter,) = letters(database)
    assert letter.call == "post"
    send(database, letter, "m3")
    deleted = set()
    while found := letters(database):
        deleted |= {(letter.call, letter.message_id) for letter in found}
        with database.writing() as connection:
            for letter in found:
                leases.settle(connection, OUTBOX, letter, now=NOW)
    assert deleted == {("delete", "m1"), ("delete", "m2")}


def test_a_slot_at_another_address_is_edited_in_place(database: Database) -> None:
    post(database, Say(To.email("clara@meadow.example"), "ask", slot="consent/5"), "m1")
    put(database, Say(To.email("clara@meadow.example"), "over", slot="consent/5", replace=True))
    (letter,) = letters(database)
    assert letter.call == "put"
    with database.reading() as session:
        stands = slots.slot(session.connection(), letter.address, letter.slot)
    assert stands is not None
    assert (stands.message_id, stands.room_id) == ("m1", "room")


def test_a_message_is_obsolete_if_its_slot_has_a_newer_one_queued(database: Database) -> None:
    put(database, Say(HERE, "old", slot="trial/1/card/7"))
    put(database, Say(HERE, "new", slot="trial/1/card/7"))
    (old,) = letters(database)
    with database.reading() as session:
        assert outbox.is_obsolete(session.connection(), old, None)


def test_a_message_is_obsolete_if_a_newer_one_was_sent_first(database: Database) -> None:
    put(database, Say(HERE, "old", slot="trial/1/card/7"))
    (old,) = letters(database)
    with database.writing() as connection:
        leases.retry(connection, OUTBOX, old, at=NOW + timedelta(hours=1))
        leases.set_aside(connection, OUTBOX, old)
    post(database, Say(HERE, "new", slot="trial/1/card/7"), "m2")
    with database.reading() as session:
        stands = slots.slot(session.connection(), "room:room", "trial/1/card/7")
        assert outbox.is_obsolete(session.connection(), old, stands)


def test_unsent_reminders_of_a_trial_can_be_withdrawn(database: Database) -> None:
    seven, eight = (Say(HERE, str(n), trial_id=n, event=f"r{n}") for n in (7, 8))
    other = Say(HERE, "7 again", trial_id=7, event="r9")
    put(database, seven, eight, other, bell=True)
    with database.transaction() as session:
        outbox.withdraw_reminders(session, 7, ["r7", "r8"], now=NOW)
        left = [letter.text for letter in outbox.unsent(session.connection(), limit=9)]
    assert left == ["8", "7 again"]


@pytest.mark.parametrize("end", ["sent", "failed", "its process died"])
def test_a_reminder_that_is_withdrawn_while_it_is_sent_is_not_tried_again(
    database: Database, end: str
) -> None:
    put(database, Say(HERE, "7", trial_id=7, event="r7"), bell=True)
    (letter,) = letters(database, of_reminders=True)
    with database.transaction() as session:
        outbox.withdraw_reminders(session, 7, ["r7"], now=NOW)
    with database.writing() as connection:
        assert outbox.is_withdrawn(connection, letter)
        if end == "sent":
            assert leases.settle(connection, OUTBOX, letter, now=NOW, outcome="sent")
        elif end == "failed":
            assert leases.retry(connection, OUTBOX, letter, at=NOW, why="503")
        else:
            leases.free(connection, letter.lease.partition("-")[0])
    left = [(each.text, each.outcome) for each in letters(database, of_reminders=True)]
    assert left == ([] if end == "sent" else [("7", WITHDRAWN)])


def test_a_migrated_room_keeps_its_slots_and_messages(database: Database) -> None:
    post(database, Say(HERE, "first", slot="trial/1/card/7"), "m1")
    put(database, Say(HERE, "second"))
    with database.transaction() as session:
        outbox.move_room(session, "room", "moved")
    (letter,) = letters(database)
    assert (letter.address, letter.lane) == ("room:moved", "room:moved/answer")
    with database.reading() as session:
        assert slots.slot(session.connection(), "room:moved", "trial/1/card/7") is not None
