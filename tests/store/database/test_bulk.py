"""Many rows and values in one statement are stored and found like single ones."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import SQLModel, col, select

from store.database.bulk import AT_ONCE, add_all, among
from store.database.database import Database
from store.tables import Partner, Person

TEXTS = ["", "O'Brien", '"Livada"', "Ливада ООД", "a\nb\t\\", "{}", "[1]", "42", "null", "🙂"]


def add(database: Database, kind: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    table = kind.__table__  # type: ignore[attr-defined]
    with database.writing() as connection:
        add_all(connection, table, rows)


def a_person(number: int, name: str) -> dict[str, Any]:
    seen = datetime(2026, 12, 1, 9, 30, 0, number, UTC) if number % 2 else None
    about = {"org_id": "", "language": "bg", "webex_id": None, "seen_at": seen}
    return about | {"id": number, "email": f"{number}@a.bg", "emails": TEXTS[:number], "name": name}


def test_rows_are_read_back_as_they_were_added(database: Database) -> None:
    rows = [a_person(number, name) for number, name in enumerate(TEXTS, 1)]
    add(database, Person, rows)
    with database.reading() as session:
        found = session.exec(select(Person).order_by(col(Person.id))).all()
    assert [each.model_dump() for each in found] == rows


def test_yes_and_no_are_read_back(database: Database) -> None:
    blank = Partner(name="", created_at=datetime(2026, 12, 1, tzinfo=UTC)).model_dump()
    rows = [blank | {"id": n, "name": f"P{n}", "customer_notices": bool(n - 1)} for n in (1, 2)]
    add(database, Partner, rows)
    with database.reading() as session:
        found = session.exec(select(Partner.customer_notices).order_by(col(Partner.id))).all()
    assert found == [False, True]


def test_more_rows_than_one_statement_gets(database: Database) -> None:
    add(database, Person, [a_person(n, "") for n in range(1, AT_ONCE + 2)])
    with database.reading() as session:
        assert len(session.exec(select(Person.id)).all()) == AT_ONCE + 1


def test_a_value_is_found_among_more_than_a_statement_has_parameters(database: Database) -> None:
    add(database, Person, [a_person(n, name) for n, name in enumerate(TEXTS, 1)])
    wanted = {"Ливада ООД", "O'Brien", *(f"nobody {n}" for n in range(100_000))}
    with database.reading() as session:
        names = select(Person.name).where(among(session.connection(), col(Person.name), wanted))
        assert set(session.exec(names)) == {"Ливада ООД", "O'Brien"}


def test_nothing_is_among_nothing(database: Database) -> None:
    add(database, Person, [a_person(1, "")])
    with database.reading() as session:
        names = select(Person.name).where(among(session.connection(), col(Person.name), []))
        assert session.exec(names).all() == []
