"""What a row of a trials file means: a trial as Partner Hub shows it, or why it can't be one.

Rule: docs/import.md#rows.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import orjson

from store.refusals import DAY_IN_FUTURE, Reason, Refused
from store.rules.columns import Column
from store.rules.dates import consent_deadline, end_of, grace_end
from store.terms import Kind, Service, State

DAY_MISSING = Reason("day-missing")
ENDS_BEFORE_START = Reason("ends-before-start")
TOO_LONG = Reason("too-long")
TRIAL_OVER = Reason("trial-over")
CONSENT_OVER = Reason("consent-over")
NO_SERVICE = Reason("no-service")
NOT_AT_CISCO = Reason("not-at-cisco")
STATUS_DIFFERS = Reason("status-differs")

SHORTEST, LONGEST = 1, 730
DEFAULT_DURATION = 30
DEFAULT_LICENCES = 100


class Standing(StrEnum):
    """What a row's status says; empty if it says nothing."""

    UNSAID = ""
    CONSENT = "consent"
    PROVISIONING = "provisioning"
    RUNS = "runs"
    EXPIRED = "expired"
    OVER = "over"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    NOT_THERE = "not-there"


class Order(StrEnum):
    """How a file writes dates such as 03/04/2026."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that could be read, as plain data.

    `company_key`, `holders`: what the company and the customer are compared by. `days`: by column,
    each ISO day that the cell can mean, the one with the day first first. `device`: type, models,
    order number, country and serials of a shipment, and by serial the ISO day of its return
    (`back`).
    """

    line: int
    company: str
    company_key: str
    administrator: str
    holders: list[str]
    full_administrators: list[str] = field(default_factory=list)
    organisation_id: str = ""
    code: str = ""
    country: str = ""
    language: str = ""
    kind: str = ""
    standing: str = ""
    services: list[str] = field(default_factory=list)
    licences: int | None = None
    device_licences: int | None = None
    meetings_options: list[str] = field(default_factory=list)
    site: str = ""
    site_time_zone: str = ""
    locations: int | None = None
    order_number: str = ""
    extensions: int | None = None
    duration: int | None = None
    days: dict[str, list[str]] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)


def dumped(row: Row) -> str:
    """A row as a line of JSON; what is blank in it is left out, because a file has many of them."""
    said = {name: value for name in Row.__slots__ if _says(value := getattr(row, name))}
    return orjson.dumps(said).decode()


def loaded(rows: str) -> Iterator[Row]:
    """Rows from lines as `dumped` wrote them, or from the list of an earlier release.

    They are read one by one: as objects, they take ten times as much memory.
    """
    if rows.startswith("["):
        yield from (Row(**said) for said in orjson.loads(rows))
    else:
        yield from (Row(**orjson.loads(line)) for line in rows.split("\n") if line)


def _says(value: object) -> bool:
    return value not in ("", None, [], {})


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked once for a whole file; None and empty: it wasn't."""

    order: Order | None = None
    first_day: date | None = None
    duration: int | None = None
    services: Sequence[Service] = ()
    space_id: int | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """The trial that a row means, in Partner Hub's dates, and the days of its shipment."""

    row: Row
    kind: Kind
    state: State
    first_day: date
    duration: int
    services: tuple[Service, ...]
    ends: date | None = None
    asked_on: date | None = None
    accepted_on: date | None = None
    ended_on: date | None = None
    converted_on: date | None = None
    cancelled_on: date | None = None
    shipped: dict[Column, date] = field(default_factory=dict)

    @property
    def lives(self) -> bool:
        """Whether it holds its services."""
        return self.state not in (State.ENDED, State.CONVERTED, State.CANCELLED)


