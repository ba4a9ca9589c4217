"""With 100,000 trials no query on a hot path reads a whole table, on both databases."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlmodel import Session, select

from store.act import Act
from store.codes import code
from store.database.database import Database
from store.features import consent, digest, report, spaces
from store.features.extend import extend
from store.features.shared import people, reading
from store.queues import inbox, leases, outbox, reminders, sent, slots
from store.queues.inbox import Event, receive
from store.queues.leases import OUTBOX
from store.queues.sent import Delivered
from store.tables import Shipment, Space
from store.terms import Filter
from tests.store.cast import NOW, TODAY, a_trial
from tests.store.crowd import Crowd, fill

MOST_STEPS = 10_000
"""Steps of SQLite's virtual machine per query."""

LONGER = {"counts": 10, "report": 30}
"""Home counts up to a thousand of each list; a report counts a partner's 5,000 trials."""

BIG = (
    *("trial", "customer", "trial_service", "reservation", "hub_task", "consent", "history"),
    *("shipment", "serial", "reminder", "outbox", "inbox", "slot"),
)
SCAN = re.compile(
    rf"^(?:SCAN|.*Seq Scan on) (?:{'|'.join(BIG)})\b(?! USING INDEX ix_\w+_(?:buried|held))",
    re.MULTILINE,
)


def found(text: str) -> Callable[[Session, Crowd], Any]:
    return lambda session, crowd: reading.find(session, text, by=crowd.house.full)


def listed(which: Filter, after: str | None = None) -> Callable[[Session, Crowd], Any]:
    facts = {"today": TODAY, "after": after}
    return lambda session, crowd: reading.page(session, which, by=crowd.house.full, **facts)


def letter_sent(session: Session) -> None:
    """Settle a message whose lease nobody holds, so nothing changes."""
    letter = session.exec(select(*OUTBOX.c).where(OUTBOX.c.id == 1)).one()
    assert not sent.settle(session.connection(), Delivered(letter, "m", "r"), now=NOW)


CLAIM: dict[str, Any] = {"token": "desk1-1", "now": NOW, "until": NOW, "limit": 10}

HOT: dict[str, Callable[[Session, Crowd], Any]] = {
    "a person": lambda session, crowd: people.known(session, "id-x"),
    "a person met": lambda session, crowd: people.meet(
        session, "id-new", emails=["a@c77.example"], name="A", org_id="o", now=NOW
    ),
    "a space": lambda session, crowd: spaces.space_of(session, "room-p3"),
    "a trial": lambda session, crowd: reading.show(session, 101, by=crowd.house.full, now=NOW),
    "a code": lambda session, crowd: reading.find(session, code(101), by=crowd.house.full),
    "a slot": lambda session, crowd: slots.slot(session.connection(), "room:room-p3", "trial/1/x"),
    "history": lambda session, crowd: reading.history(session, 101, by=crowd.house.full, now=NOW),
    "its consents": lambda session, crowd: consent.consents(session, 101),
    "counts": lambda session, crowd: reading.counts(session, by=crowd.house.full, today=TODAY),
    "report": lambda session, crowd: report.report(session, TODAY, by=crowd.house.full),
    "start": lambda session, crowd: a_trial(session, crowd.house, administrator="n@n.example"),
    "extend": lambda session, crowd: extend(
        session, 101, Act(crowd.house.full, NOW), days=30, shorten=True
    ),
    "due reminders": lambda session, crowd: reminders.claim(
        session.connection(), **CLAIM, calendar=NOW
    ),
    "what rang of some trials": lambda session, crowd: list(
        reminders.rung(session, "space/3", {101, 102}, {"space/3/digest/2026-11-30"})
    ),
    "what rang together": lambda session, crowd: reminders.rung_with(session, "space/3", NOW),
    "no reminder is due": lambda session, crowd: reminders.claim(
        session.connection(), **CLAIM, calendar=NOW - timedelta(days=3650)
    ),
    "events": lambda session, crowd: inbox.claim(session.connection(), **CLAIM),
    **{
        name: lambda session, crowd, of_reminders=of_reminders: outbox.claim(
            session.connection(), **CLAIM, of_reminders=of_reminders, calls=["post"]
        )
        for name, of_reminders in {"answers": False, "of_reminders": True}.items()
    },
    "a letter that was sent": lambda session, crowd: letter_sent(session),
    "what the dead held": lambda session, crowd: leases.free(session.connection(), "desk1"),
    "what is oldest": lambda session, crowd: leases.oldest(session.connection()),
    "what is buried": lambda session, crowd: leases.count_buried(session.connection()),
    "the next digest": lambda session, crowd: digest.plan_next(
        session, session.get_one(Space, 3), NOW
    ),
    "a shipment that never left": lambda session, crowd: session.delete(
        session.get_one(Shipment, 9)
    ),
    **{f"list {which}": listed(which) for which in Filter},
    "list from a place": listed(Filter.LIVE, "2026-12-20.5"),
    **{
        f"find {text}": found(text)
        for text in (
            *("company 77", "a@c77.example", "c77.example", "s105.webex.com", "org-77"),
            *("CCW-99", "CCW-999", "FCH199"),
        )
    },
}


