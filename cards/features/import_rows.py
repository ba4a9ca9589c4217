"""Read a trials file: its columns, and its rows as plain data, each cell as forms read it.

Nothing here needs a database, so it is done beside the desk. Rule: docs/import.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from cards.features.serials import SerialNumbers
from cards.kit.fields import FILL_IN, Emails, Number, Text, Wrong, address
from cards.kit.models import Models
from cards.kit.names import NAMES
from cards.kit.places import Country, Site, TimeZone
from cards.kit.words import N_, Words, clean, languages, month_names
from store.rules import spelling
from store.rules.columns import NEEDED, SHOWN_ONLY, Column, column_of, service_of
from store.rules.eligibility import holders
from store.rules.imports import LONGEST, SHORTEST, Order, Row, Standing, dumped, loaded
from store.rules.spreadsheet import Sheet, read
from store.terms import DeviceType, Kind, MeetingsOption, Service, Status

LONGEST_COMPANY = 50


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a row can't be imported: its line and customer, the column, and the message."""

    line: int
    name: str
    column: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file says about itself.

    `columns`: heading → column. `asks_order`: its dates could have the day or the month first.
    `asks_days`, `asks_services`: it has no column for the first or last day, or for services.
    `asks_duration`: nothing in it says how long trials run.
    """

    encoding: str
    separator: str
    columns: Mapping[str, str]
    ignored: Sequence[str]
    missing: Sequence[str]
    asks_order: bool = False
    asks_days: bool = False
    asks_services: bool = False
    asks_duration: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that was read: what it is, and the flaws of the rows that can't be read.

    `rows`: the others, as lines of JSON.
    """

    found: Found
    rows: str
    flaws: Sequence[Flaw]

    def about(self) -> dict[str, Any]:
        """All but the rows, as plain data."""
        return {"found": asdict(self.found), "flaws": [asdict(each) for each in self.flaws]}


def parse(
    content: bytes, each: Callable[[Sequence[Any]], Iterable[Any]] = lambda rows: rows
) -> Parsed:
    """Read a file; `each` goes through the rows, for a progress bar.

    Refused: NO_TABLE, TOO_MANY_ROWS.
    """
    sheet = read(content)
    reader = _Reader(sheet)
    for line, cells in each(sheet.rows) if not reader.missing else ():
        reader.take(line, cells)
    return reader.parsed()


