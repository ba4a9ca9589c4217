"""Which reminders a trial has, and when: a pure function of its dates (PRODUCT §3).

`plan` gives every reminder that the state of a trial has, past ones too. Who writes them keeps only
`upcoming(rings, space, since)`, where `since` is the moment of the operation, and never touches a
key that has rung. The key, `<trial>/<kind>/<anchor>` and the shipment, task or snooze where there
are several, decides what is new.

Weekly reminders have no last one: each has its own day in its key, and the plan holds all of them
up to two weeks from today. Ringing replans, so there is always a next one, and one a week.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.rules.dates import (
    DEVICE_BELLS,
    NEVER_SNOOZED,
    WEEKEND,
    all_back,
    grace_end,
    has_calling,
    is_working_day,
    working_day_before,
)
from store.rules.lateness import urgency
from store.tables import HubTask, Shipment, Space, Trial
from store.terms import Bell, HubChange, State

AFTER: dict[Bell, int] = {
    Bell.CONSENT_20: 20,
    Bell.CONSENT_27: 27,
    Bell.CONSENT_LAPSED: 31,
    Bell.PROVISION_2: 2,
    Bell.PROVISION_7: 7,
    Bell.HUB_1: 1,
    Bell.HUB_3: 3,
    Bell.END_MINUS_14: -14,
    Bell.END_MINUS_7: -7,
    Bell.CUSTOMER_MINUS_7: -7,
    Bell.END: 0,
    Bell.CUSTOMER_END: 0,
    Bell.GRACE_1: 1,
    Bell.GRACE_15: 15,
    Bell.GRACE_27: 27,
    Bell.GRACE_29: 29,
    Bell.GRACE_30: 30,
    Bell.ENDED: 31,
    Bell.CALLING_STOPS: 30,
    Bell.NUMBERS_7: 38,
    Bell.NUMBERS_RELEASED: 45,
    Bell.DEVICE_MINUS_7: -7,
    Bell.CUSTOMER_DEVICE: 0,
    Bell.DEVICE_7: 7,
    Bell.CUSTOMER_DEVICE_7: 7,
    Bell.DEVICE_14: 14,
    Bell.ORDERED_5: 5,
    Bell.ORDERED_20: 20,
    Bell.ORDERED_27: 27,
    Bell.ORDERED_29: 29,
}
"""Days from a reminder's anchor: R, the acceptance, the saving, E, D or the order."""

CUSTOMER_BELLS = frozenset(
    {Bell.CUSTOMER_MINUS_7, Bell.CUSTOMER_END, Bell.CUSTOMER_DEVICE, Bell.CUSTOMER_DEVICE_7}
)
LAPSES = frozenset({Bell.CONSENT_LAPSED, Bell.ENDED})
MENTIONING = frozenset({Bell.END_MINUS_7, Bell.END, Bell.GRACE_29, Bell.DEVICE_14})
"""Reminders that call the people who look after the trial by name (PRODUCT §3)."""

NUMBERS = (Bell.NUMBERS_7, Bell.NUMBERS_RELEASED)
GRACE = (Bell.GRACE_1, Bell.GRACE_15, Bell.GRACE_27, Bell.GRACE_29, Bell.GRACE_30)
ORDERED = (Bell.ORDERED_20, Bell.ORDERED_27, Bell.ORDERED_29)
TO_DO = (Bell.HUB_1, Bell.HUB_3)
SERVICE_BELLS = (
    frozenset(Bell)
    - DEVICE_BELLS
    - {Bell.CUSTOMER_DEVICE, Bell.CUSTOMER_DEVICE_7, Bell.DIGEST, *TO_DO}
)
"""What speaks of the service trial: not of devices, nor of a change still to do in Partner Hub."""

