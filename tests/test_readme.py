"""The README is true: its tables name every word, setting, command and metric."""

import re
from pathlib import Path

import bot.features
from bot.__main__ import main
from bot.clock import Calendar
from bot.conversation.routes import commands
from bot.engine.context import Context
from bot.settings import Settings
from bot.web.gauges import exposition
from cards.kit.words import Words
from store.database.database import Database

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def table(heading: str) -> dict[str, str]:
    """The rows of the table whose first column is headed so: first cell → the whole row."""
    found = re.search(rf"^\| {heading} \|.*\n\|[ -|]+\n((?:\|.*\n)*)", README, re.M)
    assert found, f"no table of {heading}"
    rows = [row for row in found[1].splitlines() if row]
    return {row.split("|")[1].strip().strip("`"): row for row in rows}


def test_every_word_stands_with_what_it_does() -> None:
    assert bot.features.__path__
    words = Words("en")
    expected = {
        f"{each.word} {words(each.takes)}".strip().replace("|", "\\|"): words(each.help)
        for each in commands.values()
    }
    there = {re.sub(r"(?<!\\)`", "", name): row for name, row in words_table().items()}
    assert set(there) == set(expected)
    assert not [name for name, does in expected.items() if does not in there[name]]


def words_table() -> dict[str, str]:
    """The words' table; a bar inside a cell is escaped."""
    found = re.search(r"^\| word \|.*\n\|[ -|]+\n((?:\|.*\n)*)", README, re.M)
    assert found
    rows = [row for row in found[1].splitlines() if row]
    return {re.split(r"(?<!\\)\|", row)[1].strip(): row for row in rows}


def test_every_setting_stands_with_its_meaning() -> None:
    expected = {
        field.validation_alias.choices[0]: field.description  # type: ignore[union-attr]
        for field in Settings.model_fields.values()
    }
    there = table("variable")
    assert set(there) == set(expected)
    assert not [name for name, meaning in expected.items() if str(meaning) not in there[name]]


def test_every_command_stands_with_what_it_does() -> None:
    assert set(table("command")) == {f"trialbot {name}" for name in main.commands}


def test_every_metric_stands_with_its_meaning(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, base_url="http://127.0.0.1:1/")
    database = Database(sqlite_url)
    context = Context(settings, database, Calendar(None))
    exposed = exposition(context).decode()
    database.close()
    names = set(re.findall(r"^# TYPE (trialbot_\w+)", exposed, re.M))
    ours = {name for name in names if not name.endswith("_created")}
    assert set(table("metric")) == ours


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / name).exists(), name
