"""The statements that something sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlmodel import Session


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Collect the statements sent to the database inside the block."""
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    yield asked
    event.remove(session.connection(), "before_cursor_execute", note)


def about_parts(asked: list[str]) -> list[str]:
    """Those that load only the services, the Partner Hub tasks or the shipments of trials."""
    parts = ("SELECT trial_service.", "SELECT hub_task.", "SELECT shipment.")
    return [each for each in asked if each.startswith(parts)]
