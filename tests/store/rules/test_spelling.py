"""Spelling: what people type or paste, and what is read."""

import base64
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rules import spelling
from tests.store.examples import rule

INVISIBLE = "\u200b\u200e\u2060\ufeff\u00ad\u202e\x07"
UUID = "5d6f3c1e-6f0a-4f58-9d0c-7b1f2f0c6a11"


def webex(kind: str, key: str, cluster: str = "us", padding: str = "") -> str:
    inside = f"ciscospark://{cluster}/{kind}/{key}".encode()
    return base64.urlsafe_b64encode(inside).decode().rstrip("=") + padding


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("help", "help"),
        ("Help!", "help"),
        ("/help", "help"),
        (" / help ?! ", "help"),
        (", list expiring.", "list expiring"),
        ("list\u200b  expiring", "list expiring"),
        ("l\u200bist\u00a0expiring …", "list expiring"),
        ("LET\n GO", "let go"),
        ("?", ""),
    ],
)
def test_a_word_is_read_however_it_is_framed(typed: str, read: str) -> None:
    assert spelling.word(typed) == read


@pytest.mark.parametrize(
    ("typed", "name", "key"),
    [
        ("Meadow  Foods ", "Meadow Foods", "meadow foods"),
        ("Meadow\u00a0\u200bFoods", "Meadow Foods", "meadow foods"),
        ("CAFE\u0301", "CAFÉ", "café"),
        ("Straße", "Straße", "strasse"),
        ("Yahoo!", "Yahoo!", "yahoo!"),
        ("می\u200cخواهم", "می\u200cخواهم", "میخواهم"),
    ],
)
def test_a_name_keeps_its_looks_and_is_compared_without_them(
    typed: str, name: str, key: str
) -> None:
    assert spelling.name(typed) == name
    assert spelling.name_key(typed) == key


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("clara@meadow.example", "clara@meadow.example"),
        ("Clara Novak <clara@meadow.example>", "clara@meadow.example"),
        ('"Novak, Clara" <clara@meadow.example>;', "clara@meadow.example"),
        ("<clara@meadow.example>", "clara@meadow.example"),
        ("Clara Novak clara@meadow.example", "clara@meadow.example"),
        ("mailto:clara@meadow.example", "clara@meadow.example"),
        ("MAILTO:clara@meadow.example?subject=Trial", "clara@meadow.example"),
        ("<mailto:clara@meadow.example>.", "clara@meadow.example"),
        ("clara@\u200bmeadow.example", "clara@meadow.example"),
        ("clara@meadow.example.", "clara@meadow.example"),
        ("clara@meadow.example <clara@meadow.example>", "clara@meadow.example"),
        ("who?me@meadow.example", "who?me@meadow.example"),
        ("clara@", "clara@"),
        ("Clara  Novak", "Clara Novak"),
        ("a@b.example, c@d.example", "a@b.example, c@d.example"),
        ("", ""),
    ],
)
def test_an_address_is_read_out_of_what_people_paste(typed: str, read: str) -> None:
    assert spelling.address(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a@b.example, c@d.example\na@b.example", ["a@b.example", "c@d.example"]),
        ("Novak, Clara <a@b.example>; Samir <c@d.example>", ["a@b.example", "c@d.example"]),
        ("a@b.example, Samir <c@d.example>, e@f.example",
         ["a@b.example", "c@d.example", "e@f.example"]),
        ("a@b.example, nonsense", ["a@b.example", "nonsense"]),
        (" ,; ", []),
    ],
)  # fmt: skip
def test_a_list_of_addresses_loses_names_and_nothing_else(typed: str, read: list[str]) -> None:
    assert spelling.addresses(typed) == read


@pytest.mark.parametrize(
    ("typed", "code", "alone"),
    [
        ("T-7K3Q", "T-7K3Q", True),
        ("t 7k3q", "T-7K3Q", True),
        ("7K3Q", "T-7K3Q", True),
        ("7k3q.", "T-7K3Q", True),
        ("\u200bT-7K\u200b3Q!", "T-7K3Q", True),
        ("т-7к3q", "T-7K3Q", True),
        ("TK3Q", "T-TK3Q", True),
        ("T-MARK", "T-MARK", True),
        ("MARK", "T-MARK", False),
        ("thanks", "T-HANK5", False),
        ("re-send", "T-RE5END", False),
        ("7K 3Q", None, False),
        ("acme foods", None, False),
        ("hello", None, False),
        ("", None, False),
    ],
)
def test_a_code_is_read_without_its_letter_too(
    typed: str, code: str | None, *, alone: bool
) -> None:
    assert spelling.code(typed) == code
    assert spelling.looks_like_code(typed) is alone


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (webex("MESSAGE", UUID), UUID),
        (webex("MESSAGE", UUID, "urn:TEAM:us-west-2_r"), UUID),
        (webex("MESSAGE", UUID, padding="=="), UUID),
        (webex("MESSAGE", UUID.upper()), UUID),
        (UUID.upper(), UUID),
        (webex("MEMBERSHIP", f"{UUID}:{UUID}"), f"{UUID}:{UUID}"),
        ("m1", "m1"),
        ("org-4711", "org-4711"),
        (webex("MESSAGE", "a\0b"), webex("MESSAGE", "a\0b")),
        ("ключ", "ключ"),
        ("", ""),
    ],
)
def test_ids_of_the_same_thing_are_equal(typed: str, read: str) -> None:
    assert spelling.webex_id(typed) == read
    assert spelling.organisation(f" {typed} ") == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("30", "30"),
        ("30.", "30"),
        ("1,000", "1000"),
        ("1 000", "1000"),
        ("1\u202f000", "1000"),
        ("1.234.567", "1234567"),
        ("3\u200b0", "30"),
        ("1.234,567", "1.234,567"),
        ("0,123", "0,123"),
        ("7.0", "7.0"),
        (".5", ".5"),
        ("1_000", "1_000"),
        ("-5", "-5"),
    ],
)
def test_a_number_loses_the_marks_between_its_thousands(typed: str, read: str) -> None:
    assert spelling.number(typed) == read