WEEK = timedelta(days=7)
HORIZON = 2 * WEEK
PICKUP_SILENCE = WEEK
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
    kind: Bell
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
    bells = [*_service(trial), *_to_do(trial), *_devices(trial)]
    horizon = now.astimezone(zone).date() + HORIZON
    bells += _weekly(trial, until=max(horizon, trial.snoozed_until or horizon))
    if space.working_days:
        bells = [_on_working_day(bell, holidays, weekend) for bell in bells]
    if trial.snoozed_until is not None:
        bells = _snoozed(bells, trial.snoozed_until)
    return sorted(
        Ring(
            rings_at=instant(bell.rings_on, space.reminder_hour, zone),
            kind=bell.kind,
            anchor=bell.anchor,
            key=f"{trial.id}/{bell.kind}/{bell.anchor}{bell.mark}",
            shipment_id=bell.shipment_id,
            names_day=bell.day,
        )
        for bell in bells
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


def digest(space: Space, today: date) -> Ring:
    """A space's next weekly digest: the first Monday after today, holiday or not."""
    monday = today + timedelta(days=7 - today.weekday())
    return Ring(
        rings_at=instant(monday, space.reminder_hour, ZoneInfo(space.time_zone)),
        kind=Bell.DIGEST,
        anchor=monday,
        key=f"space/{space.id}/digest/{monday}",
        shipment_id=None,
        names_day=monday,
    )


def instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """A local hour as UTC: the first of two, and in a gap as much later as the clock jumped."""
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def day_of(kind: Bell, anchor: date) -> date:
    """The true day that a reminder is about; a weekly one's anchor is that day itself."""
    return anchor + timedelta(days=AFTER.get(kind, 0))


def may_snooze(kind: Bell) -> bool:
    """Whether a reminder offers to be put off: never deadlines, lapses or the customer's."""
    return kind not in NEVER_SNOOZED | LAPSES | CUSTOMER_BELLS | {Bell.DIGEST}


# ------------------------------------------------------------------ what a state has


@dataclass(frozen=True)
class _Bell:
    """A reminder before it has an hour.

    `after`: the day that it may not be moved back to. `topic`: the shipment or task that it is
    about, else the service. `mark`: what the key has besides kind and anchor.
    """

    kind: Bell
    anchor: date
    day: date
    rings_on: date
    after: date | None
    topic: str = ""
    mark: str = ""
    shipment_id: int | None = None


def _bell(kind: Bell, anchor: date, topic: str = "") -> _Bell:
    day = anchor + timedelta(days=AFTER[kind])
    after = anchor if day > anchor else None
    return _Bell(kind, anchor, day, rings_on=day, after=after, topic=topic, mark=topic)


def _service(trial: Trial) -> Iterator[_Bell]:
    if trial.state == State.CONSENT:
        for kind in (Bell.CONSENT_20, Bell.CONSENT_27, Bell.CONSENT_LAPSED):
            yield _bell(kind, trial.asked_on or trial.saved_on)
    elif trial.state == State.PROVISIONING and trial.accepted_on is not None:
        for kind in (Bell.PROVISION_2, Bell.PROVISION_7):
            yield _bell(kind, trial.accepted_on)
    elif trial.ends is not None and trial.state in (State.ACTIVE, State.ENDED):
        for kind in _towards_end(trial):
            after = grace_end(trial.ends) if kind in NUMBERS else None
            bell = _bell(kind, trial.ends)
            yield replace(bell, after=after or bell.after)
        yield from _ordered(trial, trial.ends)


def _towards_end(trial: Trial) -> Iterator[Bell]:
    """The reminders that count from E."""
    ordered, running = _bought_on(trial) is not None, trial.state == State.ACTIVE
    calling = has_calling(trial) and (ordered or not trial.let_go)
    if running:
        yield Bell.ENDED
        yield from ORDERED if ordered else _expiry(trial)
    if calling:
        yield from NUMBERS if ordered else (Bell.CALLING_STOPS, *NUMBERS)


def _expiry(trial: Trial) -> Iterator[Bell]:
    if trial.customer_notices:
        yield Bell.CUSTOMER_END
    if trial.let_go:
        yield from (Bell.END, Bell.GRACE_29, Bell.GRACE_30)
        return
    if trial.customer_notices:
        yield Bell.CUSTOMER_MINUS_7
    yield from (Bell.END_MINUS_14, Bell.END_MINUS_7, Bell.END, *GRACE)


def _ordered(trial: Trial, ends: date) -> Iterator[_Bell]:
    bought_on = _bought_on(trial)
    if trial.state == State.ACTIVE and bought_on is not None:
        bell = _bell(Bell.ORDERED_5, bought_on)
        if bell.day <= grace_end(ends):
            yield bell


def _bought_on(trial: Trial) -> date | None:
    """The order, or for a tier 2 partner the hand-over to the distributor."""
    return trial.ordered_on or trial.handed_over_on


def _to_do(trial: Trial) -> Iterator[_Bell]:
    """Changes that nobody has confirmed to be done in Partner Hub, too."""
    for task in trial.hub_tasks:
        if task.done_on is None and _matters(task, trial):
            for kind in TO_DO:
                yield _bell(kind, task.saved_on, topic=f"/task{task.id}")


def _matters(task: HubTask, trial: Trial) -> bool:
    """Whether a task is still worth doing; a finished trial has only its cancellation to do.

    Provisioning and conversion have reminders of their own.
    """
    if task.change in (HubChange.PROVISION, HubChange.CONVERT):
        return False
    if trial.state == State.CANCELLED:
        return task.change == HubChange.CANCEL
    return trial.state not in (State.ENDED, State.CONVERTED) and not trial.let_go


def _devices(trial: Trial) -> Iterator[_Bell]:
    for shipment, expires_on in _due(trial):
        kinds = [Bell.DEVICE_MINUS_7, Bell.DEVICE_7, Bell.DEVICE_14]
        if trial.customer_notices:
            kinds += [Bell.CUSTOMER_DEVICE, Bell.CUSTOMER_DEVICE_7]
        bells = (_of(shipment, _bell(kind, expires_on)) for kind in kinds)
        yield from (bell for bell in bells if not _picked_up(shipment, bell.day))


def _due(trial: Trial) -> Iterator[tuple[Shipment, date]]:
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            yield shipment, shipment.expires_on


def _of(shipment: Shipment, bell: _Bell) -> _Bell:
    topic = f"/shipment{shipment.id}"
    return replace(bell, mark=topic, topic=topic, shipment_id=shipment.id)


def _picked_up(shipment: Shipment, day: date) -> bool:
    """Whether a booked pick-up silences this day: up to seven days after it."""
    return shipment.pickup_on is not None and day < shipment.pickup_on + PICKUP_SILENCE


def _weekly(trial: Trial, until: date) -> Iterator[_Bell]:
    """Provisioning from a fortnight after the acceptance, returns from a week after D+14.

    However far ahead it is, the first one, and the first after a pick-up's silence, is there: it
    rings, and so plans the next.
    """
    if trial.state == State.PROVISIONING and trial.accepted_on is not None:
        yield from _weeks(Bell.PROVISION_WEEKLY, trial.accepted_on + WEEK, until)
    for shipment, expires_on in _due(trial):
        spoken = until if shipment.pickup_on is None else shipment.pickup_on + PICKUP_SILENCE + WEEK
        for bell in _weeks(Bell.DEVICE_WEEKLY, expires_on + 2 * WEEK, max(until, spoken)):
            if not _picked_up(shipment, bell.day):
                yield _of(shipment, bell)


def _weeks(kind: Bell, start: date, until: date) -> Iterator[_Bell]:
    """Each week after `start` up to `until`; the first one whenever it is."""
    day = start + WEEK
    while day <= max(until, start + WEEK):
        yield _Bell(kind, anchor=day, day=day, rings_on=day, after=day - WEEK)
        day += WEEK


# ------------------------------------------------------------------ moved days


def _on_working_day(bell: _Bell, holidays: Container[date], weekend: Container[int]) -> _Bell:
    """Move a partner's reminder to the working day before; other people's keep the day.

    It never goes back to the day that it follows (nobody hears "expired" while it isn't): then the
    next working day within the week is taken, else its own.
    """
    if bell.kind in CUSTOMER_BELLS | LAPSES or is_working_day(bell.day, holidays, weekend):
        return bell
    earlier = working_day_before(bell.day, holidays, weekend)
    if bell.after is None or earlier > bell.after:
        return replace(bell, rings_on=earlier)
    week = (bell.day + timedelta(days=n) for n in range(1, 7))
    later = (day for day in week if is_working_day(day, holidays, weekend))
    return replace(bell, rings_on=next(later, bell.day))


def _snoozed(bells: Sequence[_Bell], until: date) -> list[_Bell]:
    """Keep silent before `until` what can be put off, and say it on that day.

    Of each topic only the newest is said again, and only if nothing newer of it rings by then.
    """
    silent = [bell for bell in bells if may_snooze(bell.kind) and bell.rings_on < until]
    kept = [bell for bell in bells if bell not in silent]
    for topic in {bell.topic for bell in silent}:
        heard = [b for b in bells if b.topic == topic and b.rings_on <= until]
        newest = max((b for b in heard if b.kind not in CUSTOMER_BELLS), key=_newest)
        if newest in silent and newest.rings_on >= until - SNOOZE_REACH:
            kept.append(replace(newest, rings_on=until, mark=f"{newest.mark}/{until}"))
    return kept


def _newest(bell: _Bell) -> tuple[date, date, int]:
    return bell.rings_on, bell.day, -urgency(bell.kind)
