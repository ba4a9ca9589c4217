"""A trial's deadlines as an iCalendar file, for people's own calendars."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from icalendar import TRANSP, Calendar, Event

from cards.kit.headline import CISCO_COUNTS_IN_UTC
from cards.kit.offers import offers
from cards.kit.open_changes import all_wanted
from cards.kit.words import N_, Words, dotted, plain
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


def _events(trial: Trial, words: Words, today: date, now: datetime) -> Iterator[Event]:
    if trial.ends is not None and status(trial, today) in _RUNS:
        grace = grace_end(trial.ends)
        said = words("trial expires; grace ends on {grace}", grace=grace)
        open_ = all_wanted(trial, words, today)
        yield _event("end", trial.ends, said, trial, words, now, open_)
        said = words("last safe day to convert; grace ends on {grace}", grace=grace)
        yield _event("grace", grace - _ONE_DAY, said, trial, words, now)
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            said = words(
                "{devices} due back at Cisco", devices=words.term(DeviceType, shipment.type)
            )
            yield _event(
                f"return-{shipment.type}", due_back(shipment.expires_on), said, trial, words, now
            )


def _event(
    what: str,
    day: date,
    said: str,
    trial: Trial,
    words: Words,
    now: datetime,
    open_: str = "",
) -> Event:
    """Build an all-day event that doesn't mark anybody as busy; `open_`: what is wanted."""
    title = words(
        "{company} ({code}): {what}", company=trial.customer.company, code=trial.code, what=said
    )
    return Event.new(
        uid=f"{trial.code}-{what}@trialbot",
        stamp=now,
        sequence=trial.version,
        start=day,
        end=day + _ONE_DAY,
        summary=plain(title),
        description=plain(dotted(open_, words(CISCO_COUNTS_IN_UTC))),
        transparency=TRANSP.TRANSPARENT,
    )