def meant(row: Row, answers: Answers, today: date) -> Meant:
    """What a row means today.

    Refused: TRIAL_OVER, NOT_AT_CISCO, STATUS_DIFFERS, CONSENT_OVER (`day`), DAY_MISSING (`column`),
    DAY_IN_FUTURE (`day`), ENDS_BEFORE_START (`first`, `ends`), TOO_LONG (`first`, `ends`),
    NO_SERVICE.
    """
    days = {Column(name): _day(read, answers.order) for name, read in row.days.items()}
    days |= _counted_back(row, days, today)
    standing = _standing(Standing(row.standing), days)
    services = tuple(Service(each) for each in row.services) or tuple(answers.services)
    if standing is Standing.NOT_THERE:
        raise Refused(NOT_AT_CISCO)
    if not services:
        raise Refused(NO_SERVICE)
    for column in _PAST:
        if column in days and days[column] > today:
            raise Refused(DAY_IN_FUTURE, day=days[column])
    if standing in (Standing.CONSENT, Standing.PROVISIONING):
        return _waiting(row, standing, days, services, answers, today)
    if standing in _ENDED_BY:
        return _left_early(row, standing, days, services, answers, today)
    return _running(row, standing, days, services, answers, today)


def _counted_back(row: Row, days: Container[Column], today: date) -> dict[Column, date]:
    """The day on which the last device came back, if all did. Refused: DAY_IN_FUTURE."""
    back = {serial: date.fromisoformat(day) for serial, day in row.device.get("back", {}).items()}
    if late := [day for day in back.values() if day > today]:
        raise Refused(DAY_IN_FUTURE, day=late[0])
    there = serials_of(row)
    few = len(there) < sum(row.device.get("models", {}).values())
    if few or len(back) < len(there) or not back or Column.RETURNED_ON in days:
        return {}
    return {Column.RETURNED_ON: max(back.values())}


def serials_of(row: Row) -> list[str]:
    """The serial numbers of a row's devices, those that are back included."""
    return list(dict.fromkeys([*row.device.get("serials", ()), *row.device.get("back", ())]))


_PAST = (
    Column.ASKED_ON,
    Column.ACCEPTED_ON,
    Column.FIRST_DAY,
    Column.ORDERED_ON,
    Column.CONVERTED_ON,
    Column.CANCELLED_ON,
    Column.SHIPPED_ON,
    Column.RETURNED_ON,
)
"""The days of what has happened already."""

_ENDED_BY = {
    Standing.CONVERTED: Column.CONVERTED_ON,
    Standing.CANCELLED: Column.CANCELLED_ON,
}
"""What ends a trial before its last day, and the column with its day."""


def _standing(said: Standing, days: Container[Column]) -> Standing:
    """What a row's status says or, without one, its days. Refused: STATUS_DIFFERS."""
    ended = [standing for standing, column in _ENDED_BY.items() if column in days]
    if any(standing is not said for standing in ended) and (said or len(ended) > 1):
        raise Refused(STATUS_DIFFERS)
    if said or ended:
        return said or ended[0]
    if Column.FIRST_DAY in days or Column.ENDS in days:
        return said
    if Column.ACCEPTED_ON in days:
        return Standing.PROVISIONING
    return Standing.CONSENT if Column.ASKED_ON in days else said


def _day(read: Sequence[str], order: Order | None) -> date:
    return date.fromisoformat(read[-1] if order is Order.MONTH_FIRST else read[0])


def _waiting(
    row: Row,
    standing: Standing,
    days: dict[Column, date],
    services: tuple[Service, ...],
    answers: Answers,
    today: date,
) -> Meant:
    """A trial that waits for consent, or to be provisioned."""
    consent = standing is Standing.CONSENT
    column = Column.ASKED_ON if consent else Column.ACCEPTED_ON
    if column not in days:
        raise Refused(DAY_MISSING, column=column)
    if consent and (until := consent_deadline(days[column])) < today:
        raise Refused(CONSENT_OVER, day=until)
    return Meant(
        row,
        Kind.EXISTING,
        State.CONSENT if consent else State.PROVISIONING,
        days[column],
        row.duration or answers.duration or DEFAULT_DURATION,
        services,
        asked_on=days.get(Column.ASKED_ON),
        accepted_on=None if consent else days[column],
        shipped=days if row.device else {},
    )


