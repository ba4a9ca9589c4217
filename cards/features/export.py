"""Trials, and their history, as files for a spreadsheet.

Headings are in the reader's language, in which import finds them, too; values are the same in every
language.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from babel.numbers import get_decimal_symbol

from cards.features.history import in_plain_words
from cards.kit.names import NAMES
from cards.kit.open_changes import wording
from cards.kit.words import N_, Words
from store.features.export import Entry
from store.features.extend import EXTENSION, days_of
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE
from store.features.shared.trials import today_in
from store.rules.columns import Column
from store.rules.dates import end_of, service_start
from store.rules.hub import HubChange, open_changes, opened
from store.rules.spreadsheet import written
from store.rules.statuses import status
from store.say import File
from store.tables import Shipment, Trial
from store.terms import DeviceType, Kind, MeetingsOption, Service, Status

CSV = "text/csv"
_HISTORY = (N_("Code"), N_("Customer"), N_("When (UTC)"), N_("Who"), N_("What"))


def trials_file(
    trials: Iterable[Trial], starters: Mapping[int, str], *, words: Words, now: datetime
) -> File:
    """Write trials with Cisco's dates and the wanted ones, a row for each, and for each shipment.

    `starters`: addresses by id.
    """
    rows = (row for trial in trials for row in _rows(trial, starters, now))
    content = written([[words.term(Column, column) for column in Column], *rows], separator(words))
    return File(f"trials-{now:%Y-%m-%d}.csv", CSV, content)


def history_file(entries: Sequence[Entry], name: str, *, words: Words, now: datetime) -> File:
    """Write history, newest first; `name`: a trial's code, or `trials`."""
    rows = [
        [
            entry.code,
            entry.company,
            f"{entry.row.at:%Y-%m-%d %H:%M}",
            entry.who,
            in_plain_words(entry.row, entry.who, words),
        ]
        for entry in entries
    ]
    content = written([[words(heading) for heading in _HISTORY], *rows], separator(words))
    return File(f"history-{name}-{now:%Y-%m-%d}.csv", CSV, content)


def separator(words: Words) -> str:
    """What separates cells where these words are spoken: Excel takes the list separator."""
    return ";" if get_decimal_symbol(words.language) == "," else ","


def _rows(trial: Trial, starters: Mapping[int, str], now: datetime) -> Iterator[list[str]]:
    """A trial's row, once for each shipment."""
    said = _of_trial(trial, today_in(trial.space, now)) | _of_customer(trial)
    said[Column.STARTED_BY] = starters.get(trial.started_by, "")
    for devices in map(_of_shipment, trial.shipments) if trial.shipments else [{}]:
        yield [_cell((said | devices).get(column)) for column in Column]


def _of_customer(trial: Trial) -> dict[Column, object]:
    customer = trial.customer
    return {
        Column.COMPANY: customer.company,
        Column.ADMINISTRATOR: customer.administrator,
        Column.FULL_ADMINISTRATORS: ", ".join(customer.full_administrators),
        Column.ORGANISATION: customer.organisation_id,
        Column.COUNTRY: customer.country,
        Column.LANGUAGE: customer.language,
    }


def _of_trial(trial: Trial, today: date) -> dict[Column, object]:
    runs = trial.ends is not None
    return {
        Column.CODE: trial.code,
        Column.KIND: NAMES[Kind][trial.kind],
        Column.STATUS: NAMES[Status][status(trial, today)],
        Column.FIRST_DAY: service_start(trial) if runs else None,
        Column.DURATION: trial.duration,
        Column.ENDS: trial.ends,
        Column.ASKED_ON: trial.asked_on,
        Column.ACCEPTED_ON: trial.accepted_on,
        Column.SERVICES: _names(Service, (row.service for row in trial.services)),
        Column.LICENCES: trial.licences,
        Column.DEVICE_LICENCES: trial.device_licences,
        Column.MEETINGS_OPTIONS: _names(
            MeetingsOption, map(MeetingsOption, trial.meetings_options)
        ),
        Column.SITE: trial.site,
        Column.SITE_TIME_ZONE: trial.site_time_zone,
        Column.LOCATIONS: trial.locations,
        Column.ORDER_NUMBER: trial.order_number,
        Column.ORDERED_ON: trial.ordered_on,
        Column.CONVERTED_ON: trial.converted_on,
        Column.CANCELLED_ON: trial.cancelled_on,
        Column.EXTENSIONS: trial.extensions,
        Column.SPACE: trial.space.title,
        **_wanted(trial, today),
    }


def _wanted(trial: Trial, today: date) -> dict[Column, object]:
    """What isn't confirmed in Partner Hub yet, as it will be if it is done today."""
    names = [wording(t.change).name for t in open_changes(trial) if HubChange.knows(t.change)]
    said: dict[Column, object] = {Column.OPEN_CHANGES: "; ".join(names)}
    if trial.ends is None and status(trial, today) is not Status.CANCELLED:
        first = max(trial.first_day, today)
        said[Column.WANTED_FIRST_DAY] = first
        said[Column.WANTED_ENDS] = end_of(first, trial.duration)
    if extension := opened(trial, EXTENSION):
        said[Column.WANTED_ENDS] = today + timedelta(days=days_of(extension))
    if services := opened(trial, SERVICE_CHANGE):
        wanted = (Service(each) for each in services.facts["services"])
        said[Column.WANTED_SERVICES] = _names(Service, wanted)
    if licences := opened(trial, LICENCE_CHANGE):
        said[Column.WANTED_LICENCES] = licences.facts["licences"]
    return said


def _of_shipment(shipment: Shipment) -> dict[Column, object]:
    models = (f"{quantity} × {model}" for model, quantity in shipment.models.items())
    back = (f"{row.serial} {row.returned_on}" for row in shipment.serials if row.returned_on)
    return {
        Column.DEVICE_TYPE: NAMES[DeviceType][shipment.type],
        Column.DEVICE_MODELS: ", ".join(models),
        Column.DEVICE_ORDER: shipment.order_number,
        Column.DEVICE_COUNTRY: shipment.country,
        Column.SHIPPED_ON: shipment.shipped_on,
        Column.DEVICES_FROM: shipment.trial_started_on,
        Column.DEVICES_UNTIL: shipment.expires_on,
        Column.RETURNED_ON: shipment.returned_on,
        Column.SERIALS: ", ".join(row.serial for row in shipment.serials),
        Column.SERIALS_BACK: ", ".join(back),
    }


def _names(kind: type[StrEnum], terms: Iterator[StrEnum]) -> str:
    return ", ".join(NAMES[kind][term] for term in terms)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
