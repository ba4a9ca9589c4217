"""What can be stored, and what is left of what can't."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from store.database.database import Database
from store.database.storable import LEVELS, is_storable, storable
from store.tables import Flag

TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\0\ud800"), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def nested(levels: int) -> Any:
    value: Any = "a"
    for n in range(levels):
        value = [value] if n % 2 else {"n": value}
    return value


@given(JSON)
def test_cleaning_leaves_nothing_that_cannot_be_stored_and_is_done_once(value: Any) -> None:
    clean = storable(value)
    assert is_storable(clean)
    assert storable(clean) == clean
    assert clean == value or not is_storable(value)


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("a\0b\ud800c", "abc"),
        ({"a\0": ["b\ud800"]}, {"a": ["b"]}),
        (["\U0001f600", 7, None], ["\U0001f600", 7, None]),
        (b"\0", b"\0"),
    ],
)
def test_only_the_offending_characters_go(value: Any, clean: Any) -> None:
    assert storable(value) == clean


@pytest.mark.parametrize("levels", [LEVELS + 1, 300, 900, 5_000])
def test_what_is_nested_too_deep_is_cut_off(levels: int) -> None:
    assert not is_storable(nested(levels))
    assert is_storable(storable(nested(levels)))


def test_the_deepest_nesting_that_counts_as_storable_is_stored(database: Database) -> None:
    value = {"deep": nested(LEVELS - 1)}
    assert is_storable(value)
    with database.transaction() as session:
        session.add(Flag(name="deep", value=value))
    with database.reading() as session:
        kept = session.exec(select(Flag).where(Flag.name == "deep")).one()
    assert json.dumps(kept.value) == json.dumps(value)
