"""Structural rules: what belongs to one package is used only there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ("bot", "cards", "store")
QUEUES = {"Inbox", "Outbox", "Slot", "Pause", "Beat"}
CORE = {"queues", "database", "migrations"}
OTHERWISE = re.compile(r"\bsession(\.connection\(\))?\.(scalars?|execute)\(")
AS_TEXT = {
    "bot/process/restored.py",
    "tests/engine/test_desk.py",
    "tests/store/crowd.py",
}
"""Files with a statement as text, which `session.exec` doesn't take."""
PARTS = {
    "drafts": "start",
    "start_forms": "start",
    "import_bulk": "import_trials",
    "import_rows": "import_trials",
    "uploads": "import_trials",
    "expiry": "reminders",
}
"""Files that are part of another file's feature."""


def test_only_the_queues_package_imports_queue_tables() -> None:
    room = ROOT / "store" / "queues"
    strangers = [file for file in _files() if not file.is_relative_to(room)]
    guilty = {str(file.relative_to(ROOT)) for file in strangers if QUEUES & set(_imported(file))}
    assert guilty == set()
    assert any(QUEUES & set(_imported(file)) for file in room.glob("*.py"))


def test_queues_use_sqlalchemy_core_only() -> None:
    """They pass a session on, but load nothing with it."""
    for file in (ROOT / "store" / "queues").glob("*.py"):
        assert set(_imported(file, "sqlmodel")) <= {"Session", "col"}, file
        assert not set(_imported(file, "sqlalchemy.orm")), file


def test_sessions_are_queried_with_sqlmodel() -> None:
    """Use SQLModel's `select` and `session.exec`; SQLAlchemy's are for the queues and below."""
    files = [*_files(), *(ROOT / "tests").rglob("*.py")]
    above = [file for file in files if not set(file.relative_to(ROOT).parts) & CORE]
    guilty = {str(file.relative_to(ROOT)) for file in above if _asks_otherwise(file)}
    assert guilty == AS_TEXT


def test_a_feature_has_the_same_name_on_every_floor() -> None:
    said = _features("bot")
    for floor in ("cards", "store"):
        assert {PARTS.get(name, name) for name in _features(floor)} <= said, floor


def _asks_otherwise(file: Path) -> bool:
    text = file.read_text()
    if any("select" in _imported(file, name) for name in ("sqlalchemy", "sqlalchemy.orm")):
        return True
    return bool(OTHERWISE.search(text))


def _features(floor: str) -> set[str]:
    return {file.stem for file in (ROOT / floor / "features").glob("[!_]*.py")}


def _files() -> Iterator[Path]:
    for floor in FLOORS:
        yield from (ROOT / floor).rglob("*.py")


def _imported(file: Path, module: str = "store.tables") -> Iterator[str]:
    """The names that a file imports from a module."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (alias.name for alias in node.names)
