"""The days that Cisco's rules derive from other days; every one is an inclusive last day."""

from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from store.refusals import Reason, Refused
from store.tables import Shipment, Trial
from store.terms import Bell, Service, State

CONSENT_DAYS = 30
GRACE_DAYS = 30
NUMBERS_DAYS = 45
RETURN_DAYS = 14
LONGEST_TRIAL = 120
SNOOZES = (1, 3)
NEVER_SNOOZED = frozenset({Bell.END, Bell.GRACE_29, Bell.DEVICE_14})
DEVICE_BELLS = frozenset({Bell.DEVICE_MINUS_7, Bell.DEVICE_7, Bell.DEVICE_14, Bell.DEVICE_WEEKLY})
WEEKEND = frozenset({5, 6})


# ------------------------------------------------------------------ deadlines


def end_of(first_day: date, duration: int) -> date:
    """E, the last day of a service trial of `duration` days (trials-domain 7, A5)."""
    return first_day + timedelta(days=duration)


def consent_deadline(asked_on: date) -> date:
    """R+30, the last day on which consent counts; a resend doesn't move it (seed L183, A16)."""
    return asked_on + timedelta(days=CONSENT_DAYS)


def grace_end(ends: date) -> date:
    """E+30, the last day on which the trial can be converted (seed L279)."""
    return ends + timedelta(days=GRACE_DAYS)


def numbers_released(ends: date) -> date:
    """E+45, the day on which Calling's numbers are no longer reserved (seed L283)."""
    return ends + timedelta(days=NUMBERS_DAYS)


def due_back(expires_on: date) -> date:
    """D+14, the day by which devices must have come back to Cisco (seed L287)."""
    return expires_on + timedelta(days=RETURN_DAYS)


def device_limit(trial_started_on: date) -> date:
    """The last day to which a device trial may be extended: 120 days in all (seed L217)."""
    return trial_started_on + timedelta(days=LONGEST_TRIAL)


def check_device_extension(shipment: Shipment, until: date) -> None:
    """Refuse a device extension past 120 days, counted from the device trial's start.

    Where the start isn't known the ship date stands for it (trials-domain A11).
    """
    started = shipment.trial_started_on or shipment.shipped_on
    if started is not None and until > device_limit(started):
        raise Refused(Reason.SHIPMENT_PAST_120, until=until, limit=device_limit(started))


def check_done_on(day: date, today: date, not_before: date | None = None) -> None:
    """Refuse a day on which something can't have been done in Partner Hub."""
    if day > today:
        raise Refused(Reason.DAY_IN_FUTURE, day=day)
    if not_before is not None and day < not_before:
        raise Refused(Reason.DAY_TOO_EARLY, day=day, not_before=not_before)


# ------------------------------------------------------------------ extension


class Caution(StrEnum):
    """What is said beside an extension; none of it blocks (trials-domain 5, A3, A4)."""

    REPEATED = "repeated"
    PAST_120 = "past-120"
    IN_GRACE = "in-grace"


@dataclass(frozen=True)
class Extension:
    """What extending would do: both ends, the days gained, and the first day that gains one."""

    old: date
    new: date
    gained: int
    pays_from: date
    warnings: tuple[Caution, ...]

    @property
    def shortens(self) -> bool:
        """Whether the trial would end no later than it does now."""
        return self.gained <= 0


def extension(trial: Trial, done_on: date, days: int) -> Extension:
    """Extend from the day it is done, never from the old end (seed L212).

    `days` counts from `done_on`. The trial must have an end.
    """
    old = ends_of(trial)
    new = done_on + timedelta(days=days)
    return Extension(
        old=old,
        new=new,
        gained=(new - old).days,
        pays_from=old - timedelta(days=days - 1),
        warnings=tuple(_cautions(trial, done_on, new)),
    )


def _cautions(trial: Trial, done_on: date, new: date) -> Iterator[Caution]:
    if trial.extensions >= 1:
        yield Caution.REPEATED
    if (new - service_start(trial)).days > LONGEST_TRIAL:
        yield Caution.PAST_120
    if done_on > ends_of(trial):
        yield Caution.IN_GRACE


