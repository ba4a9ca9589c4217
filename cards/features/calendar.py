"""A trial's deadlines as an iCalendar file, for people's own calendars."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from icalendar import TRANSP, Calendar, Event

from cards.kit.headline import CISCO_COUNTS_IN_UTC
from cards.kit.offers import offers
from cards.kit.open_changes import all_wanted
from cards.kit.words import N_, Md, Words, bullets, dotted, plain
from store.rules.dates import all_back, due_back, grace_end
from store.rules.statuses import status
from store.say import File
from store.tables import Trial
from store.terms import DeviceType, Status

offers("calendar", N_("Calendar"), place=120)

_ONE_DAY = timedelta(days=1)
_RUNS = (Status.ACTIVE, Status.GRACE)


def calendar_file(trial: Trial, *, words: Words, today: date, now: datetime) -> File | None:
    """Build all-day events for E, E+29 and each D+14 still due; None if no day is known.

    Events keep their UIDs, so a newer file moves them instead of adding copies. `now` is the time
    at which the file is made.
    """
    events = list(_events(trial, words, today, now))
    if not events:
        return None
    calendar = Calendar.new(
        name=plain(words("Webex trial for {company}", company=trial.customer.company)),
        prodid="-//trialbot//EN",
        subcomponents=events,
    )
    return File(f"{trial.code}.ics", "text/calendar", calendar.to_ical())


def calendar_text(trial: Trial, *, words: Words, today: date) -> Md:
    """Return the same deadlines as a list, for those whom Webex doesn't let have the file."""
    return bullets(
        dotted(words.day(each.day), each.said, each.wanted) for each in _days(trial, words, today)
    )


class _Deadline(NamedTuple):
    """A deadline: its name in the file, its day, what happens then, and what is wanted instead."""

    name: str
    day: date
    said: Md
    wanted: Md = Md("")


def _events(trial: Trial, words: Words, today: date, now: datetime) -> Iterator[Event]:
    for deadline in _days(trial, words, today):
        yield _event(deadline, trial, words, now)


def _days(trial: Trial, words: Words, today: date) -> Iterator[_Deadline]:
    if trial.ends is not None and status(trial, today) in _RUNS:
        grace = grace_end(trial.ends)
        said = words("trial expires; grace ends on {grace}", grace=grace)
        yield _Deadline("end", trial.ends, said, all_wanted(trial, words, today))
        said = words("last safe day to convert; grace ends on {grace}", grace=grace)
        yield _Deadline("grace", grace - _ONE_DAY, said)
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            devices = words.term(DeviceType, shipment.type)
            said = words("{devices} due back at Cisco", devices=devices)
            yield _Deadline(f"return-{shipment.type}", due_back(shipment.expires_on), said)


def _event(deadline: _Deadline, trial: Trial, words: Words, now: datetime) -> Event:
    """Build an all-day event that doesn't mark anybody as busy."""
    company, code = trial.customer.company, trial.code
    title = words("{company} ({code}): {what}", company=company, code=code, what=deadline.said)
    return Event.new(
        uid=f"{code}-{deadline.name}@trialbot",
        stamp=now,
        sequence=trial.version,
        start=deadline.day,
        end=deadline.day + _ONE_DAY,
        summary=plain(title),
        description=plain(dotted(deadline.wanted, words(CISCO_COUNTS_IN_UTC))),
        transparency=TRANSP.TRANSPARENT,
    )
