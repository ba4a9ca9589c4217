"""Claims, leases and lanes, on both databases."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, select

from store.database.database import Database
from store.database.together import OneByOne
from store.queues import leases, outbox, slots
from store.queues.inbox import Event, receive
from store.queues.leases import INBOX, OUTBOX, Lease
from store.queues.outbox import Delivered, Spoken
from store.say import Say, To
from tests.people import wait_for

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def tell(database: Database, *ids: str, person: str = "olga", room: str = "room") -> None:
    with database.statements() as connection:
        for object_id in ids:
            event = Event("messages", "created", object_id, person, room)
            assert receive(connection, event, received_at=NOW, now=NOW) is not None


def claim(database: Database, *, at: datetime = NOW, limit: int = 10, **more: Any) -> list[Any]:
    with database.statements() as connection:
        return leases.claim_events(connection, now=at, until=at + LEASE, limit=limit, **more)


def ids(rows: list[Any]) -> list[str]:
    return [row.object_id for row in rows]


def test_an_event_that_is_told_twice_is_stored_once(database: Database) -> None:
    tell(database, "a")
    with database.statements() as connection:
        again = receive(connection, Event("messages", "created", "a"), received_at=NOW, now=NOW)
    assert again is None


def test_a_membership_whose_id_comes_back_is_a_new_event(database: Database) -> None:
    with database.statements() as connection:
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


def test_the_next_of_a_lane_follows_when_the_head_is_settled(database: Database) -> None:
    tell(database, "a1", "a2")
    (head,) = claim(database)
    with database.statements() as connection:
        assert leases.settle(connection, INBOX, head, now=NOW)
    assert ids(claim(database)) == ["a2"]


def test_a_lease_that_ran_out_can_be_claimed_and_its_first_holder_settles_no_more(
    database: Database,
) -> None:
    tell(database, "a1")
    (dead,) = claim(database)
    (living,) = claim(database, at=NOW + LEASE + timedelta(seconds=1))
    with database.statements() as connection:
        assert not leases.settle(connection, INBOX, dead, now=NOW)
        assert not leases.again(connection, INBOX, dead, at=NOW)
        assert leases.settle(connection, INBOX, living, now=NOW)


def test_a_renewed_lease_does_not_run_out(database: Database) -> None:
    tell(database, "a1")
    held = claim(database)
    later = NOW + LEASE + timedelta(seconds=1)
    with database.statements() as connection:
        leases.renew(connection, INBOX, held, until=later + LEASE)
    assert claim(database, at=later) == []


def test_a_released_row_can_be_claimed_at_once(database: Database) -> None:
    tell(database, "a1")
    held = claim(database)
    with database.statements() as connection:
        leases.release(connection, INBOX, held)
    assert ids(claim(database)) == ["a1"]


def test_a_waiting_head_holds_its_lane_until_it_is_set_aside(database: Database) -> None:
    tell(database, "a1", "a2")
    (head,) = claim(database)
    with database.statements() as connection:
        leases.again(connection, INBOX, head, at=NOW + timedelta(hours=1))
    assert claim(database) == []
    with database.statements() as connection:
        leases.set_aside(connection, INBOX, head)
    assert ids(claim(database)) == ["a2"]


def test_what_webex_paused_is_left_alone(database: Database) -> None:
    tell(database, "a1")
    assert claim(database, paused=["messages"]) == []
    assert ids(claim(database, paused=["attachmentActions"])) == ["a1"]


def test_of_many_who_claim_at_once_each_row_goes_to_one(database: Database) -> None:
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


def test_pruning_forgets_what_was_settled_long_ago_but_never_the_last_row(
    database: Database,
) -> None:
    for n in range(4):
        tell(database, f"m{n}", person=f"person{n}")
    with database.statements() as connection:
        for row in claim_all(connection):
            leases.settle(connection, INBOX, row, now=NOW)
        pruned = leases.prune(connection, INBOX, before=NOW + timedelta(seconds=1))
        left = connection.execute(select(INBOX.c.object_id)).scalars().all()
    assert pruned == 3
    assert left == ["m3"]


def claim_all(connection: Any) -> list[Any]:
    return leases.claim_events(connection, now=NOW, until=NOW + LEASE, limit=100)


def test_what_was_buried_can_be_brought_back_at_the_tail(database: Database) -> None:
    tell(database, "a1")
    (row,) = claim(database)
    with database.statements() as connection:
        leases.bury(connection, INBOX, row, now=NOW, why="no reason")
        (grave,) = leases.buried(connection, INBOX)
        new = leases.bring_back(connection, INBOX, grave, now=NOW)
        assert leases.buried(connection, INBOX) == []
    (back,) = claim(database)
    assert (back.id, back.object_id) == (new, "a1")


# ------------------------------------------------------------------ rows that come with a lease


def mine() -> Lease:
    return Lease(leases.new_token(), NOW + LEASE)


def receive_leased(database: Database, object_id: str) -> Any:
    event = Event("messages", "created", object_id, "olga", "room")
    with database.statements() as connection:
        return receive(connection, event, received_at=NOW, now=NOW, lease=mine())


def test_an_event_that_comes_with_a_lease_is_nobody_elses_until_it_runs_out(
    database: Database,
) -> None:
    row = receive_leased(database, "a1")
    if not database.is_sqlite:
        assert row.lease is None
        assert ids(claim(database)) == ["a1"]
        return
    assert row.lease
    assert claim(database) == []
    (orphan,) = claim(database, at=NOW + LEASE + timedelta(seconds=1))
    assert orphan.object_id == "a1"
    with database.statements() as connection:
        assert not leases.settle(connection, INBOX, row, now=NOW)


def test_behind_an_open_event_of_its_lane_it_gets_none(database: Database) -> None:
    tell(database, "a1")
    second = receive_leased(database, "a2")
    assert second.lease is None
    assert ids(claim(database)) == ["a1"]


def test_an_event_that_was_told_before_gets_no_second_lease(database: Database) -> None:
    first = receive_leased(database, "a1")
    (held,) = [first] if first.lease else claim(database)
    with database.statements() as connection:
        assert leases.settle(connection, INBOX, held, now=NOW)
    assert receive_leased(database, "a1") is None


def test_events_of_a_lane_are_seen_in_the_order_of_their_numbers(database: Database) -> None:
    """A later one must not be claimed before an earlier one is there."""
    stop, seen = threading.Event(), []

    def look() -> None:
        while not stop.is_set():
            with database.reading() as session:
                found = select(INBOX.c.id).order_by(INBOX.c.id)
                seen.append(list(session.connection().execute(found).scalars()))

    def work(who: int) -> None:
        for n in range(20):
            event = Event("messages", "created", f"{who}/{n}", "olga", "room")
            database.statement(partial(receive, event=event, received_at=NOW, now=NOW))

    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    stop.set()
    looking.join()
    assert all(after[: len(before)] == before for before, after in pairwise(seen))
    assert len(seen[-1]) <= 120
    assert len(ids(claim(database, limit=200))) == 1


def test_of_several_who_put_together_one_a_lane_may_send(database: Database) -> None:
    there, leases = To.room("there"), [mine() for _ in range(4)]
    says = [[Say(HERE, "one"), Say(HERE, "two")], [Say(HERE, "three")], [Say(there, "four")], []]
    spoken = [
        Spoken(said, f"e{n}", lease)
        for n, (said, lease) in enumerate(zip(says, leases, strict=True))
    ]
    with database.transaction() as session:
        puts = outbox.put_all(session, spoken, now=NOW)
    assert [put.mine.text if put.mine else None for put in puts] == ["one", None, "four", None]
    assert [put.waiting for put in puts] == [1, 1, 0, 0]
    assert [put.mine.event for put in puts if put.mine] == ["e0", "e2"]
    with database.reading() as session:
        texts = select(OUTBOX.c.text).where(OUTBOX.c.address == HERE.address).order_by(OUTBOX.c.id)
        assert list(session.connection().execute(texts).scalars()) == ["one", "two", "three"]
    assert letters(database) == []


# ------------------------------------------------------------------ several at once


def test_rows_that_are_settled_together_say_each_whether_their_lease_held(
    database: Database,
) -> None:
    for person in ("olga", "sam", "tina"):
        tell(database, person, person=person)
    rows = claim(database)
    stale = claim(database, at=NOW + LEASE + timedelta(seconds=1), limit=1)
    twice = [*rows, *stale]
    with database.statements() as connection:
        held = leases.settle_all(connection, INBOX, twice, now=NOW)
    assert held == [False, True, True, True]
    with database.statements() as connection:
        assert leases.settle_all(connection, INBOX, twice, now=NOW) == [False] * 4
    with database.reading() as session:
        ends = session.connection().execute(select(INBOX.c.outcome, INBOX.c.lease)).all()
    assert ends == [("done", None)] * 3


def test_who_renews_never_waits_for_a_row_that_is_being_ended(postgres_url: str) -> None:
    """Two who each hold what the other wants would be a deadlock."""
    postgres = Database(postgres_url)
    tell(postgres, "a1", person="olga")
    tell(postgres, "b1", person="sam")
    ending, other = claim(postgres)
    later = NOW + 2 * LEASE
    with postgres.statements() as connection:
        assert leases.settle(connection, INBOX, ending, now=NOW)
        renew = partial(leases.renew, table=INBOX, rows=[ending, other], until=later)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(postgres.statement, renew).result(timeout=5)
    with postgres.reading() as session:
        rows = session.connection().execute(select(INBOX).order_by(INBOX.c.id)).all()
    assert [(row.outcome, row.leased_until) for row in rows] == [("done", None), ("", later)]
    postgres.close()


def test_whoever_puts_a_letter_may_send_it_himself_if_it_is_the_first_of_its_lane(
    database: Database,
) -> None:
    with database.transaction() as session:
        both = [Say(HERE, "one"), Say(HERE, "two")]
        first = outbox.put(session, both, now=NOW, lease=mine())
    assert first.mine is not None
    assert (first.mine.text, first.waiting) == ("one", 1)
    assert letters(database) == []
    with database.transaction() as session:
        behind = outbox.put(session, [Say(HERE, "three")], now=NOW, lease=mine())
    assert (behind.mine, behind.waiting) == (None, 1)
    send(database, first.mine, "m1")
    assert [letter.text for letter in letters(database)] == ["two"]


def test_of_many_who_put_into_a_lane_at_once_only_the_first_may_send(database: Database) -> None:
    held: list[Any] = []

    def work() -> None:
        for _ in range(5):
            with database.transaction() as session:
                put = outbox.put(session, [Say(HERE, "me")], now=NOW, lease=mine())
            held.append(put.mine)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (first,) = [letter for letter in held if letter]
    with database.reading() as session:
        numbers = session.connection().execute(select(OUTBOX.c.id)).scalars().all()
    assert len(held) == len(numbers) == 30
    assert first.id == min(numbers)


# ------------------------------------------------------------------ letters and slots

HERE = To.room("room")


def put(database: Database, *says: Say, **more: Any) -> None:
    with database.transaction() as session:
        outbox.put(session, says, now=NOW, **more)


def letters(database: Database, *, bells: bool = False) -> list[Any]:
    with database.statements() as connection:
        return leases.claim_letters(
            connection,
            bells=bells,
            calls=["post", "put", "delete"],
            now=NOW,
            until=NOW + LEASE,
            limit=10,
        )


def send(database: Database, letter: Any, message_id: str) -> None:
    with database.statements() as connection:
        [done] = outbox.sent(connection, [Delivered(letter, message_id, "room")], now=NOW)
        assert done is not None


def post(database: Database, say: Say, message_id: str, *, bell: bool = False) -> None:
    put(database, say, bell=bell)
    (letter,) = letters(database, bells=bell)
    send(database, letter, message_id)


def test_answers_go_before_reminders_in_a_lane_of_their_own(database: Database) -> None:
    put(database, Say(HERE, "bell"), bell=True)
    put(database, Say(HERE, "answer"))
    assert [letter.text for letter in letters(database)] == ["answer"]
    assert [letter.text for letter in letters(database, bells=True)] == ["bell"]


def test_a_new_post_in_a_slot_has_the_old_one_deleted(database: Database) -> None:
    post(database, Say(HERE, "first", slot="trial/1/summary"), "m1")
    post(database, Say(HERE, "second", slot="trial/1/summary"), "m2")
    (letter,) = letters(database)
    assert (letter.call, letter.message_id) == ("delete", "m1")


def test_a_new_reminder_lets_the_former_one_shrink_to_a_line(database: Database) -> None:
    post(database, Say(HERE, "In 14 days\n\nmore", slot="trial/1/bell"), "m1", bell=True)
    post(database, Say(HERE, "In 7 days", slot="trial/1/bell"), "m2", bell=True)
    (letter,) = letters(database, bells=True)
    assert (letter.call, letter.message_id, letter.text) == ("put", "m1", "In 14 days")


def test_letters_that_were_sent_together_end_each_with_what_follows_of_it(
    database: Database,
) -> None:
    post(database, Say(HERE, "first", slot="trial/1/summary"), "m1")
    elsewhere = To.room("elsewhere")
    put(database, Say(HERE, "second", slot="trial/1/summary"), Say(elsewhere, "plain"))
    put(database, Say(To.email("clara@meadow.example"), "ask", slot="consent/5"))
    second, plain, ask = sorted(letters(database), key=lambda letter: letter.id)
    together = [
        Delivered(second, "m2", "room"),
        Delivered(plain, "m3", "elsewhere"),
        Delivered(ask, "m4", "one to one"),
    ]
    with database.statements() as connection:
        assert outbox.sent(connection, together, now=NOW) == [1, 0, 0]
        places = [slots.Place(HERE.address, "trial/1/summary", "room")]
        places.append(slots.Place(ask.address, "consent/5", ""))
        stand = [row.message_id if row else None for row in slots.slots(connection, places)]
        assert stand == ["m2", "m4"]
    (letter,) = letters(database)
    assert (letter.call, letter.message_id, letter.lane) == ("delete", "m1", second.lane)


def test_if_one_of_several_letters_has_lost_its_lease_each_is_written_down_by_itself(
    database: Database,
) -> None:
    put(database, Say(HERE, "kept"), Say(To.room("elsewhere"), "lost"))
    kept, lost = sorted(letters(database), key=lambda letter: letter.id)
    with database.statements() as connection:
        leases.release(connection, OUTBOX, [lost])
    write_down = partial(outbox.sent, now=NOW)
    both = [Delivered(kept, "m1", "room"), Delivered(lost, "m2", "elsewhere")]
    with pytest.raises(OneByOne), database.statements() as connection:
        write_down(connection, both)
    with database.statements() as connection:
        assert [write_down(connection, [each]) for each in both] == [[0], [None]]
    assert [letter.text for letter in letters(database)] == ["lost"]


def test_who_shares_with_a_lost_lease_is_written_down_all_the_same(database: Database) -> None:
    rooms = [f"room {n}" for n in range(6)]
    put(database, *(Say(To.room(room), room, slot="trial/1/summary") for room in rooms))
    claimed = sorted(letters(database), key=lambda letter: letter.id)
    with database.statements() as connection:
        leases.release(connection, OUTBOX, claimed[3:4])
    begun = threading.Semaphore(0)

    def change(connection: Connection, delivered: Sequence[Delivered]) -> list[int | None]:
        wait_for(lambda: begun._value >= len(claimed), "they never began")
        return outbox.sent(connection, delivered, now=NOW)

    write_down = database.sharing(change)

    def one(letter: Any) -> int | None:
        begun.release()
        return write_down(Delivered(letter, f"m{letter.id}", letter.text))

    with ThreadPoolExecutor(len(claimed)) as pool:
        assert list(pool.map(one, claimed)) == [0, 0, 0, None, 0, 0]
    with database.reading() as session:
        places = [slots.Place(letter.address, letter.slot, letter.text) for letter in claimed]
        stand = slots.slots(session.connection(), places)
    assert [row.message_id if row else None for row in stand] == [
        None if n == 3 else f"m{letter.id}" for n, letter in enumerate(claimed)
    ]
    assert [letter.text for letter in letters(database)] == ["room 3"]


def test_two_letters_of_one_slot_are_not_written_down_together(database: Database) -> None:
    put(database, Say(HERE, "answer", slot="trial/1/summary"))
    put(database, Say(To.trial(1), "bell", slot="trial/1/summary"), bell=True)
    both = [*letters(database), *letters(database, bells=True)]
    sent = [Delivered(letter, f"m{letter.id}", "room") for letter in both]
    with pytest.raises(OneByOne), database.statements() as connection:
        outbox.sent(connection, sent, now=NOW)
    with database.statements() as connection:
        assert outbox.sent(connection, sent[:1], now=NOW) == [0]
        assert outbox.sent(connection, sent[1:], now=NOW) == [1]


def test_a_press_edits_the_pressed_message(database: Database) -> None:
    pressed = outbox.Pressed("room", "m1")
    put(database, Say(HERE, "pressed", slot="trial/1/summary", replace=True), pressed=pressed)
    (letter,) = letters(database)
    assert (letter.call, letter.message_id) == ("put", "m1")


def test_a_press_on_an_old_message_gets_a_new_post_and_the_old_one_goes(
    database: Database,
) -> None:
    post(database, Say(HERE, "first", slot="trial/1/summary"), "m2")
    pressed = outbox.Pressed("room", "m1")
    put(database, Say(HERE, "pressed", slot="trial/1/summary", replace=True), pressed=pressed)
    (letter,) = letters(database)
    assert letter.call == "post"
    send(database, letter, "m3")
    deleted = set()
    while found := letters(database):
        deleted |= {(letter.call, letter.message_id) for letter in found}
        with database.statements() as connection:
            for letter in found:
                leases.settle(connection, OUTBOX, letter, now=NOW)
    assert deleted == {("delete", "m1"), ("delete", "m2")}


def test_a_slot_elsewhere_is_edited_where_it_stands(database: Database) -> None:
    post(database, Say(To.email("clara@meadow.example"), "ask", slot="consent/5"), "m1")
    put(database, Say(To.email("clara@meadow.example"), "over", slot="consent/5", replace=True))
    (letter,) = letters(database)
    assert letter.call == "put"
    with database.reading() as session:
        stands = slots.slot(session.connection(), letter.address, letter.slot)
    assert stands is not None
    assert (stands.message_id, stands.room_id) == ("m1", "room")


def test_a_letter_whose_slot_has_a_newer_one_is_obsolete(database: Database) -> None:
    put(database, Say(HERE, "old", slot="trial/1/summary"))
    put(database, Say(HERE, "new", slot="trial/1/summary"))
    (old,) = letters(database)
    with database.reading() as session:
        assert outbox.is_obsolete(session.connection(), old, None)


def test_a_letter_that_comes_after_its_follower_is_obsolete(database: Database) -> None:
    put(database, Say(HERE, "old", slot="trial/1/summary"))
    (old,) = letters(database)
    with database.statements() as connection:
        leases.again(connection, OUTBOX, old, at=NOW + timedelta(hours=1))
        leases.set_aside(connection, OUTBOX, old)
    post(database, Say(HERE, "new", slot="trial/1/summary"), "m2")
    with database.reading() as session:
        stands = slots.slot(session.connection(), "room:room", "trial/1/summary")
        assert outbox.is_obsolete(session.connection(), old, stands)


def test_unsent_reminders_of_a_trial_can_be_withdrawn(database: Database) -> None:
    put(database, Say(HERE, "7", trial_id=7), Say(HERE, "8", trial_id=8), bell=True)
    with database.transaction() as session:
        assert outbox.withdraw_bells(session, 7, now=NOW) == 1
    assert [letter.text for letter in letters(database, bells=True)] == ["8"]


def test_a_migrated_room_keeps_its_slots_and_letters(database: Database) -> None:
    post(database, Say(HERE, "first", slot="trial/1/summary"), "m1")
    put(database, Say(HERE, "second"))
    with database.transaction() as session:
        outbox.move_room(session, "room", "moved")
    (letter,) = letters(database)
    assert (letter.address, letter.lane) == ("room:moved", "room:moved/answer")
    with database.reading() as session:
        assert slots.slot(session.connection(), "room:moved", "trial/1/summary") is not None
