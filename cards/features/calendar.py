"""A trial's deadlines as an iCalendar file, for people's own calendars."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from icalendar import TRANSP, Calendar, Event

from cards.kit.headline import CISCO_COUNTS_IN_UTC
from cards.kit.offers import offers
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
    return bullets(dotted(words.day(day), said) for _, day, said in _days(trial, words, today))


def _events(trial: Trial, words: Words, today: date, now: datetime) -> Iterator[Event]:
    for what, day, said in _days(trial, words, today):
        yield _event(what, day, said, trial, words, now)


def _days(trial: Trial, words: Words, today: date) -> Iterator[tuple[str, date, Md]]:
    """Yield each deadline: its name in the file, its day, and what happens then."""
    if trial.ends is not None and status(trial, today) in _RUNS:
        grace = grace_end(trial.ends)
        yield "end", trial.ends, words("trial expires; grace ends on {grace}", grace=grace)
        said = words("last safe day to convert; grace ends on {grace}", grace=grace)
        yield "grace", grace - _ONE_DAY, said
    for shipment in trial.shipments:
        if shipment.expires_on is not None and not all_back(shipment):
            devices = words.term(DeviceType, shipment.type)
            said = words("{devices} due back at Cisco", devices=devices)
            yield f"return-{shipment.type}", due_back(shipment.expires_on), said


def _event(what: str, day: date, said: str, trial: Trial, words: Words, now: datetime) -> Event:
    """Build an all-day event that doesn't mark anybody as busy."""
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
        description=plain(words(CISCO_COUNTS_IN_UTC)),
        transparency=TRANSP.TRANSPARENT,
    )
