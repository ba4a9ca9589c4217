"""Any skip fails the run."""

import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = {
    "by a mark": "@pytest.mark.skip\ndef test_it(): pass",
    "on a condition": "@pytest.mark.skipif(True, reason='not here')\ndef test_it(): pass",
    "by itself": "def test_it(): pytest.skip('not here')",
    "as a whole file": "pytest.importorskip('no_such_module')\ndef test_it(): pass",
    "by a fixture": "@pytest.fixture\ndef a(): pytest.skip('no')\ndef test_it(a): pass",
    "as an expected failure": "@pytest.mark.xfail\ndef test_it(): assert False",
}


@pytest.mark.parametrize("how", SKIPPED)
def test_a_skipped_test_fails(how: str, tmp_path: Path) -> None:
    done = run_tests(tmp_path, SKIPPED[how])
    assert done.returncode != 0, done.stdout
    assert "No test may be skipped" in done.stdout


def test_a_test_that_is_not_skipped_passes(tmp_path: Path) -> None:
    assert run_tests(tmp_path, "def test_it(): pass").returncode == 0


def run_tests(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    """Run one test file in its own folder."""
    (folder / "pytest.ini").touch()
    (folder / "test_one.py").write_text(f"import pytest\n{text}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)
