"""Settings and fixtures for all tests."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from bot.observe import log

pytest_plugins = ["tests.stage", "tests.databases", "tests.no_skips", "tests.tongues"]


settings.register_profile("tests", deadline=None)  # a busy machine isn't a fault
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Undo what a command of ours, run in this process, has changed about logging."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)
        vars(log).pop("bind", None)  # the logger that structlog keeps after its first use


def pytest_xdist_auto_num_workers() -> int:
    """Two workers per core, since half of a conversation is waiting; at most sixteen."""
    return min(2 * (os.cpu_count() or 1), 16)