class _Reader:
    """Reads rows, and notices how the file writes its dates."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._columns: dict[int, Column] = {}
        self._services: dict[int, Service] = {}
        self._headings = [clean(heading).strip()[:60] for heading in sheet.headings]
        for place, heading in enumerate(self._headings):
            column, service = column_of(heading), service_of(heading)
            if column and column not in self._columns.values():
                self._columns[place] = column
            elif service:
                self._services[place] = service
        self._known: dict[tuple[Column, str], Any] = {}
        self._day_first = self._month_first = self._unclear = False
        self._rows: list[str] = []
        self._flaws: list[Flaw] = []
        self.missing = [each for each in NEEDED if each not in self._columns.values()]

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Read a row, or note its first flaw."""
        values: dict[Column, Any] = {}
        for place, column in self._columns.items():
            typed = cells[place].strip() if place < len(cells) else ""
            try:
                if column not in SHOWN_ONLY and (typed or column in NEEDED):
                    values[column] = self._value(column, typed)
            except Wrong as wrong:
                self._note(line, cells, column, wrong)
                return
        row = self._row(line, cells, values)
        if "type" not in row.device and (row.device or any(c in values for c in _DEVICE_DAYS)):
            self._note(line, cells, Column.DEVICE_TYPE, Wrong(FILL_IN))
        else:
            self._rows.append(dumped(row))

    def _note(self, line: int, cells: Sequence[str], column: Column, wrong: Wrong) -> None:
        facts = {name: _plain(fact) for name, fact in wrong.message.facts.items()}
        flaw = Flaw(line, self._name(cells), column, wrong.message.id, facts)
        self._flaws.append(flaw)

    def _name(self, cells: Sequence[str]) -> str:
        """The customer, as far as the row names one."""
        places = [p for p, column in self._columns.items() if column is Column.COMPANY]
        names = (clean(cells[p]).strip()[:LONGEST_COMPANY] for p in places if p < len(cells))
        return next(names, "")

    def _value(self, column: Column, typed: str) -> Any:
        """A cell's value; most cells of a column say the same as others. Raises `Wrong`."""
        key = column, typed
        if key not in self._known:
            try:
                reads = _READS.get(column)
                self._known[key] = reads(typed) if reads else self._days(typed)
            except Wrong as wrong:
                self._known[key] = wrong
        found = self._known[key]
        if isinstance(found, Wrong):
            raise found
        return found

    def _days(self, typed: str) -> list[str]:
        """The days that a cell can mean, the one with the day first first. Raises `Wrong`."""
        bare = _SHORT_YEAR.sub(r"\1\2\3\g<2>20\4", _TIME.sub("", typed.strip()))
        if _SERIAL_NUMBER.fullmatch(bare):
            raise Wrong(EXCEL_NUMBER, typed=typed)
        days = spelling.days(bare, month_names(languages()))
        if not days:
            raise Wrong(NO_DATE, typed=typed[:60])
        numbers = _NUMBERS.fullmatch(bare)
        if numbers and len(days) == 1 and numbers[1] != numbers[2]:
            self._day_first |= int(numbers[1]) > 12
            self._month_first |= int(numbers[2]) > 12
        self._unclear |= len(days) > 1
        return [day.isoformat() for day in days]

    def _row(self, line: int, cells: Sequence[str], values: Mapping[Column, Any]) -> Row:
        named = {name: values[c] for c, name in _FIELDS.items() if values.get(c) is not None}
        if self._services and not named.get("services"):
            places = (p for p in self._services if p < len(cells) and _is_trialled(cells[p]))
            trialled = dict.fromkeys(self._services[p].value for p in places)
            named["services"] = list(trialled)
        device = {name: values[c] for c, name in _DEVICE_FIELDS.items() if values.get(c)}
        days = {str(c): values[c] for c in values if c not in _READS}
        named["company_key"] = spelling.name_key(named["company"])
        named["holders"] = holders(named["administrator"], named.get("organisation_id", ""))
        return Row(line=line, **named, days=days, device=device)

    def parsed(self) -> Parsed:
        """What was read; if the file shows how it writes dates, all are read that way."""
        order = None
        if self._day_first is not self._month_first:
            order = Order.DAY_FIRST if self._day_first else Order.MONTH_FIRST
        columns = {self._headings[p]: str(c) for p, c in self._columns.items()}
        columns |= {self._headings[p]: _SERVICE for p in self._services}
        there = set(self._columns.values())
        used = {p for p, c in self._columns.items() if c not in SHOWN_ONLY} | {*self._services}
        found = Found(
            self._sheet.encoding,
            self._sheet.separator,
            {h: c for h, c in columns.items() if c not in SHOWN_ONLY},
            [h for p, h in enumerate(self._headings) if h and p not in used],
            [str(each) for each in self.missing],
            asks_order=self._unclear and order is None,
            asks_days=not there & _TELLS_WHEN,
            asks_services=Column.SERVICES not in there and not self._services,
            asks_duration=not there & _TELLS_WHEN or _lacks_duration(there),
        )
        rows = "\n".join(self._rows)
        return Parsed(found, _in_order(rows, order) if order else rows, self._flaws)


def _in_order(rows: str, order: Order) -> str:
    """The same rows, with only those of their days that are meant if dates have this order."""
    keep = 0 if order is Order.DAY_FIRST else -1
    lines = []
    for row in loaded(rows):
        row.days.update({name: [days[keep]] for name, days in row.days.items()})
        lines.append(dumped(row))
    return "\n".join(lines)