EVE = date(2026, 12, 24)


@pytest.mark.parametrize(
    "typed",
    ["2026-12-24", "2026/12/24", "2026.12.24", "24.12.2026", "24. 12. 2026", "24.12.2026 г.",
     "чт, 24.12.2026 г.", "24/12/2026", "12/24/2026", "24-12-2026", "24 Dec 2026",
     "Thu, 24 Dec 2026", "24th December 2026", "Dec 24, 2026", " 24.12.\u200b2026. ",
     "24\u00a0Dec\u00a02026"],
)  # fmt: skip
def test_a_clear_day_is_read_in_any_spelling(typed: str) -> None:
    assert spelling.days(typed) == [EVE]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("03/04/2026", [date(2026, 4, 3), date(2026, 3, 4)]),
        ("3-4-2026", [date(2026, 4, 3), date(2026, 3, 4)]),
        ("03.04.2026", [date(2026, 4, 3)]),
        ("04/04/2026", [date(2026, 4, 4)]),
        ("2026-2-3", [date(2026, 2, 3)]),
    ],
)
def test_a_day_that_can_be_another_one_has_both_readings(typed: str, read: list[date]) -> None:
    assert spelling.days(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["", "0", "86400", "20261224", "2026-12-24T00:00:00", "2026-02-30", "30.02.2026", "1970-01-01",
     "9999-12-31", "0000-01-01", "24.12.26", "24.12.", "13/13/2026", "24 Foo 2026", "24 Ju 2026",
     "2026-12.24", "٢٤.١٢.٢٠٢٦", "tomorrow"],
)  # fmt: skip
def test_what_is_no_day_of_this_century_has_no_reading(typed: str) -> None:
    assert spelling.days(typed) == []


@rule
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(INVISIBLE))
def test_every_day_is_read_from_each_clear_format(day: date, hidden: str) -> None:
    for form in ("{0:%Y-%m-%d}", "{0.day}.{0.month}.{0.year}", "{0:%d %b %Y}", "{0:%B %d, %Y}"):
        typed = form.format(day)
        assert spelling.days(f"{hidden}{typed[:3]}{hidden}{typed[3:]}.") == [day]
    for form in ("{0:%d/%m/%Y}", "{0:%m/%d/%Y}"):
        assert day in spelling.days(form.format(day))


FORMS = (
    spelling.visible,
    spelling.name,
    spelling.name_key,
    spelling.sought,
    spelling.word,
    spelling.opened,
    spelling.address,
    spelling.webex_id,
    spelling.organisation,
    spelling.number,
)
TYPED = st.text(max_size=30) | st.text(
    alphabet="aB1ßİΐ @<>;,:/.?!'\"()-_\n\t\u00a0\u200b\u200d\u0301\ud800\0mailto", max_size=20
)


@rule
@given(TYPED, st.sampled_from(FORMS))
def test_normalising_a_second_time_changes_nothing(
    typed: str, normal: Callable[[str], str]
) -> None:
    once = normal(typed)
    assert normal(once) == once


@rule
@given(TYPED)
def test_any_text_can_be_read(typed: str) -> None:
    found = spelling.addresses(typed)
    assert spelling.addresses(" ".join(found)) == found
    assert all(2000 <= day.year <= 2099 for day in spelling.days(typed))
    if code := spelling.code(typed):
        assert spelling.code(code) == code


@rule
@given(
    st.text(alphabet="abcdefg hij", min_size=1, max_size=12),
    st.text(alphabet=INVISIBLE, max_size=3),
    st.integers(0, 12),
)
def test_what_nobody_sees_changes_nothing(seen: str, hidden: str, place: int) -> None:
    mixed = seen[:place] + hidden + seen[place:]
    for normal in FORMS[:7]:
        assert normal(mixed) == normal(seen)
