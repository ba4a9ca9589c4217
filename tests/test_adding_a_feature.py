"""docs/features.md is true: its example, followed in a copy of the checkout, is a feature."""

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from filecmp import cmp
from pathlib import Path

import pytest

from store.features.shared.trials import loading
from store.tables import Trial
from tests.lives import without_digest
from tests.stage import Stage, staged

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/features.md").read_text()
MADE = ("cards/locale/trialbot.pot", "tests/cards/features/trial_card.json")
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", ".local", "node_modules", "__pycache__", ".*_cache", ".hypothesis"
)
PLACES = 11
"""So many files, at most, are new or changed where the page was followed."""

CHECKS = (
    "tests/features/test_remind.py",
    "tests/rights/test_tables.py",
    "tests/test_rooms.py",
    "tests/test_readme.py",
    "tests/cards/test_every_card.py",
    "tests/cards/test_translatable.py",
    "tests/cards/test_catalogues.py",
    "tests/cards/test_bulgarian.py",
    "tests/cards/kit/test_refusals.py",
    "tests/cards/features",
    "tests/store/rules/test_lateness.py",
)
"""The example's own conversation, and what tells of a thing that was forgotten."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout."""
    return Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=LEFT_OUT))


def test_the_example_is_a_feature_and_what_it_leaves_behind_harms_nobody(
    checkout: Path, tmp_path: Path
) -> None:
    add(checkout)
    assert len(changed(checkout)) == PLACES, changed(checkout)
    run(checkout, "ruff", "check")
    run(checkout, "ruff", "format", "--check")
    run(checkout, "lint-imports")
    talks = tmp_path / "talks"
    tests = (*CHECKS, "-k", "not postgres", "-n", "2", f"--basetemp={talks}")
    run(checkout, "python", "-m", "pytest", "-q", *tests)
    attack = ("tests/rights/test_matrix.py", "-k", "remind and not postgres")
    run(checkout, "python", "-m", "pytest", "-q", *attack)
    remove(checkout)
    assert set(changed(checkout)) <= {MADE[0]}, "but for the template's date all is as it was"
    left = next(talks.rglob("test_a_day_has_one_reminder*/trialbot.db"))
    with staged(f"sqlite:///{left}", tmp_path) as stage:
        nobody_minds(stage)


def test_a_migration_is_drafted_from_the_tables(checkout: Path) -> None:
    tables = checkout / "store/tables.py"
    before, column, after = tables.read_text().partition("    interest_on: date | None = None\n")
    tables.write_text(f"{before}{column}    colour: str | None = None\n{after}")
    run(checkout, "env", "PYTHONPATH=.", "python", ".make/migration.py", "what colour it has")
    (draft,) = (checkout / "store/migrations/versions").glob("*_what_colour_it_has.py")
    assert "add_column(sa.Column('colour'" in draft.read_text()


def nobody_minds(stage: Stage) -> None:
    """Talk about the example's trial here, where there is no such feature."""
    trial = the_trial(stage)
    assert stage.open_reminders(trial).count("remind") == 3
    assert "remind" in trial.extras
    without_digest(stage)
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("reminder-set", "Call Samir", "saved the trial")
    stage.tom.says(f"remind {trial.code} in 3 days call Clara").sees("I don't know")
    stage.tom.says(f"note {trial.code} Called Samir").sees("Note added")
    assert trial.ends is not None
    stage.clock.at(trial.ends - timedelta(days=14))
    stage.nora.sees(trial.code, "ends on")
    assert stage.open_reminders(trial).count("remind") == 3
    assert the_trial(stage).extras == trial.extras


def the_trial(stage: Stage) -> Trial:
    with stage.database.reading() as session:
        return session.exec(loading()).one()


# ------------------------------------------------------------------ following the page


FILES = re.findall(r"^### (\S+\.py)\n.*?^```python\n(.*?)^```$", PAGE, re.M | re.S)
ROWS = re.findall(
    r"^### (?:A row|Rows) in (\S+)\n\n(?:[^`#]+\n)?```\n((?:\|.*\n)+)```$", PAGE, re.M
)
CATALOGUES = re.findall(r"^### Sentences in (\S+\.po)\n.*?^```po\n(.*?)^```$", PAGE, re.M | re.S)
TABLES = {
    "docs/commands.md": "| word |",
    "docs/domain.md": "| reminder |",
    "tests/rights/forms.md": "| form |",
    "tests/rights/words.md": "| word |",
}
"""The heading of the table to which a row belongs."""


def add(checkout: Path) -> None:
    """Write the files, add the rows, and run what makes the rest."""
    for name, code in FILES:
        (checkout / name).write_text(code)
    for name, row in ROWS:
        text = (checkout / name).read_text()
        end = f"{text}\n".index("\n\n", text.index(TABLES[name])) + 1
        (checkout / name).write_text(text[:end] + row + text[end:])
    for name, sentences in CATALOGUES:
        (checkout / name).write_text(f"{(checkout / name).read_text()}\n{sentences}")
    make_the_rest(checkout)


def remove(checkout: Path) -> None:
    """Take all of it back."""
    for name, _ in FILES:
        (checkout / name).unlink()
    for name, row in ROWS:
        (checkout / name).write_text((checkout / name).read_text().replace(row, ""))
    for name, sentences in CATALOGUES:
        text = (checkout / name).read_text()
        (checkout / name).write_text(text.removesuffix(f"\n{sentences}"))
    make_the_rest(checkout)


def make_the_rest(checkout: Path) -> None:
    """Do what `make catalogue` and `make looks` do, by this environment."""
    run(checkout, "sh", ".make/catalogue.sh", MADE[0])
    run(checkout, "python", "-m", "tests.cards.looks")


def changed(checkout: Path) -> list[str]:
    """The files that are new in the copy, or other than here."""
    files = [file.relative_to(checkout) for file in checkout.rglob("*") if file.is_file()]
    return sorted(
        str(file)
        for file in files
        if not any(part == "__pycache__" or part.startswith(".") for part in file.parts)
        if not (ROOT / file).exists() or not cmp(checkout / file, ROOT / file, shallow=False)
    )


def run(checkout: Path, *command: str) -> None:
    """Run a program of this environment in the copy; it must succeed."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**ours, "PATH": programs, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, (
        f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    )
