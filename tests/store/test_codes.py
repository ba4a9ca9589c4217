"""Short codes that people say and type."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.codes import ALPHABET, CODES, code, normal_code
from tests.store.examples import rule


def test_a_code_has_no_look_alikes() -> None:
    for pair in ("0O", "1I", "1L", "8B", "5S", "2Z", "UV"):
        assert len(set(pair) & set(ALPHABET)) <= 1, pair
    assert not set("0O1IL") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_consecutive_numbers_have_dissimilar_codes() -> None:
    codes = [code(number) for number in range(1000)]
    assert len(set(codes)) == 1000
    for one, other in pairwise(codes):
        assert sum(a != b for a, b in zip(one, other, strict=True)) >= 2


def test_codes_get_longer_when_the_short_ones_are_used_up() -> None:
    assert len(code(CODES - 1)) == len("T-7K3Q")
    assert len(code(CODES)) == len("T-7K3QX")


def test_all_short_codes_are_different() -> None:
    step = 37
    assert len({code(number) for number in range(0, CODES, step)}) == -(-CODES // step)


@rule
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_different_numbers_have_different_codes(one: int, other: int) -> None:
    assert (code(one) == code(other)) is (one == other)


@rule
@given(st.integers(0, 10**9), st.sampled_from(["{}", " {} ", "{}\n"]), st.booleans(), st.booleans())
def test_a_code_is_parsed_however_it_is_typed(
    number: int, frame: str, lower: bool, dash: bool
) -> None:
    true = code(number)
    typed = true if dash else true.replace("-", "")
    assert normal_code(frame.format(typed.lower() if lower else typed)) == true


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("t 7k3q", "T-7K3Q"),
        ("T–7K3Q", "T-7K3Q"),
        ("т-7к3q", "T-7K3Q"),
        ("T-BK3Q", "T-8K3Q"),
        ("T-SZUQ", "T-52VQ"),
        ("T-7K30", None),
        ("T-7K3O", None),
        ("T-7K31", None),
        ("T-7K3", None),
        ("7K3Q", None),
        ("T-", None),
        ("T-777777777", None),
        ("", None),
        ("acme", None),
    ],
)
def test_only_unambiguous_codes_are_parsed(typed: str, read: str | None) -> None:
    assert normal_code(typed) == read


@rule
@given(st.text())
def test_any_text_parses_to_a_normalized_code_or_none(text: str) -> None:
    read = normal_code(text)
    assert read is None or normal_code(read) == read
