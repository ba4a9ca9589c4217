"""A trial's timeline: what has happened, where today is, and which days come next.

A filled sign has happened or is certain, an empty one is open. Every day is Cisco's; what an open
change would do stands in amber under it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cards.kit import kit
from cards.kit.headline import status_color
from cards.kit.kit import Color, Element
from cards.kit.words import Md, Words, dotted, spaced
from store.features.cancel import CANCELLATION
from store.features.extend import EXTENSION, days_of
from store.features.provisioned import PROVISIONING
from store.rules import dates
from store.rules.hub import opened
from store.rules.shipments import out
from store.rules.statuses import PENDING, status
from store.tables import Trial
from store.terms import Kind, Status

IN_A_ROW = 4
"""The most columns that are still readable in a narrow window."""

HALF_A_YEAR = timedelta(days=182)
DONE, OPEN, TODAY, LAST, UNKNOWN, OFF = (Md(sign) for sign in "●○▲◆◇✕")


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop: a sign, a label, and its day or what is said instead.

    `at`: its place in time. `done`: it has happened. `amber`: what waits for Partner Hub.
    """

    sign: Md
    label: Md
    day: Md
    at: date
    done: bool
    color: Color = "default"
    amber: str = ""


def timeline(found: Sequence[Stop]) -> list[Element]:
    """Build the timeline in rows of columns."""
    rows = -(-len(found) // IN_A_ROW)
    each = -(-len(found) // rows)
    return [_row(found[n : n + each], each) for n in range(0, len(found), each)]


def timeline_text(found: Sequence[Stop], words: Words) -> Md:
    """Write the timeline as one line, for a message's text."""
    return dotted(
        *(
            spaced(stop.sign, stop.label, stop.day, words("({what})", what=stop.amber))
            if stop.amber
            else spaced(stop.sign, stop.label, stop.day)
            for stop in found
        )
    )


def stops(trial: Trial, words: Words, today: date) -> list[Stop]:
    """Return the stops in order: what has happened, today, what comes."""
    found = list(_stops(trial, words, today))
    past = sorted((stop for stop in found if stop.done), key=_place)
    ahead = sorted((stop for stop in found if not stop.done), key=_place)
    return [*past, _today(trial, words, today), *ahead]


def _place(stop: Stop) -> date:
    return stop.at


def _row(found: Sequence[Stop], width: int) -> Element:
    """Build one row; empty columns keep it in line with the row above."""
    cells = [_cell(stop) for stop in found] + [[]] * (width - len(found))
    return kit.columns(*cells, widths=["1"] * width)


def _cell(stop: Stop) -> list[Element]:
    lines = [
        kit.text(spaced(stop.sign, stop.label), size="small", color=stop.color),
        kit.text(stop.day, size="small", spacing="none") if stop.day else None,
        kit.text(stop.amber, size="small", color="warning", spacing="none") if stop.amber else None,
    ]
    return [line for line in lines if line is not None]


# ------------------------------------------------------------------ the stops


def _stops(trial: Trial, words: Words, today: date) -> Iterator[Stop]:
    now = status(trial, today)
    if trial.kind is Kind.EXISTING and (trial.accepted_on or trial.ends is None):
        yield _consent(trial, words, today)
    if trial.ends is not None or now in PENDING:
        yield _start(trial, words, today)
    over = trial.converted_on or trial.cancelled_on
    if trial.ends is None and now in PENDING:
        after = words.plural("after {n} day", "after {n} days", trial.duration)
        yield Stop(UNKNOWN, words("End"), after, date.max, False)
    elif trial.ends is not None and (over is None or trial.ends < over):
        yield from _end(trial, words, today)
    if now is Status.CONVERTED and trial.converted_on:
        yield _past(trial.converted_on, words("Converted"), words, today, "good")
    if now is Status.CANCELLED and trial.cancelled_on:
        yield _past(trial.cancelled_on, words("Cancelled"), words, today, "attention", OFF)
    yield from _devices(trial, words, today)


def _consent(trial: Trial, words: Words, today: date) -> Stop:
    now = status(trial, today)
    if trial.accepted_on is not None:
        stop = _past(trial.accepted_on, words("Consent"), words, today, "good")
        if now is not Status.ACCEPTED_HERE:
            return stop
        return replace(stop, color="warning", amber=words("not seen in Partner Hub"))
    if now not in PENDING:
        last = trial.cancelled_on or dates.consent_deadline(trial.asked_on or trial.saved_on)
        return _past(last, words("No consent"), words, today, "attention", OFF)
    if trial.asked_on is None:
        ask = words("to be requested")
        return Stop(OPEN, words("Consent"), Md(""), date.min, False, amber=ask)
    last = dates.consent_deadline(trial.asked_on)
    amber = words("declined here") if now is Status.DECLINED_HERE else ""
    day = _day(last, words, today)
    return Stop(OPEN, words("Consent by"), day, date.min, False, "accent", amber)


def _start(trial: Trial, words: Words, today: date) -> Stop:
    asks = trial.kind is Kind.EXISTING
    if trial.ends is not None:
        label = words("Provisioned") if asks else words("Started")
        return _past(dates.service_start(trial), label, words, today, "good")
    to_provision = words("to be provisioned") if opened(trial, PROVISIONING) else ""
    amber = to_provision if asks else words("to be started")
    day = _day(trial.first_day, words, today) if trial.first_day >= today else Md("")
    at = max(trial.first_day, today)
    return Stop(OPEN, words("Start"), day, at, False, amber=amber)


def _end(trial: Trial, words: Words, today: date) -> Iterator[Stop]:
    ends, now = dates.ends_of(trial), status(trial, today)
    color = status_color(trial, today) if now is Status.ACTIVE else "default"
    yield _deadline(ends, words("End"), words, today, color, _extension(trial, words, today))
    if trial.converted_on or trial.cancelled_on:
        return
    grace: Color = "attention" if now is Status.GRACE else "default"
    yield _deadline(dates.grace_end(ends), words("Grace ends"), words, today, grace)
    if dates.has_calling(trial):
        label = words("Numbers released")
        yield _deadline(dates.numbers_released(ends), label, words, today)


def _extension(trial: Trial, words: Words, today: date) -> Md:
    """What an open extension would do to the end."""
    task = opened(trial, EXTENSION)
    if task is None:
        return Md("")
    if status(trial, today) is Status.UNSURE:
        return words("extension not confirmed")
    new = today + timedelta(days=days_of(task))
    return words("→ {day} if done today", day=_day(new, words, today))


def _devices(trial: Trial, words: Words, today: date) -> Iterator[Stop]:
    """The earliest devices to come back; the card's facts have all of them."""
    still = out(trial)
    known = [dates.due_back(row.expires_on) for row in still if row.expires_on is not None]
    if known:
        due = min(known)
        color: Color = "attention" if due < today else "default"
        yield _deadline(due, words("Devices due"), words, today, color)
    elif still:
        yield Stop(UNKNOWN, words("Devices due"), words("date unknown"), date.max, False)


def _today(trial: Trial, words: Words, today: date) -> Stop:
    amber = words("to be cancelled") if opened(trial, CANCELLATION) else ""
    day = _day(today, words, today)
    return Stop(TODAY, words("Today"), day, today, False, "accent", amber)


def _past(day: date, label: Md, words: Words, today: date, color: Color, sign: Md = DONE) -> Stop:
    return Stop(sign, label, _day(day, words, today), day, True, color)


def _deadline(
    day: date, label: Md, words: Words, today: date, color: Color = "default", amber: str = ""
) -> Stop:
    """A day that comes by itself; it still counts."""
    return Stop(LAST, label, _day(day, words, today), day, day < today, color, amber)


def _day(day: date, words: Words, today: date) -> Md:
    """A day without its year, unless it is far from today."""
    return words.short_day(day, year=abs(day - today) > HALF_A_YEAR)