def _lacks_duration(there: set[Column]) -> bool:
    """Whether only the first or only the last day is given, and not how long trials run."""
    one_end = (Column.FIRST_DAY in there) is not (Column.ENDS in there)
    return one_end and Column.DURATION not in there


# ------------------------------------------------------------------ cells

NO_DATE = N_("“{typed}” isn't a date. Write it like 2026-12-24 or 24.12.2026.")
EXCEL_NUMBER = N_(
    "“{typed}” is Excel's number of a day. Give the column a date format and save the file again."
)
UNKNOWN_SERVICE = N_(
    "“{typed}” isn't a service. Use Messaging, Meetings, Calling or Webex devices."
)
UNKNOWN_OPTION = N_("“{typed}” isn't an option of Meetings.")
NO_RETURN = N_(
    "“{typed}” isn't a serial number with the day of its return. Write it like"
    " FOC2233ABCD 2026-12-24."
)
UNKNOWN_KIND = N_("“{typed}” isn't a kind of customer. Use new, existing or paid.")
UNKNOWN_STATUS = N_("I don't know the status “{typed}”.")
UNKNOWN_DEVICES = N_("“{typed}” isn't a type of device. Use phone, room, desk, board or other.")

_TIME = re.compile(
    r"[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:[AP]M|Z|ч\.?|[+-]\d\d:?\d\d)?$", re.I | re.ASCII
)
_SHORT_YEAR = re.compile(r"^(\d{1,2})([./])\s?(\d{1,2})\2\s?(\d{2})(?=\s?г\.?$|$)", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/]\d{4}", re.ASCII)
_SERIAL_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
_BETWEEN = re.compile(r"[,;|/\n+]")
_DAYS = re.compile(r"\s*(?:days?|дни|ден|дена)\.?$", re.I)
_NOT_TRIALLED = {"", "0", "-", "–", "—", "no", "none", "n/a", "false", "off", "purchased", "paid"}
_NOT_TRIALLED |= {"not available", "не", "няма", "закупена", "закупени"}
_SERVICE = "Services"


def _is_trialled(cell: str) -> bool:
    return spelling.word(cell) not in _NOT_TRIALLED


def _text(most: int) -> Callable[[str], Any]:
    field = Text(max=most)
    return lambda typed: field.parse(" ".join(typed.split()), None)


def _number(least: int, most: int) -> Callable[[str], Any]:
    field = Number(least=least, most=most)
    return lambda typed: field.parse(_DAYS.sub("", typed), None)


def _parsed_as(field: Any) -> Callable[[str], Any]:
    return lambda typed: field.parse(typed, None)


def _administrator(typed: str) -> str:
    return address(_text(254)(typed))


def _services(typed: str) -> list[str]:
    parts = [part.strip() for part in _BETWEEN.split(typed) if part.strip()]
    found = {part: service_of(part) for part in parts}
    unknown = [part for part, service in found.items() if service is None]
    if unknown:
        raise Wrong(UNKNOWN_SERVICE, typed=unknown[0][:60])
    return list(dict.fromkeys(service.value for service in found.values() if service))


def _meetings_options(typed: str) -> list[str]:
    parts = [part.strip() for part in _BETWEEN.split(typed) if part.strip()]
    names = _in_all_languages(MeetingsOption)
    unknown = [part for part in parts if spelling.word(part) not in names]
    if unknown:
        raise Wrong(UNKNOWN_OPTION, typed=unknown[0][:60])
    return list(dict.fromkeys(names[spelling.word(part)] for part in parts))


