"""Which reminders a trial has, and when: a pure function of its dates.

Each feature declares its part with `@plans`. `plan` gives every reminder that the state of a trial
has, past ones too. Whoever stores them keeps only `upcoming(rings, space, since)`, where `since` is
the moment of the operation, and never touches a key that has rung. The key,
`<trial>/<kind>/<anchor>` and the shipment, task or snooze where there are several, decides what is
new. Where the newest message about one topic stands (`slot_of`) follows from it, too.

Weekly reminders have no last one: each has its own day in its key, and the plan holds all of them
up to two weeks from today. Ringing replans, so there is always a next one, and one a week.
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
"""How far back a snooze finds the reminder it puts off: the longest gap between two of one topic
(E+1 to E+15) and three days."""


@dataclass(frozen=True, order=True)
class Ring:
    """A reminder at its moment.

    `rings_at`: UTC. `anchor`: the date it counts from. `names_day`: the true day it is about, which
    it names even where it rings the working day before.
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
    """Every reminder of a trial, in order, at its space's hour and zone.

    `now` only bounds the weekly ones; `holidays` and `weekend` (Monday = 0) count where the space
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
    """What is still to be planned at `since`: what rings from then on.

    A reminder that was moved to a working day before `since` is kept while its own day is still
    ahead: it rings at once instead of never.
    """
    zone = ZoneInfo(space.time_zone)
    return [
        ring
        for ring in rings
        if max(ring.rings_at, instant(ring.names_day, space.reminder_hour, zone)) >= since
    ]


def instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """A local hour as UTC: the first of two, and in a gap as much later as the clock jumped."""
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def day_of(kind: ReminderKind, anchor: date) -> date:
    """The true day that a reminder is about; a weekly one's anchor is that day itself."""
    return anchor + timedelta(days=kind.after or 0)


# ------------------------------------------------------------------ what a stored key says

_PUT_OFF_TO = re.compile(r"/\d{4}-\d\d-\d\d$")


def topic_of(key: str) -> str:
    """What a trial's reminder is about, as it was planned: `/shipment5`; "" for the service."""
    mark = "".join(f"/{rest}" for rest in key.split("/", 3)[3:])
    return _PUT_OFF_TO.sub("", mark)


def slot_of(trial_id: int, kind: ReminderKind, key: str) -> str:
    """Where a reminder's message stands: a newer one of its topic takes its place, no other.

    The service's slots, and the customer's, are named as releases before topics named them.
    """
    topic = topic_of(key)
    if kind.to_customer:
        return f"customer/{trial_id}/{topic.removeprefix('/shipment') or 'service'}"
    return f"trial/{trial_id}/bell{topic}"


# ------------------------------------------------------------------ what a feature plans


@dataclass(frozen=True)
class Planned:
    """A reminder before it has an hour.

    `day`: the true day it is about. `not_before`: it may not move back to this day. `topic`: the
    shipment or task that it is about, else the service. `mark`: what the key has besides kind and
    anchor.
    """

    kind: ReminderKind
    anchor: date
    day: date
    rings_on: date
    not_before: date | None
    topic: str = ""
    mark: str = ""
    shipment_id: int | None = None


Planner = Callable[[Trial, date], Iterable[Planned]]
planners: list[Planner] = []


def plans(planner: Planner) -> Planner:
    """Plan what `(trial, until)` gives; `until`: the last day for which weekly ones are planned."""
    planners.append(planner)
    return planner


def counted(kind: ReminderKind, anchor: date, topic: str = "") -> Planned:
    """A reminder so many days after its anchor as its kind says."""
    day = day_of(kind, anchor)
    not_before = anchor if day > anchor else None
    return Planned(kind, anchor, day, day, not_before, topic=topic, mark=topic)


def weekly(kind: ReminderKind, start: date, until: date) -> Iterator[Planned]:
    """A reminder each week after `start` up to `until`; the first one whenever it is.

    So there is always one that rings, and ringing plans the next.
    """
    day = start + WEEK
    while day <= max(until, start + WEEK):
        yield Planned(kind, anchor=day, day=day, rings_on=day, not_before=day - WEEK)
        day += WEEK


# ------------------------------------------------------------------ moved days


def _on_working_day(each: Planned, holidays: Container[date], weekend: Container[int]) -> Planned:
    """Move a partner's reminder to the working day before; other people's keep the day.

    It never goes back to the day that it follows (nobody hears "expired" while it isn't): then the
    next working day within the week is taken, else its own.
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
    """Keep silent before `until` what can be put off, and say it on that day.

    Of each topic only the newest is said again, and only if nothing newer of it rings by then.
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
