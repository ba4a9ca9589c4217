"""What belongs into one room stands there alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ("bot", "cards", "store")
QUEUES = {"Inbox", "Outbox", "Slot", "Pause", "Beat"}


def test_tables_of_queues_are_known_in_their_room_only() -> None:
    room = ROOT / "store" / "queues"
    strangers = [file for file in _files() if not file.is_relative_to(room)]
    guilty = {str(file.relative_to(ROOT)) for file in strangers if QUEUES & set(_imported(file))}
    assert guilty == set()
    assert any(QUEUES & set(_imported(file)) for file in room.glob("*.py"))


def _files() -> Iterator[Path]:
    for floor in FLOORS:
        yield from (ROOT / floor).rglob("*.py")


def _imported(file: Path) -> Iterator[str]:
    """The names that a file imports from `store.tables`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "store.tables":
            yield from (alias.name for alias in node.names)
