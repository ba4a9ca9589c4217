"""A transaction for tests of the store, and a partner in it."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from store.database.database import Database
from tests.store.cast import House, a_house


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


@pytest.fixture
def house(session: Session) -> House:
    return a_house(session)