def check_extension(
    extension: Extension, days: int, choices: Collection[int], *, shorten: bool = False
) -> None:
    """Refuse days that aren't offered, and a shorter trial unless `shorten` was ticked."""
    if days not in choices:
        raise Refused(Reason.NOT_AN_EXTENSION_CHOICE, days=days, choices=tuple(choices))
    if extension.shortens and not shorten:
        raise Refused(
            Reason.SHORTENS, old=extension.old, new=extension.new, pays_from=extension.pays_from
        )


def service_start(trial: Trial) -> date:
    """The day from which the service trial counts."""
    return trial.provisioned_on or trial.first_day


def ends_of(trial: Trial) -> date:
    """E of a trial that has one; asking another is a bug (ValueError)."""
    if trial.ends is None:
        raise ValueError(f"trial {trial.code} has no end yet")
    return trial.ends


# ------------------------------------------------------------------ snooze


def snooze(trial: Trial, kind: Bell, today: date, days: int) -> date:
    """The day to which a reminder is put off, never past the next deadline (PRODUCT §3).

    `days` is one of SNOOZES. E, E+29 and D+14 can't be put off.
    """
    until = today + timedelta(days=days)
    deadline = next_deadline(trial, kind, today)
    if days not in SNOOZES or kind in NEVER_SNOOZED:
        raise Refused(Reason.SNOOZE_PAST_DEADLINE, until=until, deadline=deadline or today)
    if deadline is not None and until > deadline:
        raise Refused(Reason.SNOOZE_PAST_DEADLINE, until=until, deadline=deadline)
    return until


def next_deadline(trial: Trial, kind: Bell, today: date) -> date | None:
    """The first deadline from `today` on: the devices' for their reminders, else the service's."""
    days = _device_deadlines(trial) if kind in DEVICE_BELLS else _service_deadlines(trial)
    return min((day for day in days if day >= today), default=None)


def _device_deadlines(trial: Trial) -> Iterator[date]:
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            yield due_back(shipment.expires_on)


def _service_deadlines(trial: Trial) -> Iterator[date]:
    if trial.state == State.CONSENT:
        yield consent_deadline(trial.asked_on or trial.saved_on)
    if trial.state == State.ACTIVE and trial.ends is not None:
        yield trial.ends
        yield grace_end(trial.ends) - timedelta(days=1)
        yield grace_end(trial.ends)
    if trial.state in (State.ACTIVE, State.ENDED) and trial.ends is not None and has_calling(trial):
        yield numbers_released(trial.ends)


def has_calling(trial: Trial) -> bool:
    """Whether phone numbers hang on this trial."""
    return any(row.service == Service.CALLING for row in trial.services)


def all_back(shipment: Shipment) -> bool:
    """Whether nothing of a shipment is still due at Cisco."""
    if shipment.returned_on is not None:
        return True
    known = shipment.serials
    return bool(known) and all(row.returned_on for row in known) and not unrecorded(shipment)


def unrecorded(shipment: Shipment) -> int:
    """How many devices were shipped whose serial numbers nobody has recorded."""
    return max(0, sum(shipment.models.values()) - len(shipment.serials))


# ------------------------------------------------------------------ working days


def is_working_day(
    day: date, holidays: Container[date] = (), weekend: Container[int] = WEEKEND
) -> bool:
    """Whether people of the space work on this day; weekend days count from Monday = 0."""
    return day.weekday() not in weekend and day not in holidays


def working_day_before(
    day: date, holidays: Container[date] = (), weekend: Container[int] = WEEKEND
) -> date:
    """The day itself if it is a working day, else the last one before it.

    A calendar without a working day in 60 days gives the day itself.
    """
    for back in range(60):
        earlier = day - timedelta(days=back)
        if is_working_day(earlier, holidays, weekend):
            return earlier
    return day