def _running(
    row: Row,
    standing: Standing,
    days: dict[Column, date],
    services: tuple[Service, ...],
    answers: Answers,
    today: date,
) -> Meant:
    """A trial that runs, is in grace, or has ended with its devices still out."""
    first, ends = _term(row, days, answers)
    if first > today:
        raise Refused(DAY_IN_FUTURE, day=first)
    over = today > grace_end(ends)
    if (over or standing is Standing.OVER) and not _is_out(row, days):
        raise Refused(TRIAL_OVER)
    if standing is Standing.OVER and not over:
        raise Refused(STATUS_DIFFERS)
    if standing is Standing.EXPIRED and ends >= today:
        raise Refused(STATUS_DIFFERS)
    return Meant(
        row,
        _kind(row, days),
        State.ENDED if over else State.ACTIVE,
        first,
        row.duration or max((ends - first).days, SHORTEST),
        services,
        ends=ends,
        asked_on=days.get(Column.ASKED_ON),
        accepted_on=days.get(Column.ACCEPTED_ON),
        ended_on=grace_end(ends) + timedelta(days=1) if over else None,
        shipped=days if row.device else {},
    )


def _left_early(
    row: Row,
    standing: Standing,
    days: dict[Column, date],
    services: tuple[Service, ...],
    answers: Answers,
    today: date,
) -> Meant:
    """A trial that was converted or cancelled, with its devices still out.

    One that was cancelled before it was provisioned has no first and no last day.
    """
    if not _is_out(row, days):
        raise Refused(TRIAL_OVER)
    column = _ENDED_BY[standing]
    if column not in days:
        raise Refused(DAY_MISSING, column=column)
    first, ends = days.get(Column.ACCEPTED_ON, days.get(Column.ASKED_ON)), None
    ran = standing is Standing.CONVERTED or {Column.FIRST_DAY, Column.ENDS} & {*days}
    if first is None or ran:
        first, ends = _term(row, days, answers)
    if first > today:
        raise Refused(DAY_IN_FUTURE, day=first)
    if days[column] < first:
        raise Refused(ENDS_BEFORE_START, first=first, ends=days[column])
    term = row.duration or answers.duration or DEFAULT_DURATION
    return Meant(
        row,
        _kind(row, days),
        State(standing),
        first,
        term if row.duration or ends is None else max((ends - first).days, SHORTEST),
        services,
        ends=ends,
        asked_on=days.get(Column.ASKED_ON),
        accepted_on=days.get(Column.ACCEPTED_ON),
        converted_on=days.get(Column.CONVERTED_ON),
        cancelled_on=days.get(Column.CANCELLED_ON),
        shipped=days,
    )


def _kind(row: Row, days: Container[Column]) -> Kind:
    """The kind of customer; without one, only an existing customer has accepted."""
    if row.kind:
        return Kind(row.kind)
    return Kind.EXISTING if Column.ACCEPTED_ON in days else Kind.NEW


def _term(row: Row, days: dict[Column, date], answers: Answers) -> tuple[date, date]:
    """The first and the last day. Refused: DAY_MISSING, ENDS_BEFORE_START, TOO_LONG."""
    first, ends = days.get(Column.FIRST_DAY), days.get(Column.ENDS)
    duration = row.duration or answers.duration
    if first is None and ends is None:
        first = answers.first_day
    if first is None and ends is not None and duration:
        first = ends - timedelta(days=duration)
    if first is None:
        raise Refused(DAY_MISSING, column=Column.FIRST_DAY)
    if ends is None and not duration:
        raise Refused(DAY_MISSING, column=Column.ENDS)
    ends = ends or end_of(first, duration or DEFAULT_DURATION)
    if ends < first:
        raise Refused(ENDS_BEFORE_START, first=first, ends=ends)
    if (ends - first).days > LONGEST:
        raise Refused(TOO_LONG, first=first, ends=ends)
    return first, ends


def _is_out(row: Row, days: dict[Column, date]) -> bool:
    return bool(row.device) and Column.RETURNED_ON not in days
