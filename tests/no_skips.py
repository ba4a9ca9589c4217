"""A pytest plugin that fails skipped tests and expected failures."""

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse a skipped test."""
    return _refuse_a_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse a skipped file."""
    return _refuse_a_skip((yield))


def _refuse_a_skip(report: Any) -> Any:
    if report.skipped:
        vars(report).pop("wasxfail", None)
        report.outcome = "failed"
        report.longrepr = f"No test may be skipped or expected to fail: {report.longrepr}"
    return report
