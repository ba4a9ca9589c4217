"""Concurrent changes: on both databases one wins, and nothing is half done."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, func, select

from store.act import Act
from store.database.database import Database, in_transaction
from store.features import consent, start
from store.features.consent import CONSENT_DECIDED
from store.features.extend import extend
from store.features.shared import people
from store.refusals import OLD_CARD, Refused
from store.rules.eligibility import SERVICE_TAKEN
from store.rules.statuses import status
from store.tables import Address, History, Person, Reservation, Trial
from store.terms import Kind, Service, Status
from tests.store.cast import NOW, TODAY, a_form, a_house, a_trial, at, begun, meet


def at_once(database: Database, *acts: Callable[[Session], Any]) -> list[Any]:
    """Run functions in concurrent transactions; return their results or refusals."""
    begin = threading.Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> Any:
        begin.wait(timeout=10)
        try:
            with database.transaction() as session:
                return act(session)
        except Refused as refusal:
            return refusal.reason

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("_", range(3))
def test_one_of_two_partners_saving_concurrently_wins(database: Database, _: int) -> None:
    with database.transaction() as session:
        houses = [a_house(session, name) for name in ("harbour", "summit", "quarry")]
    form = a_form(services=[Service.MESSAGING, Service.MEETINGS, Service.CALLING])

    def save(house: Any) -> Callable[[Session], Any]:
        return lambda session: (
            start.start(
                session,
                form,
                by=session.merge(house.admin),
                space=session.merge(house.space),
                now=NOW,
            ).trial.partner_id
        )

    results = at_once(database, *(save(house) for house in houses))
    winners = [result for result in results if isinstance(result, int)]
    assert len(winners) == 1
    assert results.count(SERVICE_TAKEN) == 2
    with database.reading() as session:
        assert session.exec(select(Trial.partner_id)).all() == winners
        assert len(session.exec(select(Reservation)).all()) == 3


def test_one_of_two_concurrent_consent_presses_decides(database: Database) -> None:
    with database.transaction() as session:
        named = ["clara@meadow.example", "samir@meadow.example"]
        form: dict[str, Any] = {"administrator": "lena@meadow.example"}
        form |= {"administrator_is_full": False, "full_administrators": named}
        started = begun(session, a_house(session), kind=Kind.EXISTING, **form)
        asked = [
            (card.id, meet(session, card.email, "org-meadow")) for card in started.consents[1:]
        ]

    def press(card_id: int, by: Person, accept: bool) -> Callable[[Session], Any]:
        facts = {"room_id": "r", "direct": True, "accept": accept, "full_access": True}
        return lambda session: consent.decide(session, card_id, Act(by, at(1)), **facts)

    yes, no = press(*asked[0], True), press(*asked[1], False)
    results = at_once(database, yes, no)
    assert results.count(CONSENT_DECIDED) == 1
    accepted = results[1] is CONSENT_DECIDED
    with database.reading() as session:
        shown = status(session.exec(select(Trial)).one(), TODAY)
        assert shown is (Status.ACCEPTED_HERE if accepted else Status.DECLINED_HERE)


def test_two_presses_on_one_card_extend_the_trial_once(database: Database) -> None:
    with database.transaction() as session:
        house = a_house(session)
        trial = a_trial(session, house)

    def press(session: Session) -> Any:
        day = date(2026, 12, 21)
        facts = {"act": Act(house.admin, at(20), trial.version), "days": 30, "done_on": day}
        return extend(session, trial.id, **facts)

    results = at_once(database, press, press, press)
    assert results.count(OLD_CARD) == 2
    with database.reading() as session:
        assert session.exec(select(Trial.extensions)).one() == 1
        lines = select(func.count()).where(History.what == "extended")
        assert session.exec(lines).one() == 1


def test_meeting_a_person_in_several_rooms_concurrently_stores_one(database: Database) -> None:
    def see(session: Session) -> Any:
        facts = {"emails": ["new@x.example"], "name": "New", "org_id": "x", "now": NOW}
        return people.meet(session, "new", **facts)

    at_once(database, see, see, see, see)
    with database.reading() as session:
        assert len(session.exec(select(Person)).all()) == 1
        assert len(session.exec(select(Address)).all()) == 1


def test_only_the_thread_that_holds_a_transaction_is_in_one(database: Database) -> None:
    seen = []
    with database.transaction():
        other = threading.Thread(target=lambda: seen.append(in_transaction()))
        other.start()
        other.join()
        assert in_transaction()
    with database.reading():
        assert in_transaction()
    assert not in_transaction()
    assert seen == [False]


def test_a_reader_cannot_write_and_does_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as writer:
        writer.add(Person(email="w@x.example"))
        writer.flush()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(count, database).result(timeout=5) == 0
    assert count(database) == 1
    with database.reading() as session:
        session.add(Person(email="r@x.example"))
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.flush()


def count(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Person)).one()


def test_a_failed_transaction_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            a_house(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count(database) == 0
