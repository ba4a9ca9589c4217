"""How long reminders can be snoozed: never past the next deadline."""

from collections.abc import Iterator
from datetime import date, timedelta

from store.refusals import Reason, Refused
from store.rules.dates import (
    all_back,
    consent_deadline,
    due_back,
    grace_end,
    has_calling,
    numbers_released,
)
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.statuses import status
from store.tables import Trial
from store.terms import State, Status

SNOOZES = (1, 3)
"""The lengths of a snooze, in days."""

_UNTIL_CONSENT = (Status.PENDING_CONSENT, Status.ACCEPTED_HERE, Status.DECLINED_HERE)

SNOOZE_PAST_DEADLINE = Reason("snooze-past-deadline")


def snooze(trial: Trial, kind: ReminderKind, today: date, days: int) -> date:
    """The day until which a reminder is put off, never past the next deadline.

    `days` is one of SNOOZES. E, E+29 and D+14 can't be put off (SNOOZE_PAST_DEADLINE).

    Rule: docs/domain.md#snoozing.
    """
    until = today + timedelta(days=days)
    deadline = next_deadline(trial, kind, today)
    if days not in SNOOZES or not kind.can_wait:
        raise Refused(SNOOZE_PAST_DEADLINE, until=until, deadline=deadline or today)
    if deadline is not None and until > deadline:
        raise Refused(SNOOZE_PAST_DEADLINE, until=until, deadline=deadline)
    return until


def next_deadline(trial: Trial, kind: ReminderKind, today: date) -> date | None:
    """The next deadline from `today` on.

    For device reminders the devices' deadline, for others the service's.
    """
    of_devices = kind.topic is Topic.DEVICES
    days = _device_deadlines(trial) if of_devices else _service_deadlines(trial, today)
    return min((day for day in days if day >= today), default=None)


def _device_deadlines(trial: Trial) -> Iterator[date]:
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            yield due_back(shipment.expires_on)


def _service_deadlines(trial: Trial, today: date) -> Iterator[date]:
    if trial.asked_on is not None and status(trial, today) in _UNTIL_CONSENT:
        yield consent_deadline(trial.asked_on)
    if trial.state == State.ACTIVE and trial.ends is not None:
        yield trial.ends
        yield grace_end(trial.ends) - timedelta(days=1)
        yield grace_end(trial.ends)
    if trial.state in (State.ACTIVE, State.ENDED) and trial.ends is not None and has_calling(trial):
        yield numbers_released(trial.ends)
