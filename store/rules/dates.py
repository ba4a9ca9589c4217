"""Dates that Cisco's rules derive from other dates; each deadline is an inclusive last day."""

from collections.abc import Container
from datetime import date, timedelta

from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE, Refused
from store.tables import Shipment, Trial
from store.terms import Service

CONSENT_DAYS = 30
GRACE_DAYS = 30
NUMBERS_DAYS = 45
ASKING_DAYS = 60
RETURN_DAYS = 14
LONGEST_TRIAL = 120
WEEKEND = frozenset({5, 6})


# ------------------------------------------------------------------ deadlines


def end_of(first_day: date, duration: int) -> date:
    """E, the last day of a service trial of `duration` days (docs/domain.md#end-of-the-trial)."""
    return first_day + timedelta(days=duration)


def consent_deadline(asked_on: date) -> date:
    """R+30, the last day on which consent counts. Resending doesn't move it.

    Rule: docs/domain.md#consent-deadline.
    """
    return asked_on + timedelta(days=CONSENT_DAYS)


def grace_end(ends: date) -> date:
    """E+30, the last day on which the trial can be converted (docs/domain.md#grace)."""
    return ends + timedelta(days=GRACE_DAYS)


def asked_until(ends: date) -> date:
    """E+60, the last day to ask whether an extension was made in time after all."""
    return ends + timedelta(days=ASKING_DAYS)


def numbers_released(ends: date) -> date:
    """E+45, the day on which Calling's phone numbers are released.

    Rule: docs/domain.md#calling-after-the-end.
    """
    return ends + timedelta(days=NUMBERS_DAYS)


def due_back(expires_on: date) -> date:
    """D+14, the day by which devices must be back at Cisco (docs/domain.md#return-date)."""
    return expires_on + timedelta(days=RETURN_DAYS)


def device_limit(trial_started_on: date) -> date:
    """The latest day to which a device trial may be extended: 120 days in total.

    Rule: docs/domain.md#device-extension.
    """
    return trial_started_on + timedelta(days=LONGEST_TRIAL)


def check_done_on(
    day: date, today: date, not_before: date | None = None, not_after: date | None = None
) -> None:
    """Refuse a day on which something can't have been done in Partner Hub.

    Raises DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE.
    """
    if day > today:
        raise Refused(DAY_IN_FUTURE, day=day)
    if not_before is not None and day < not_before:
        raise Refused(DAY_TOO_EARLY, day=day, not_before=not_before)
    if not_after is not None and day > not_after:
        raise Refused(DAY_TOO_LATE, day=day, not_after=not_after)


def service_start(trial: Trial) -> date:
    """The first day of the service trial."""
    return trial.provisioned_on or trial.first_day


def ends_of(trial: Trial) -> date:
    """E of a trial. Raises ValueError if it has none yet."""
    if trial.ends is None:
        raise ValueError(f"trial {trial.code} has no end yet")
    return trial.ends


def bought_on(trial: Trial) -> date | None:
    """The day of the order, or of a tier 2 partner's hand-over to the distributor."""
    return trial.ordered_on or trial.handed_over_on


def has_calling(trial: Trial) -> bool:
    """Whether the trial includes phone numbers."""
    return any(row.service == Service.CALLING for row in trial.services)


def all_back(shipment: Shipment) -> bool:
    """Whether all devices of a shipment are back at Cisco."""
    if shipment.returned_on is not None:
        return True
    known = shipment.serials
    return bool(known) and all(row.returned_on for row in known) and not unrecorded(shipment)


def unrecorded(shipment: Shipment) -> int:
    """How many shipped devices have no recorded serial number."""
    return max(0, sum(shipment.models.values()) - len(shipment.serials))


# ------------------------------------------------------------------ working days


def is_working_day(
    day: date, holidays: Container[date] = (), weekend: Container[int] = WEEKEND
) -> bool:
    """Whether the space works on this day; weekend days count from Monday = 0."""
    return day.weekday() not in weekend and day not in holidays


def working_day_before(
    day: date, holidays: Container[date] = (), weekend: Container[int] = WEEKEND
) -> date:
    """The day itself if it is a working day, else the last working day before it.

    If the calendar has no working day in 60 days, the day itself.
    """
    for back in range(60):
        earlier = day - timedelta(days=back)
        if is_working_day(earlier, holidays, weekend):
            return earlier
    return day
