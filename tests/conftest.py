"""Settings and fixtures for all tests."""

import os

pytest_plugins = ["tests.stage", "tests.databases", "tests.no_skips", "tests.tongues"]


def pytest_xdist_auto_num_workers() -> int:
    """Two workers per core, since half of a conversation is waiting; at most sixteen."""
    return min(2 * (os.cpu_count() or 1), 16)
