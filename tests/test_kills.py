"""kill -9 in the middle of everything: a small run of `make soak`, the same one each time."""

from pathlib import Path

import pytest

from tests.soak.run import played, replayed
from tests.soak.script import Size, write
from tests.soak.verdict import judge

SMALL = Size(events=60, reminders=20, kills=4)
DAYS = (16, 8)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("commands", "seed"),
    [(["run"], 1), (["web", "worker", "worker"], 2)],
    ids=["together", "apart"],
)
def test_what_is_killed_loses_nothing_and_does_nothing_twice(
    request: pytest.FixtureRequest, commands: list[str], seed: int, tmp_path: Path
) -> None:
    url = request.getfixturevalue("sqlite_url" if commands == ["run"] else "postgres_url")
    calm = tmp_path / "calm"
    calm.mkdir()
    script = write(SMALL, seed, places=3, days=DAYS)
    with played(script, commands, url, tmp_path) as run:
        verdict = judge(run, replayed(script, run, calm))
    if verdict.wrong:
        pytest.fail("\n".join(verdict.wrong))
    assert verdict.events >= SMALL.events
    assert verdict.reminders >= SMALL.reminders
    assert verdict.kills == SMALL.kills
