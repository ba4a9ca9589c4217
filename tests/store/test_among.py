"""One statement for any number of values, whatever stands in them."""

import pytest
from sqlmodel import Session, col, select

from store.database.among import among
from store.tables import Flag

TEXTS = ["plain", "", 'a "b", c', "{d}", "\\", "NULL", "it's", "Ж"]


@pytest.mark.parametrize("asked", [[], ["plain"], TEXTS, ["nobody's"], ["plain", "plain"]])
def test_rows_with_one_of_the_values_are_found(session: Session, asked: list[str]) -> None:
    session.add_all([Flag(name=text, value={}) for text in TEXTS])
    session.flush()
    found = session.scalars(
        select(col(Flag.name)).where(among(col(Flag.name), "names")), {"names": asked}
    )
    assert set(found) == set(asked) & set(TEXTS)
