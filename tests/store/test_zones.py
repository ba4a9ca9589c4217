"""Time zones come from the package tzdata, whatever the system has."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

PRINTS_SOFIA = (
    "from datetime import datetime; from zoneinfo import ZoneInfo;"
    "print(datetime(2026, 12, 1, tzinfo=ZoneInfo('Europe/Sofia')).utcoffset())"
)


@pytest.mark.parametrize(
    "module", ["bot.process.link", "cards.kit.words", "cards.kit.places", "store.rules.plan"]
)
def test_the_systems_own_zones_are_not_used(module: str, tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir()
    tokyo = (files("tzdata") / "zoneinfo/Asia/Tokyo").read_bytes()
    (tmp_path / "Europe/Sofia").write_bytes(tokyo)
    environment = os.environ | {"PYTHONTZPATH": str(tmp_path)}
    assert offset(PRINTS_SOFIA, environment) == "9:00:00"
    assert offset(f"import {module}; {PRINTS_SOFIA}", environment) == "2:00:00"


def offset(program: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
