"""Files of spreadsheets: what is written is read again, in whatever way Excel writes it."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.refusals import Refused
from store.rules.spreadsheet import MOST_ROWS, NO_TABLE, TOO_MANY_ROWS, harmless, read, written
from tests.store.cast import refused

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
FORMULA = st.tuples(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "'=", "''+"]), CELL).map(
    "".join
)
ROWS = st.lists(st.lists(CELL | FORMULA, min_size=3, max_size=3), min_size=1, max_size=8)


@given(ROWS, st.sampled_from(",;"))
def test_what_is_written_is_read_again(rows: list[list[str]], separator: str) -> None:
    head = ["Customer", "Services", "Country"]
    sheet = read(written([head, *rows], separator))
    assert list(sheet.headings) == head
    filled = [row for row in rows if any(harmless(cell).strip() for cell in row)]
    assert [list(cells) for _, cells in sheet.rows] == filled


@given(CELL | FORMULA)
def test_no_written_cell_is_a_formula(cell: str) -> None:
    text = written([[cell, "x"]]).decode("utf-8-sig")
    [[first, _]] = csv.reader(io.StringIO(text, newline=""))
    assert not first.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert first.removeprefix("'") == cell or first == cell


TEXT = "Клиент{0}Имейл{0}Услуги\r\nЛивада{0}a@b.example{0}Срещи\r\nБор{0}c@d.example{0}Срещи\r\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_every_encoding_and_separator_of_excel_is_read(encoding: str, separator: str) -> None:
    sheet = read(TEXT.format(separator).encode(encoding))
    assert sheet.separator == separator
    assert list(sheet.headings) == ["Клиент", "Имейл", "Услуги"]
    assert [(n, cells[0]) for n, cells in sheet.rows] == [(2, "Ливада"), (3, "Бор")]


def test_western_letters_are_read() -> None:
    sheet = read("Customer;City\r\nMüller & Søn;Köln\r\nCafé Ñandú;Málaga\r\n".encode("cp1252"))
    assert [cells[0] for _, cells in sheet.rows] == ["Müller & Søn", "Café Ñandú"]


def test_one_sign_is_enough_for_bulgarian() -> None:
    sheet = read("Customer;First day\r\nMeadow;24.12.2026 г.\r\n".encode("cp1251"))
    assert sheet.rows[0][1][1] == "24.12.2026 г."


@pytest.mark.parametrize("encoding", ["cp1251", "cp1252"])
@pytest.mark.parametrize("cell", ["€ 100", "5 €, it’s – “ok”"])
def test_the_euro_sign_is_enough(cell: str, encoding: str) -> None:
    sheet = read(f"Customer;Note\r\nMeadow;{cell}\r\n".encode(encoding))
    assert (sheet.encoding, sheet.rows[0][1][1]) == (encoding, cell)


@pytest.mark.parametrize("name", ["Café", "Öl & Söhne", "Müller € GmbH", "Übergrößen"])
def test_one_western_name_is_enough(name: str) -> None:
    sheet = read(f"Customer;Note\r\n{name};x\r\n".encode("cp1252"))
    assert (sheet.encoding, sheet.rows[0][1][0]) == ("cp1252", name)


@pytest.mark.parametrize("name", ["Ливада", "Фирма № 5", "Бор € ООД", "Meadow – София", "№ 7"])
def test_one_bulgarian_name_is_enough(name: str) -> None:
    sheet = read(f"Customer;Note\r\n{name};x\r\n".encode("cp1251"))
    assert (sheet.encoding, sheet.rows[0][1][0]) == ("cp1251", name)


def test_excel_s_own_line_names_the_separator() -> None:
    sheet = read(b"sep=;\r\nCustomer;Note\r\nMeadow;a, b, c\r\n")
    assert (sheet.separator, sheet.rows) == (";", [(3, ["Meadow", "a, b, c"])])


def test_lines_are_counted_across_cells_with_line_breaks() -> None:
    sheet = read(b'Customer,Note\n"Meadow","a\nb"\n\nPine,c\n')
    assert [line for line, _ in sheet.rows] == [2, 5]


@pytest.mark.parametrize("content", [b"", b"one", b"\n\n", b"a;b\0c", b"PK\x03\x04", b"%PDF-1.7;x"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with refused(NO_TABLE):
        read(content)


def test_a_file_has_at_most_so_many_rows() -> None:
    read(b"a;b\n" + b"1;2\n" * MOST_ROWS)
    with refused(TOO_MANY_ROWS) as facts:
        read(b"a;b\n" + b"1;2\n" * (MOST_ROWS + 1))
    assert facts == {"most": MOST_ROWS}


@given(st.binary(max_size=200))
def test_no_file_breaks_it(content: bytes) -> None:
    with suppress(Refused):
        assert len(read(content).headings) > 1


@pytest.mark.parametrize(
    ("above", "line"),
    [("\n\n", 4), (";;;\n", 3), ("Our customers\n", 3), ("Our customers, all;;\n\n", 4)],
)
def test_headings_may_stand_below_blank_lines_and_a_title(above: str, line: int) -> None:
    sheet = read(f"{above}Customer;E-mail;Services\nA;a@b.example;Calling, Meetings\n".encode())
    assert (sheet.separator, list(sheet.headings)) == (";", ["Customer", "E-mail", "Services"])
    assert sheet.rows == [(line, ["A", "a@b.example", "Calling, Meetings"])]
