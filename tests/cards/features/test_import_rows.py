"""Reading a trials file: columns, cells and dates in the ways that people write them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.features.import_rows import Parsed, parse
from cards.features.import_trials import questions
from store.rules.columns import _OTHER_NAMES, Column, column_of, service_of
from store.rules.imports import dumped, loaded
from store.terms import Service


def parsed(*rows: str, head: str = "Customer;E-mail;First day;Services") -> Parsed:
    """Read a file of these lines."""
    return parse("\n".join([head, *rows]).encode())


def days(*typed: str) -> tuple[list[list[str]], bool]:
    """What the first days of a file mean, and whether their order is asked for."""
    found = parsed(*(f"A;a@b.example;{each};Calling" for each in typed))
    assert not found.flaws
    return [row.days[Column.FIRST_DAY] for row in loaded(found.rows)], found.found.asks_order


def flaw(row: str, **more: Any) -> tuple[str, str]:
    """The column and the message of the only row's flaw."""
    [found] = parsed(row, **more).flaws
    return found.column, found.message.format(**found.facts)


@pytest.mark.parametrize("column", Column)
def test_a_column_is_found_by_each_of_its_names(column: Column) -> None:
    for name in (column.value, *_OTHER_NAMES[column].split(";")):
        if name.strip():
            assert column_of(name) is column
            assert column_of(f" {name.strip().upper()}: ") is column


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("Webex Teams", Service.MESSAGING),
        ("Срещи", Service.MEETINGS),
        ("spark call", Service.CALLING),
        ("Room Systems", Service.DEVICES),
        ("Fax", None),
    ],
)
def test_services_are_found_by_their_former_names(name: str, service: Service | None) -> None:
    assert service_of(name) is service


@pytest.mark.parametrize(
    "typed",
    [
        "2026-11-24",
        "24.11.2026",
        "24.11.2026 г.",
        "24 ноември 2026 г.",
        "24.11.2026 г. 0:00:00 ч.",
        "24.11.26",
        "24.11.26 г.",
        "24/11/2026",
        "11/24/2026",
        "11/24/26",
        "24 Nov 2026",
        "2026-11-24 00:00:00",
        "2026-11-24T09:30:00Z",
        "11/24/2026 12:00:00 AM",
    ],
)
def test_a_clear_day_is_read_in_every_form(typed: str) -> None:
    assert days(typed) == ([["2026-11-24"]], False)


def test_a_day_that_can_be_two_is_asked_for() -> None:
    assert days("03/04/2026", "2026-11-24") == (
        [["2026-04-03", "2026-03-04"], ["2026-11-24"]],
        True,
    )


def test_a_clear_day_shows_how_the_others_are_written() -> None:
    assert days("03/04/2026", "24/11/2026") == ([["2026-04-03"], ["2026-11-24"]], False)
    assert days("03/04/2026", "11/24/2026") == ([["2026-03-04"], ["2026-11-24"]], False)


def test_days_that_contradict_each_other_are_asked_for() -> None:
    assert days("03/04/2026", "24/11/2026", "11/24/2026")[1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("45988", "“45988” is Excel's number of a day"),
        ("45988,5", "Excel's number of a day"),
        ("soon", "“soon” isn't a date"),
        ("31.02.2026", "isn't a date"),
        ("24-11-26", "isn't a date"),
    ],
)
def test_what_is_no_clear_day_is_refused_by_name(typed: str, said: str) -> None:
    column, message = flaw(f"A;a@b.example;{typed};Calling")
    assert column == "First day"
    assert said in message


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (";a@b.example;2026-11-24;Calling", "Customer"),
        (f"{'x' * 51};a@b.example;2026-11-24;Calling", "Customer"),
        ("A;nobody;2026-11-24;Calling", "Administrator e-mail"),
        ("A;a@b.example;2026-11-24;Calling, Fax", "Services"),
        ("A", "Administrator e-mail"),
    ],
)
def test_a_flaw_names_its_column(row: str, column: str) -> None:
    assert flaw(row)[0] == column


def test_devices_need_a_type() -> None:
    head = "Customer;E-mail;First day;Services;Serial numbers"
    row = "A;a@b.example;2026-11-24;Calling;FCH2233ABCD"
    assert flaw(row, head=head) == ("Device type", "This is required.")


def test_unknown_columns_are_ignored_and_named() -> None:
    found = parsed("A;a@b.example;x;y;z", head="Customer;E-mail;Colour;Shape;Space").found
    assert list(found.ignored) == ["Colour", "Shape", "Space"]
    assert questions(parsed(head="Customer;E-mail").about()["found"]) == [
        "first_day",
        "duration",
        "services",
    ]


@pytest.mark.parametrize(
    ("head", "asked"),
    [
        ("First day", True),
        ("Last day", True),
        ("First day;Last day", False),
        ("First day;Duration", False),
        ("Last day;Duration", False),
        ("Requested on", False),
        ("Requested on;Duration", False),
        ("Status", True),
    ],
)
def test_how_long_trials_run_is_asked_for_if_nothing_says_it(head: str, asked: bool) -> None:
    found = parsed(head=f"Customer;E-mail;Services;{head}").about()["found"]
    assert ("duration" in questions(found)) is asked


def test_a_column_that_is_there_twice_is_ignored_and_named() -> None:
    found = parsed("A;B;a@b.example", head="Customer;Customer;E-mail")
    assert next(loaded(found.rows)).company == "A"
    assert list(found.found.ignored) == ["Customer"]


def test_a_name_on_two_lines_is_one_line() -> None:
    [row] = loaded(parsed('"Meadow\nFoods";a@b.example;2026-11-24;Calling').rows)
    assert row.company == "Meadow Foods"


def test_two_columns_of_one_service_are_one_service() -> None:
    head = "Customer;E-mail;First day;Messaging;Webex Teams;Meetings"
    found = parsed("A;a@b.example;2026-11-24;yes;10;0", head=head)
    assert next(loaded(found.rows)).services == [Service.MESSAGING]


def test_a_service_can_have_a_column_of_its_own() -> None:
    head = "Customer;E-mail;Messaging;Meetings;Calling;Webex devices"
    [row] = loaded(parsed("A;a@b.example;Trial;25;-;Purchased", head=head).rows)
    assert row.services == ["messaging", "meetings"]


def test_kept_rows_are_the_rows_that_were_read() -> None:
    head = "Customer;E-mail;First day;Services;Licences;Type of device;Serials"
    row = "A;a@b.example;11/10/2026;Calling;0;Phone;FCH2233ABCD"
    rows = [*loaded(parsed(row, "B;b@b.example", head=head).rows)]
    assert [*loaded("\n".join(map(dumped, rows)))] == rows
    assert [*loaded(orjson.dumps(rows).decode())] == rows  # as an earlier release kept them


@given(st.lists(st.text(max_size=20), max_size=6))
def test_no_cell_breaks_it(cells: list[str]) -> None:
    line = ";".join(cell.replace("\n", " ").replace("\0", "") for cell in cells)
    head = ";".join(Column)
    found = parse(f"{head}\n{line}\n".encode("utf-8", "replace"))
    assert len([*loaded(found.rows)]) + len(found.flaws) <= 1 + line.count("\r")
