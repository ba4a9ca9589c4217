"""The numbers of a report: trials by status, what expires, devices due, conversions by month.

Everything is counted by the dates that Cisco is known to have; open changes are counted apart. The
database does the counting, so that only a row for each day comes out of it. Rule:
docs/domain.md#the-report.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, case, col, func, literal, select

from store.features.extend import EXTENSION
from store.features.shared.reading import partners_of
from store.features.shared.trials import LAST_OF_DAYS
from store.refusals import NOTHING_FOR_YOU, Refused
from store.rules.dates import due_back, grace_end
from store.rules.hub import HubChange
from store.rules.statuses import status_by
from store.tables import HubTask, Person, Space, Trial
from store.terms import State, Status

WEEKS = 12
MONTHS = 12
SOON = timedelta(days=14)
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(slots=True)
class Count:
    """Trials in one status; `open_`: those of them with a change that waits for Partner Hub."""

    trials: int = 0
    open_: int = 0


@dataclass(slots=True)
class Week:
    """A week from Monday to Sunday; the first of a report begins today.

    `expiring`: trials whose E is in it. `waiting`: those of them with an open extension. `grace`:
    trials in grace today whose last day of grace, E+30, is in it.
    """

    first: date
    last: date
    expiring: int = 0
    waiting: int = 0
    grace: int = 0


@dataclass(slots=True)
class Month:
    """A month of the conversion rate; `finished`: trials that had run and were over in it."""

    first: date
    converted: int = 0
    finished: int = 0


@dataclass(slots=True)
class Devices:
    """Trials with devices that are still out, by their earliest D+14.

    `soon`: due today or within 14 days. `unknown`: no D is known.
    """

    overdue: int = 0
    soon: int = 0
    later: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Numbers of a day. `changes`: trials with an open change of each kind."""

    day: date
    weeks: Sequence[Week]
    months: Sequence[Month]
    devices: Devices
    statuses: dict[Status, Count] = field(default_factory=dict)
    changes: Counter[HubChange] = field(default_factory=Counter)


def report(session: Session, today: date, *, by: Person, within: int | None = None) -> Report:
    """Report on all trials that a person may see; `within`: only this partner's.

    Refused: NOTHING_FOR_YOU without a role.
    """
    partners = partners_of(session, by, within)
    if not partners:
        raise Refused(NOTHING_FOR_YOU)
    return _report(session, col(Trial.partner_id).in_(partners), today)


def of_space(session: Session, space: Space, today: date) -> Report:
    """Report on the trials of one space."""
    return _report(session, col(Trial.space_id) == space.id, today)


def _report(session: Session, ours: ColumnElement[bool], today: date) -> Report:
    found = Report(today, _weeks(today), _months(today), _devices(session, ours, today))
    months = {(month.first.year, month.first.month): month for month in found.months}
    for group in _groups(session, ours):
        status = status_by(group.state, group.asked, group.ends, group.changes, today)
        count = found.statuses.setdefault(status, Count())
        count.trials += group.trials
        wanted = [kind for kind in group.changes if kind.keeps]
        count.open_ += group.trials if wanted else 0
        found.changes.update(dict.fromkeys(wanted, group.trials))
        _count_week(found, group, status)
        _count_month(months, group, status)
    return found


# ------------------------------------------------------------------ trials


@dataclass(frozen=True, slots=True)
class _Group:
    """Trials that read alike: their state, the day that decides it, their open changes.

    `day`: when consent was asked for, E, or when the trial was converted or cancelled. `ran`:
    whether they have, or had, an E.
    """

    state: State
    day: date | None
    ran: bool
    changes: tuple[HubChange, ...]
    trials: int

    @property
    def asked(self) -> date | None:
        """The day on which consent was asked for, while it decides."""
        return self.day if self.state is State.CONSENT else None

    @property
    def ends(self) -> date | None:
        """E, while it decides."""
        return self.day if self.state in (State.ACTIVE, State.ENDED) else None


