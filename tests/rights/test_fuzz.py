"""Anything at all: no unexpected exception, no 5xx, nothing half written, no event set aside."""

from collections.abc import Callable

import pytest

from tests.rights.events import Play
from tests.rights.fuzz import ATTEMPTS, Try, any_line, any_press, tried


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_anything(play: Play, attempt: Callable[[Play], Try]) -> None:
    tried(play, attempt, ATTEMPTS[attempt])


@pytest.mark.parametrize("attempt", [any_press, any_line])
def test_anything_on_postgres(postgres_play: Play, attempt: Callable[[Play], Try]) -> None:
    """It refuses what SQLite takes: NUL, numbers that are too large."""
    tried(postgres_play, attempt, 60)
