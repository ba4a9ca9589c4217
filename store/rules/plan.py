"""Plan a trial's reminders: a pure function of its dates.

Each feature declares its part with `@plans`. `plan` returns every reminder for the trial's state,
past ones too. Callers store only `upcoming(rings, space, since)`, where `since` is the moment of
the operation, and never touch a key that has rung. The key is `<trial>/<kind>/<anchor>`, plus the
shipment, task or snooze where there are several; a new key is a new reminder. It also determines
the slot of the newest message on its topic (`slot_of`).

Weekly reminders never end: each has its own day in its key, and a plan holds those of the next two
weeks. Ringing replans, so there is always a next one.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.rules.dates import WEEKEND, is_working_day, working_day_before
from store.rules.reminder_kinds import ReminderKind
from store.tables import Space, Trial

WEEK = timedelta(days=7)
HORIZON = 2 * WEEK
SNOOZE_REACH = timedelta(days=17)
"""How far back a snooze looks for the reminder it puts off.

The longest gap between two of one topic (E+1 to E+15) and three days.
"""


@dataclass(frozen=True, order=True)
class Ring:
    """A planned reminder with its time.

    `rings_at`: UTC. `anchor`: the date it counts from. `names_day`: the true date it is about,
    which it names even if it rings on the working day before.
    """

    rings_at: datetime
    kind: ReminderKind
    anchor: date
    key: str
    shipment_id: int | None
    names_day: date


def plan(
    trial: Trial,
    space: Space,
    *,
    now: datetime,
    holidays: frozenset[date] = frozenset(),
    weekend: frozenset[int] = WEEKEND,
) -> list[Ring]:
    """Plan every reminder of a trial, in order, at its space's hour and time zone.

    `now` only limits the weekly ones. `holidays` and `weekend` (Monday = 0) apply if the space
    keeps working days.
    """
    zone = ZoneInfo(space.time_zone)
    horizon = now.astimezone(zone).date() + HORIZON
    until = max(horizon, trial.snoozed_until or horizon)
    planned = [each for planner in planners for each in planner(trial, until)]
    if space.working_days:
        planned = [_on_working_day(each, holidays, weekend) for each in planned]
    if trial.snoozed_until is not None:
        planned = _snoozed(planned, trial.snoozed_until)
    return sorted(
        Ring(
            rings_at=instant(each.rings_on, space.reminder_hour, zone),
            kind=each.kind,
            anchor=each.anchor,
            key=f"{trial.id}/{each.kind}/{each.anchor}{each.mark}",
            shipment_id=each.shipment_id,
            names_day=each.day,
        )
        for each in planned
    )


def upcoming(rings: Iterable[Ring], space: Space, since: datetime) -> list[Ring]:
    """The reminders still to be stored at `since`: those that ring from then on.

    A reminder moved to a working day before `since` stays while its true date is still ahead: it
    rings at once instead of never. So does one that reports what a date has ended, however late.
    """
    zone = ZoneInfo(space.time_zone)
    return [
        ring
        for ring in rings
        if ring.kind.lapses
        or max(ring.rings_at, instant(ring.names_day, space.reminder_hour, zone)) >= since
    ]


def instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """A local hour in UTC.

    If the hour occurs twice, the first one; if it is skipped, later by as much as the clock jumped.
    """
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def day_of(kind: ReminderKind, anchor: date) -> date:
    """The true date a reminder is about; a weekly one's anchor is that date."""
    return anchor + timedelta(days=kind.after or 0)


# ------------------------------------------------------------------ what a stored key says

_PUT_OFF_TO = re.compile(r"/\d{4}-\d\d-\d\d$")


def topic_of(key: str) -> str:
    """A reminder's topic, from its key: `/shipment5`, or "" for the service."""
    mark = "".join(f"/{rest}" for rest in key.split("/", 3)[3:])
    return _PUT_OFF_TO.sub("", mark)