def _groups(session: Session, ours: ColumnElement[bool]) -> Iterator[_Group]:
    state = col(Trial.state)
    day = case(
        (state == State.CONSENT, col(Trial.asked_on)),
        (state == State.CONVERTED, col(Trial.converted_on)),
        (state == State.CANCELLED, col(Trial.cancelled_on)),
        else_=col(Trial.ends),
    )
    parts = (day.label("day"), col(Trial.ends).is_not(None).label("ran"), _changes())
    each = select(state.label("state"), *parts).where(ours).subquery()
    alike: tuple[Any, ...] = (each.c.state, each.c.day, each.c.ran, each.c.changes)
    counted: tuple[Any, ...] = (*alike, func.count())
    for kind, at, ran, changes, n in session.exec(select(*counted).group_by(*alike)):
        kinds = tuple(HubChange.of(word) for word in changes.split())
        yield _Group(State(kind), at, bool(ran), kinds, n)


def _changes() -> ColumnElement[str]:
    """The open changes of a trial, as one text; a conversion only shows in the status."""
    counted = [kind for kind in HubChange.all() if kind.instead or kind.keeps]
    theirs = select(func.aggregate_strings(col(HubTask.change), " ")).where(
        col(HubTask.trial_id) == col(Trial.id),
        col(HubTask.done_on).is_(None),
        col(HubTask.waits).is_(True),
        col(HubTask.change).in_(counted),
    )
    todo = col(Trial.todo_since).is_not(None)
    some = case((todo, theirs.scalar_subquery()), else_=literal(""))
    return func.coalesce(some, "").label("changes")


def _weeks(today: date) -> list[Week]:
    monday = today - today.weekday() * _DAY
    mondays = [monday + n * _WEEK for n in range(WEEKS)]
    return [Week(max(first, today), first + _WEEK - _DAY) for first in mondays]


def _count_week(found: Report, group: _Group, status: Status) -> None:
    """Count trials in the week in which they expire or, in grace, lose it."""
    if group.ends is None or status not in (Status.ACTIVE, Status.GRACE):
        return
    in_grace = status is Status.GRACE
    last = grace_end(group.ends) if in_grace else group.ends
    week = next((week for week in found.weeks if week.first <= last <= week.last), None)
    if week is None:
        return
    if in_grace:
        week.grace += group.trials
    else:
        week.expiring += group.trials
        week.waiting += group.trials if EXTENSION in group.changes else 0


def _months(today: date) -> list[Month]:
    """The present month and those before it, oldest first."""
    months = [today.year * 12 + today.month - 1 - back for back in range(MONTHS)]
    return [Month(date(n // 12, n % 12 + 1, 1)) for n in reversed(months)]


def _count_month(months: Mapping[tuple[int, int], Month], group: _Group, status: Status) -> None:
    """Count trials that are over; one that never ran couldn't be converted."""
    day = group.day
    if status is Status.ENDED and group.ends is not None:
        day = grace_end(group.ends) + _DAY
    over = status in (Status.CONVERTED, Status.ENDED, Status.CANCELLED)
    month = months.get((day.year, day.month)) if over and day else None
    if month is None or not (group.ran or status is Status.CONVERTED):
        return
    month.finished += group.trials
    month.converted += group.trials if status is Status.CONVERTED else 0


# ------------------------------------------------------------------ devices


def _devices(session: Session, ours: ColumnElement[bool], today: date) -> Devices:
    due = col(Trial.devices_due)
    found = Devices()
    rows = select(due, func.count()).where(ours, due.is_not(None)).group_by(due)
    for expires, n in session.exec(rows):
        name = _when(expires or LAST_OF_DAYS, today)
        setattr(found, name, getattr(found, name) + n)
    return found


def _when(expires: date, today: date) -> str:
    if expires == LAST_OF_DAYS:
        return "unknown"
    if due_back(expires) < today:
        return "overdue"
    return "soon" if due_back(expires) <= today + SOON else "later"
