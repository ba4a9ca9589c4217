"""The README and docs/ are true: tables are complete, links and cited places exist."""

import re
from pathlib import Path

import pytest

import bot.features
from bot.__main__ import main
from bot.clock import Calendar
from bot.conversation.routes import commands
from bot.engine.context import Context
from bot.settings import Settings
from bot.web.gauges import exposition
from cards.kit.words import Words
from store.database.database import Database
from store.rules.reminder_kinds import ReminderKind

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CODE = ("bot", "cards", "store", "sandbox", "tests")
OUTSIDE = ("http:", "https:", "mailto:")


def table(page: str, heading: str) -> dict[str, str]:
    """The table of a page whose first column has this heading: first cell → whole row.

    A bar inside a cell is escaped.
    """
    found = re.search(
        rf"^\| {heading} \|.*\n\|[ -|]+\n((?:\|.*\n)*)", (ROOT / "docs" / page).read_text(), re.M
    )
    assert found, f"no table of {heading}"
    return {re.split(r"(?<!\\)\|", row)[1].strip(" `"): row for row in found[1].splitlines()}


def test_every_word_is_listed_with_what_it_does() -> None:
    assert bot.features.__path__
    words = Words("en")
    expected = {
        f"{each.word} {words(each.takes)}".strip().replace("|", "\\|"): words(each.help)
        for each in commands.values()
    }
    there = table("commands.md", "word")
    assert set(there) == set(expected)
    assert not [name for name, does in expected.items() if does not in there[name]]


def test_every_setting_is_listed_with_its_meaning() -> None:
    expected = {
        field.validation_alias.choices[0]: field.description  # type: ignore[union-attr]
        for field in Settings.model_fields.values()
    }
    there = table("settings.md", "variable")
    assert set(there) == set(expected)
    assert not [name for name, meaning in expected.items() if str(meaning) not in there[name]]


def test_every_command_is_listed_with_what_it_does() -> None:
    there = table("operation.md", "command")
    assert set(there) == {f"trialbot {name}" for name in main.commands}
    for name, command in main.commands.items():
        assert str(command.help) in there[f"trialbot {name}"]


def test_every_process_of_the_procfile_is_listed_in_the_guide() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert set(table("run.md", "process")) == {line.partition(":")[0] for line in lines}


def test_every_metric_is_listed(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, base_url="http://127.0.0.1:1/")
    database = Database(sqlite_url)
    context = Context(settings, database, Calendar(None))
    exposed = exposition(context).decode()
    database.close()
    names = set(re.findall(r"^# TYPE (trialbot_\w+)", exposed, re.M))
    ours = {name for name in names if not name.endswith("_created")}
    assert set(table("metrics.md", "metric")) == ours


def test_every_reminder_is_listed_in_the_plan() -> None:
    assert set(table("domain.md", "reminder")) == set(ReminderKind.all())


def anchors(page: Path) -> set[str]:
    """Anchors that links may use: each heading as GitHub spells it."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", prose, re.M)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'src="([^"]+)"', prose):
        if target.startswith(OUTSIDE):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_it_names_is_there(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(CODE)}|docs)/[\w./-]*)`", page.read_text())
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_rule_that_code_cites_exists() -> None:
    cited = {
        place
        for name in CODE
        for file in (ROOT / name).rglob("*.py")
        for place in re.findall(r"docs/([\w-]+\.md)#([\w-]+)", file.read_text())
    }
    assert not [
        f"{page}#{place}" for page, place in cited if place not in anchors(ROOT / "docs" / page)
    ]


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs/trial.png").stat().st_size < 200_000
