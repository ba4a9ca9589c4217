"""A trial in one line: the customer, the code, the status today and the time left."""

from datetime import date

from cards.kit import kit
from cards.kit.kit import Color, Element
from cards.kit.open_changes import all_wanted
from cards.kit.words import N_, Md, Words, bold, dotted
from store.rules import dates, statuses
from store.tables import Trial
from store.terms import Service, Status

CISCO_COUNTS_IN_UTC = N_("Cisco counts days in UTC.")

_COLORS: dict[Status, Color] = {
    Status.TO_START: "warning",
    Status.TO_REQUEST: "warning",
    Status.PENDING_CONSENT: "accent",
    Status.ACCEPTED_HERE: "warning",
    Status.DECLINED_HERE: "warning",
    Status.PENDING_PROVISIONING: "accent",
    Status.ACTIVE: "good",
    Status.GRACE: "attention",
    Status.UNSURE: "attention",
    Status.CONVERTED: "good",
}


def headline(trial: Trial, words: Words, today: date) -> Md:
    """Build the line for a message's text: customer, code, status, days, and what is wanted."""
    return dotted(
        bold(trial.customer.company),
        trial.code,
        status_line(trial, words, today),
        all_wanted(trial, words, today),
    )


def header(trial: Trial, words: Words, today: date) -> Element:
    """Build the top of a card: customer, code, status and days; in amber, what is wanted."""
    return kit.header(
        trial.customer.company,
        dotted(trial.code, status_line(trial, words, today)),
        color=status_color(trial, today),
        wanted=all_wanted(trial, words, today),
    )


def status_line(trial: Trial, words: Words, today: date) -> Md:
    """Return the status with the time left: `Trial active · 12 days left`."""
    return dotted(words.status(statuses.status(trial, today)), time_left(trial, words, today))


def time_left(trial: Trial, words: Words, today: date) -> Md:
    """Return how long the current status still lasts; empty if no date ends it."""
    status = statuses.status(trial, today)
    if status is Status.PENDING_CONSENT and trial.asked_on is not None:
        days = (dates.consent_deadline(trial.asked_on) - today).days
        if days == 0:
            return words("last day to answer")
        return words.plural("{n} day to answer", "{n} days to answer", days)
    if status is Status.ACTIVE:
        return _left(words, statuses.days_left(trial, today) or 0, last=words("expires today"))
    if status is Status.GRACE:
        return _left(words, statuses.grace_left(trial, today) or 0, last=words("grace ends today"))
    return Md("")


def status_color(trial: Trial, today: date) -> Color:
    """Choose the status's colour: green while active, yellow in the last week, red in grace."""
    left = statuses.days_left(trial, today)
    if left is not None and left <= 7:
        return "warning"
    return _COLORS.get(statuses.status(trial, today), "default")


def services_of(trial: Trial) -> list[Service]:
    """Return a trial's services in the vocabulary's order."""
    chosen = {row.service for row in trial.services}
    return [service for service in Service if service in chosen]


def _left(words: Words, days: int, *, last: Md) -> Md:
    if days == 0:
        return last
    return words.plural("{n} day left", "{n} days left", days)