def _returned(typed: str) -> dict[str, str]:
    """The day on which each device came back, by serial number. Raises `Wrong`."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in _BETWEEN.split(typed))):
        serial, _, last = part.rpartition(" ")
        days = spelling.days(last.strip("()"), {})
        if not serial or len(days) != 1:
            raise Wrong(NO_RETURN, typed=part[:60])
        for each in SerialNumbers(max=100).parse(serial, None):
            found[each] = days[0].isoformat()
    return found


def _one_of(names: Callable[[], Mapping[str, str]], unknown: str) -> Callable[[str], str]:
    def look_up(typed: str) -> str:
        found = names().get(spelling.word(typed))
        if found is None:
            raise Wrong(unknown, typed=typed[:60])
        return found

    return look_up


def _language(typed: str) -> str:
    return _languages().get(spelling.word(typed), "")


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    named = {
        spelling.word(Words(one).tongue(other)): other
        for one in languages()
        for other in languages()
    }
    return named | {each: each for each in languages()}


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, str]:
    more: dict[str, Kind] = {
        "new": Kind.NEW,
        "нов": Kind.NEW,
        "нов клиент": Kind.NEW,
        "existing": Kind.EXISTING,
        "съществуващ": Kind.EXISTING,
        "съществуващ клиент": Kind.EXISTING,
        "paid": Kind.PAID,
        "платен": Kind.PAID,
        "платен клиент": Kind.PAID,
        "плащащ клиент": Kind.PAID,
    }
    return _in_all_languages(Kind) | {name: kind.value for name, kind in more.items()}


@lru_cache(maxsize=1)
def _device_types() -> Mapping[str, str]:
    more = {
        DeviceType.PHONE: "phone; phones; ip phone; телефон; телефони",
        DeviceType.ROOM: "room; room kit; room device; room system; стая; устройство за зала",
        DeviceType.DESK: "desk; desk device; desk pro; настолно устройство",
        DeviceType.BOARD: "board; boards; webex board; дъска; дъски",
        DeviceType.OTHER: "other; other device; друго; други",
    }
    named = {name.strip(): kind.value for kind, names in more.items() for name in names.split(";")}
    return _in_all_languages(DeviceType) | named


_STANDINGS = {
    Status.TO_START: Standing.NOT_THERE,
    Status.TO_REQUEST: Standing.NOT_THERE,
    Status.PENDING_CONSENT: Standing.CONSENT,
    Status.ACCEPTED_HERE: Standing.CONSENT,
    Status.DECLINED_HERE: Standing.CONSENT,
    Status.PENDING_PROVISIONING: Standing.PROVISIONING,
    Status.ACTIVE: Standing.RUNS,
    Status.GRACE: Standing.EXPIRED,
    Status.UNSURE: Standing.OVER,
    Status.ENDED: Standing.OVER,
    Status.CONVERTED: Standing.CONVERTED,
    Status.CANCELLED: Standing.CANCELLED,
}
_MORE_STANDINGS = {
    Standing.CONSENT: "pending consent; pending customer consent; pending; consent pending;"
    " чака съгласие; очаква съгласие; чака съгласие от клиента",
    Standing.PROVISIONING: "pending provisioning; accepted; provisioning; приет;"
    " очаква предоставяне; чака настройване",
    Standing.RUNS: "active; trial; in trial; running; trialing; active trial; активен; активна;"
    " активен пробен период; пробен период; тече",
    Standing.EXPIRED: "expired; trial expired; grace; in grace; grace period; изтекъл;"
    " изтекъл пробен период; гратисен период; в гратисен период",
    Standing.OVER: "over; closed; приключен; приключил",
    Standing.CONVERTED: "purchased; paid; converted; закупен; платен",
    Standing.CANCELLED: "canceled; cancelled; deleted; прекратен; отказан; отменен",
}


@lru_cache(maxsize=1)
def _standings() -> Mapping[str, str]:
    named = {
        spelling.word(Words(language)(NAMES[Status][status])): str(standing)
        for language in languages()
        for status, standing in _STANDINGS.items()
    }
    more = {
        n.strip(): str(each) for each, names in _MORE_STANDINGS.items() for n in names.split(";")
    }
    return named | {"": str(Standing.UNSAID)} | more


def _in_all_languages(terms: Any) -> dict[str, str]:
    return {
        spelling.word(Words(language)(name)): str(term)
        for language in languages()
        for term, name in NAMES[terms].items()
    }


def _plain(fact: object) -> Any:
    return fact if isinstance(fact, int) else str(fact)


_READS: dict[Column, Callable[[str], Any]] = {
    Column.COMPANY: _text(LONGEST_COMPANY),
    Column.ADMINISTRATOR: _administrator,
    Column.FULL_ADMINISTRATORS: lambda typed: list(Emails(max=4000).parse(typed, None)),
    Column.CODE: lambda typed: _text(60)(typed).upper(),
    Column.ORGANISATION: lambda typed: spelling.organisation(_text(200)(typed)),
    Column.COUNTRY: _parsed_as(Country(max=100)),
    Column.LANGUAGE: _language,
    Column.KIND: _one_of(_kinds, UNKNOWN_KIND),
    Column.STATUS: _one_of(_standings, UNKNOWN_STATUS),
    Column.DURATION: _number(SHORTEST, LONGEST),
    Column.SERVICES: _services,
    Column.LICENCES: _number(0, 999_999),
    Column.DEVICE_LICENCES: _number(0, 999_999),
    Column.MEETINGS_OPTIONS: _meetings_options,
    Column.SITE: _parsed_as(Site(max=100)),
    Column.SITE_TIME_ZONE: _parsed_as(TimeZone(max=100)),
    Column.LOCATIONS: _number(0, 999_999),
    Column.ORDER_NUMBER: lambda typed: _text(60)(typed).upper(),
    Column.EXTENSIONS: _number(0, 99),
    Column.DEVICE_TYPE: _one_of(_device_types, UNKNOWN_DEVICES),
    Column.DEVICE_MODELS: lambda typed: dict(Models(max=300).parse(typed, None)),
    Column.DEVICE_ORDER: lambda typed: _text(60)(typed).upper(),
    Column.DEVICE_COUNTRY: _parsed_as(Country(max=100)),
    Column.SERIALS_BACK: _returned,
    Column.SERIALS: lambda typed: list(dict.fromkeys(SerialNumbers(max=4000).parse(typed, None))),
}
"""How each cell is read; those that aren't here are days."""

