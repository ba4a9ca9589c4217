"""Notices to the customer: switched on or off, stopped by the customer, or undeliverable."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from store.act import Act
from store.features.extend import EXTENSION
from store.features.returns import of_shipment
from store.features.shared.administrators import is_administrator
from store.features.shared.trials import hold, keep, lock, read, today_in
from store.history import HistoryKind
from store.queues import reminders
from store.refusals import NOTHING_FOR_YOU, Refused
from store.rules import calendars, statuses
from store.rules.dates import bought_on, is_working_day
from store.rules.hub import is_quiet, opened
from store.rules.plan import Planned, Ring, counted, instant, plans
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.shipments import due
from store.rules.transitions import ANY, Change
from store.tables import Reminder, Space, Trial
from store.terms import State

SWITCH_NOTICES = Change("notices", ANY)
NOTICES_SWITCHED = HistoryKind("notices")
CUSTOMER_UNREACHABLE = HistoryKind("customer-unreachable")
CUSTOMER_MAILED = HistoryKind("customer-mailed")

MAIL_REFUSED = HistoryKind("customer-mail-refused")

MAILED = "mailed"
"""Kept in `extras`: the administrator's address that gets e-mails instead of Webex messages."""

REFUSED = "mail-refused"
"""Kept in `extras`: the administrator's address that a mail server refused."""

CUSTOMER_MINUS_7 = ReminderKind("customer-end-7", after=-7, urgency=300, to_customer=True)
CUSTOMER_END = ReminderKind("customer-end", after=0, urgency=290, to_customer=True)
CUSTOMER_DEVICE = ReminderKind(
    "customer-device", after=0, urgency=320, topic=Topic.DEVICES, to_customer=True
)
CUSTOMER_DEVICE_7 = ReminderKind(
    "customer-device+7", after=7, urgency=310, topic=Topic.DEVICES, to_customer=True
)
UNREACHABLE = ReminderKind("unreachable", after=0, urgency=245, topic=Topic.CONTACT, can_wait=False)
"""A reminder of the space, not of its trial: it tells the partner once, whatever is replanned."""


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    if not trial.customer_notices:
        return
    running = trial.state == State.ACTIVE and bought_on(trial) is None and not is_quiet(trial)
    if running and trial.ends is not None:
        yield counted(CUSTOMER_END, trial.ends)
        if not trial.let_go:
            yield _a_week_before(trial, trial.ends)
    for shipment, expires_on in due(trial):
        for kind in (CUSTOMER_DEVICE, CUSTOMER_DEVICE_7):
            yield from of_shipment(shipment, [counted(kind, expires_on)])


def _a_week_before(trial: Trial, ends: date) -> Planned:
    """E−7; while an extension is open it waits until the day before E."""
    planned = counted(CUSTOMER_MINUS_7, ends)
    if opened(trial, EXTENSION) is None:
        return planned
    return replace(planned, rings_on=ends - timedelta(days=1))


def switch(session: Session, trial_id: int, act: Act, *, on: bool) -> Trial:
    """Switch the customer's notices of a trial on or off. Refused: as `hold`, WRONG_STATUS."""
    trial = hold(session, trial_id, act, SWITCH_NOTICES)
    return _switched(session, trial, act, on)


def stop(session: Session, trial_id: int, act: Act, *, room_id: str) -> Trial:
    """Stop notices for the customer's administrator. Refused: NOTHING_FOR_YOU to others."""
    trial = lock(session, trial_id)
    if trial is None or not is_administrator(session, trial.customer, act.who, room_id):
        raise Refused(NOTHING_FOR_YOU)
    return _switched(session, trial, act, False)


def stop_by_link(session: Session, trial_id: int, address: str, *, now: datetime) -> Trial:
    """Stop notices through a link that was sent by e-mail to a customer's administrator.

    Refused: NOTHING_FOR_YOU if the customer has another administrator by now.
    """
    trial = lock(session, trial_id)
    if trial is None or trial.customer.administrator != address:
        raise Refused(NOTHING_FOR_YOU)
    if not trial.customer_notices:
        return trial
    trial.customer_notices = False
    before, after = {"on": True}, {"on": False, "address": address}
    return keep(session, trial, Act(None, now), NOTICES_SWITCHED, before=before, after=after)


def unreachable(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Record that the customer can't be reached; return the trial if this is new, else None.

    The trial's card shows it at once, and its space hears of it at the next reminder hour: once for
    each address.
    """
    trial = lock(session, trial_id)
    if trial is None or trial.customer_unreachable:
        return None
    trial.customer_unreachable = True
    ring = _next_morning(trial, now)
    space_id, connection = trial.space_id, session.connection()
    if not reminders.ring_once_at(connection, space_id, UNREACHABLE, ring.key, ring.rings_at):
        reminders.add(connection, [ring], space_id=space_id, now=now)
    return keep(session, trial, Act(None, now), CUSTOMER_UNREACHABLE, plans=False)


def _next_morning(trial: Trial, now: datetime) -> Ring:
    day = today_in(trial.space, now)
    while _hour(trial.space, day) <= now or not _works(trial.space, day, now):
        day += timedelta(days=1)
    return Ring(
        rings_at=_hour(trial.space, day),
        kind=UNREACHABLE,
        anchor=day,
        key=f"space/{trial.space_id}/{UNREACHABLE}/{trial.customer.administrator}/{trial.id}",
        shipment_id=None,
        names_day=day,
    )


def _hour(space: Space, day: date) -> datetime:
    return instant(day, space.reminder_hour, ZoneInfo(space.time_zone))


def _works(space: Space, day: date, now: datetime) -> bool:
    if not space.working_days:
        return True
    return is_working_day(day, calendars.holidays(space, now), calendars.weekend(space))


def told_of(session: Session, reminder: Reminder) -> Trial | None:
    """Return the trial that such a reminder of a space is about; None for any other reminder."""
    if reminder.kind != UNREACHABLE:
        return None
    return next(iter(read(session, [int(reminder.key.rpartition("/")[2])])), None)


def mail_instead(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Send the notices to the administrator's address by e-mail; None if they are switched off."""
    trial = lock(session, trial_id)
    if trial is None or not trial.customer_notices:
        return None
    address = trial.customer.administrator
    if trial.extras.get(MAILED) == address:
        return trial
    trial.extras[MAILED] = address
    after = {"address": address}
    return keep(session, trial, Act(None, now), CUSTOMER_MAILED, after=after, plans=False)


def mail_refused(session: Session, trial_id: int, address: str, *, now: datetime) -> Trial | None:
    """Record that a mail server refused a notice; None if the customer has another address now."""
    trial = lock(session, trial_id)
    if trial is None or trial.customer.administrator != address:
        return None
    trial.extras[REFUSED] = address
    after = {"address": address}
    return keep(session, trial, Act(None, now), MAIL_REFUSED, after=after, plans=False)


def is_mailed(trial: Trial) -> bool:
    """Whether the customer's administrator gets e-mails, because Webex can't reach them."""
    address = trial.customer.administrator
    return trial.extras.get(MAILED) == address != trial.extras.get(REFUSED)


def is_unreachable(trial: Trial, today: date) -> bool:
    """Whether the customer of a live trial still can't be reached."""
    return trial.customer_unreachable and statuses.status(trial, today) in statuses.LIVE


def _switched(session: Session, trial: Trial, act: Act, on: bool) -> Trial:
    if trial.customer_notices == on:
        return trial
    before, trial.customer_notices = {"on": trial.customer_notices}, on
    after = {"on": on}
    return keep(session, trial, act, NOTICES_SWITCHED, before=before, after=after)