def slot_of(trial_id: int, kind: ReminderKind, key: str) -> str:
    """The slot of a reminder's message; only a newer one on its topic replaces it.

    The slots of the service and the customer keep the names they had before topics existed.
    """
    topic = topic_of(key)
    if kind.to_customer:
        return f"customer/{trial_id}/{topic.removeprefix('/shipment') or 'service'}"
    return f"trial/{trial_id}/bell{topic}"


def slot_of_morning(space_id: int, rang: datetime) -> str:
    """The slot of a morning card: each has its own, so that the next one leaves it alone.

    `rang`: when its reminders were settled (queue time).
    """
    return f"space/{space_id}/morning/{rang.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


# ------------------------------------------------------------------ what a feature plans


@dataclass(frozen=True)
class Planned:
    """A planned reminder without a time of day.

    `day`: the true date it is about. `not_before`: it must ring after this day. `topic`: its
    shipment, task or the like (`/task5`), "" for the service; a newer message replaces one of the
    same topic. `mark`: what its key adds to kind and anchor.
    """

    kind: ReminderKind
    anchor: date
    day: date
    rings_on: date
    not_before: date | None
    topic: str = ""
    mark: str = ""
    shipment_id: int | None = None

    def __post_init__(self) -> None:
        if self.topic and not re.fullmatch(r"/\w+", self.topic):
            raise ValueError(f"a topic reads /word5, not {self.topic}")


Planner = Callable[[Trial, date], Iterable[Planned]]
planners: list[Planner] = []


def plans(planner: Planner) -> Planner:
    """Register a planner `(trial, until)`; `until`: the last day to plan weekly reminders for."""
    planners.append(planner)
    return planner


def counted(kind: ReminderKind, anchor: date, topic: str = "") -> Planned:
    """Plan a reminder as many days after its anchor as its kind says."""
    day = day_of(kind, anchor)
    not_before = anchor if day > anchor else None
    return Planned(kind, anchor, day, day, not_before, topic=topic, mark=topic)


def weekly(kind: ReminderKind, start: date, until: date, topic: str = "") -> Iterator[Planned]:
    """Plan a reminder for each week after `start` up to `until`, and at least one.

    So one is always planned, and ringing plans the next.
    """
    day = start + WEEK
    while day <= max(until, start + WEEK):
        yield Planned(kind, day, day, day, not_before=day - WEEK, topic=topic, mark=topic)
        day += WEEK


# ------------------------------------------------------------------ moved days


def _on_working_day(each: Planned, holidays: Container[date], weekend: Container[int]) -> Planned:
    """Move a partner's reminder to the working day before; a customer's keeps its day.

    It never moves back to the day it counts from, so that nobody reads "expired" too early. It
    moves to the next working day within the week instead, or else keeps its day.
    """
    if each.kind.keeps_its_day or is_working_day(each.day, holidays, weekend):
        return each
    earlier = working_day_before(each.day, holidays, weekend)
    if each.not_before is None or earlier > each.not_before:
        return replace(each, rings_on=earlier)
    week = (each.day + timedelta(days=n) for n in range(1, 7))
    later = (day for day in week if is_working_day(day, holidays, weekend))
    return replace(each, rings_on=next(later, each.day))


def _snoozed(planned: Sequence[Planned], until: date) -> list[Planned]:
    """Postpone reminders that can wait and would ring before `until` to that day.

    Only the newest of each topic rings again, and only if nothing newer on it rings by then.
    """
    silent = [each for each in planned if each.kind.can_wait and each.rings_on < until]
    kept = [each for each in planned if each not in silent]
    for topic in {each.topic for each in silent}:
        heard = [b for b in planned if b.topic == topic and b.rings_on <= until]
        newest = max((b for b in heard if not b.kind.to_customer), key=_newest)
        if newest in silent and newest.rings_on >= until - SNOOZE_REACH:
            kept.append(replace(newest, rings_on=until, mark=f"{newest.mark}/{until}"))
    return kept


def _newest(each: Planned) -> tuple[date, date, int]:
    return each.rings_on, each.day, -each.kind.urgency
