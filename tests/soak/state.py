"""The final state, written so that two runs can be compared.

Instants are cut to their day; numbered or random values are left out.
"""

import re
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from store.database.database import Database
from store.tables import Customer, History, HubTask, Outbox, Reminder, Reservation, Trial

State = dict[str, Any]

_DRAWN = {"id", "created_at", "administrator_id"}


def state_of(database: Database) -> State:
    """Trials with everything attached to them, reminders, and what was sent for reminders."""
    with database.reading() as session:
        return {
            "trials": _by_id(session, Trial),
            "customers": _by_id(session, Customer),
            "reservations": _bag(row.key for row in session.exec(select(Reservation))),
            "tasks": _bag(_task(task) for task in session.exec(select(HubTask))),
            "history": _history(session),
            "reminders": _bag(_reminder(row) for row in session.exec(select(Reminder))),
            "bells": sorted({_bell(row) for row in session.exec(_BELLS)}),
        }


_BELLS = select(Outbox).where(col(Outbox.bell), Outbox.outcome == "sent", Outbox.call == "post")


def differences(one: State, other: State) -> list[str]:
    """Where two states differ, a line for each part."""
    different = [part for part in one if one[part] != other[part]]
    return [
        f"{part}: {_minus(one[part], other[part])} ≠ {_minus(other[part], one[part])}"[:2000]
        for part in different
    ]


def _by_id(session: Session, table: type[SQLModel]) -> dict[int, Any]:
    rows = session.exec(select(table).order_by(table.id))  # type: ignore[attr-defined]
    return {
        row.id: {k: _cut(v) for k, v in row.model_dump().items() if k not in _DRAWN}  # type: ignore[attr-defined]
        for row in rows
    }


def _task(task: HubTask) -> str:
    ticks = {step: tick["by"] for step, tick in sorted(task.ticks.items())}
    return f"{task.trial_id} {task.change} {task.saved_on} {task.done_on} {ticks} {task.facts}"


def _history(session: Session) -> dict[str, list[str]]:
    """History lines in order, per trial and author; the calendar's own lines form one group."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.exec(select(History).order_by(col(History.id))):
        line = f"{row.what} {row.at:%Y-%m-%d} {row.before} {row.after} {row.note}"
        found[f"{row.trial_id} by {row.by}"].append(line)
    return dict(found)


def _reminder(row: Reminder) -> str:
    rang_on = f"{row.rang_at:%Y-%m-%d}" if row.rang_at else "never"
    key = re.sub(r"/task\d+", "/task", row.key)
    return f"{key} {row.rings_at:%Y-%m-%d %H:%M} {row.outcome} {rang_on}"


def _bell(row: Outbox) -> str:
    return f"{row.trial_id} {row.text}"


def _bag(lines: Any) -> dict[str, int]:
    return dict(Counter(lines))


def _cut(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else value


def _minus(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {key: value for key, value in one.items() if other.get(key) != value}
    return [each for each in one if each not in other]