_FIELDS = {
    Column.COMPANY: "company",
    Column.ADMINISTRATOR: "administrator",
    Column.FULL_ADMINISTRATORS: "full_administrators",
    Column.CODE: "code",
    Column.ORGANISATION: "organisation_id",
    Column.COUNTRY: "country",
    Column.LANGUAGE: "language",
    Column.KIND: "kind",
    Column.STATUS: "standing",
    Column.DURATION: "duration",
    Column.SERVICES: "services",
    Column.LICENCES: "licences",
    Column.DEVICE_LICENCES: "device_licences",
    Column.MEETINGS_OPTIONS: "meetings_options",
    Column.SITE: "site",
    Column.SITE_TIME_ZONE: "site_time_zone",
    Column.LOCATIONS: "locations",
    Column.ORDER_NUMBER: "order_number",
    Column.EXTENSIONS: "extensions",
}
_DEVICE_FIELDS = {
    Column.DEVICE_TYPE: "type",
    Column.DEVICE_MODELS: "models",
    Column.DEVICE_ORDER: "order_number",
    Column.DEVICE_COUNTRY: "country",
    Column.SERIALS: "serials",
    Column.SERIALS_BACK: "back",
}
_DEVICE_DAYS = (
    Column.SHIPPED_ON,
    Column.DEVICES_FROM,
    Column.DEVICES_UNTIL,
    Column.RETURNED_ON,
)
_TELLS_WHEN = {Column.FIRST_DAY, Column.ENDS, Column.ASKED_ON, Column.ACCEPTED_ON}