@pytest.mark.timeout(300)
def test_no_hot_query_reads_a_whole_table(database: Database) -> None:
    crowd = fill(database, 100_000, partners=20)
    complaints = [complaint for question in HOT for complaint in ask(database, crowd, question)]
    assert not complaints, "\n\n".join(complaints)


def ask(database: Database, crowd: Crowd, question: str) -> Iterator[str]:
    """Run one query and report its statements that read too much."""
    with database.transaction() as session:
        connection = session.connection()
        with noted(connection) as asked, counted(connection) as steps:
            HOT[question](session, crowd)
            session.flush()
        plans = [(statement, plan(connection, statement, given)) for statement, given in asked]
        session.rollback()
    if not plans:
        yield f"{question}: asked nothing"
    if steps.count * 100 > LONGER.get(question, 1) * MOST_STEPS:
        yield f"{question}: {steps.count * 100} steps"
    for statement, lines in plans:
        if SCAN.search(lines):
            yield f"{question}: {statement}\n{lines}"


def test_a_backlog_is_not_reread_for_each_row(database: Database) -> None:
    """No event is open when PostgreSQL collects its statistics."""
    with database.writing() as connection:
        tell(connection, range(400))
        while events := claimed(connection):
            for event_ in events:
                leases.settle(connection, leases.INBOX, event_, now=NOW)
    with database._writers.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    with database.writing() as connection:
        tell(connection, range(400, 800))
        with noted(connection) as asked:
            assert len(claimed(connection)) == 10
        [lines] = [plan(connection, statement, given) for statement, given in asked]
    assert re.search(r"ix_inbox_open.*\s+(Index Cond: )?\(lane ?=", lines), lines


def tell(connection: Connection, numbers: range) -> None:
    """Store events, in ten rooms by turns."""
    for n in numbers:
        told = Event("messages", "created", f"m{n}", "person", f"room{n % 10}")
        receive(connection, told, received_at=NOW, now=NOW)


def claimed(connection: Connection) -> list[leases.Claimed]:
    until = NOW + timedelta(hours=1)
    return inbox.claim(connection, token="desk1-1", now=NOW, until=until, limit=100)


@contextmanager
def noted(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements and parameters sent on a connection inside the block."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, cursor: Any, statement: str, given: Any, *rest: Any) -> None:
        asked.append((statement, given[0] if isinstance(given, list) else given))

    event.listen(connection, "before_cursor_execute", note)
    yield asked
    event.remove(connection, "before_cursor_execute", note)


@dataclass
class Steps:
    """How often SQLite reported a hundred steps."""

    count: int = 0

    def __call__(self) -> int:
        self.count += 1
        return 0


@contextmanager
def counted(connection: Connection) -> Iterator[Steps]:
    """Count steps of SQLite's virtual machine, to detect full index scans, too."""
    steps = Steps()
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.set_progress_handler(steps, 100)
    yield steps
    if connection.dialect.name == "sqlite":
        driver.set_progress_handler(None, 0)


def plan(connection: Connection, statement: str, given: Any) -> str:
    """The database's plan for a statement; "" if it has none."""
    if statement.split()[0] not in ("SELECT", "UPDATE", "DELETE", "WITH"):
        return ""
    sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = connection.exec_driver_sql(explain + statement, given).all()
    return "\n".join(row[3] if sqlite else row[0].replace("->", "").strip() for row in rows)
