"""Wording: sentences by gettext, facts by Babel, and user input always escaped.

A sentence is `words("Trial {code} ends on {day}.", code=…, day=…)`. As with Jinja's autoescape, a
fact that is a plain `str` can't become markdown; the result is `Md`, which isn't escaped again.
"""

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from cards.kit.names import CISCOS_STATUSES, N_, NAMES
from store.tables import Person
from store.terms import Kind, Role, Service, Status

__all__ = [
    "MESSAGE_BYTES",
    "N_",
    "Md",
    "Message",
    "Words",
    "bold",
    "bullets",
    "clean",
    "cut",
    "dotted",
    "escape",
    "languages",
    "month_names",
    "paragraphs",
    "plain",
    "spaced",
    "verbatim",
]

DOMAIN = "trialbot"
LOCALE = Path(__file__).parents[1] / "locale"
TEMPLATE = LOCALE / f"{DOMAIN}.pot"
MESSAGE_BYTES = 7439
ROOM_FOR_MORE = 100
"""Bytes kept free for the line that says how many rows are left out."""

SOME = 20
"""The most items that one sentence lists."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SPACES = re.compile(r"\s+")
_SPECIAL = re.compile(r"[\\`*\[\]<>~&]|(?<![^\W_])_|_(?![^\W_])|(?<=<)@|:(?=//)|(?<=www)\.", re.I)
_STARTS_A_BLOCK = re.compile(r"^(?:(?=[-+=#])|(\d+)(?=[.)]))")
_MARKUP = re.compile(r"\\([!-/:-@\[-`{-~])|\*+")
_WEBEX_ID = re.compile(r"[A-Za-z0-9+/=_-]+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
_FENCE = "\n```"
_LAST_LITERAL = re.compile(r"[\s\u202f]*'[^']*'\.?$")
"""An abbreviation such as the Bulgarian `г.`: left out, because a sentence may end with a day."""
_IN_A_MENTION = re.compile(r"[<>|\[\]()*`\\_~&]+")


class Md(str):
    """Markdown built from our own sentences and escaped facts: safe to send as it is."""

    __slots__ = ()


class Message(NamedTuple):
    """A sentence to be rendered later, in the reader's language."""

    id: str
    facts: Mapping[str, object] = {}


def clean(text: str) -> str:
    """Remove control characters, lone surrogates and direction marks from user input."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text.replace("\r\n", "\n")))


def escape(text: str) -> Md:
    """Escape user input: no mention, link, emphasis, heading or line break survives."""
    if isinstance(text, Md):
        return text
    line = _SPACES.sub(" ", clean(text)).strip()
    line = _SPECIAL.sub(lambda found: "\\" + found[0], line)
    return Md(_STARTS_A_BLOCK.sub(lambda found: f"{found[1] or ''}\\", line))


def plain(text: str) -> str:
    """Turn markdown into plain text, for places without markdown: buttons, labels, choices."""
    if isinstance(text, Md):
        return _MARKUP.sub(lambda found: found[1] or "", text)
    return _SPACES.sub(" ", clean(text)).strip()


def bold(text: str) -> Md:
    """Make a text bold."""
    return Md(f"**{escape(text)}**")


def paragraphs(*parts: str) -> Md:
    """Join parts as paragraphs; empty ones are left out."""
    return Md("\n\n".join(escape(part) for part in parts if part))


def bullets(parts: Iterable[str]) -> Md:
    """Build a bullet list with one bullet per part."""
    return Md("\n".join(f"- {escape(part)}" for part in parts))


def spaced(*parts: str) -> Md:
    """Join sentences with spaces; empty ones are left out."""
    return Md(" ".join(escape(part) for part in parts if part))


def dotted(*parts: str) -> Md:
    """Join facts in one line with dots between them; empty ones are left out."""
    return Md(" · ".join(escape(part) for part in parts if part))


def verbatim(text: str) -> Md:
    """Build a code block for a text to copy, with its line breaks."""
    return Md("```\n" + clean(text).replace("```", "'''") + "\n```")


def cut(text: str, limit: int = MESSAGE_BYTES) -> Md:
    """Shorten a text to `limit` bytes at a space, never inside a mention or an escape.

    A code block is closed.
    `Words.cut` also says how many rows of a list are left out.
    """
    safe = escape(text)
    raw = safe.encode()
    if len(raw) <= limit:
        return safe
    short = raw[: limit - 3 - len(_FENCE)].decode(errors="ignore")
    if short.rfind("<@") > short.rfind(">"):
        short = short[: short.rfind("<@")]
    space = max(short.rfind(" "), short.rfind("\n"))
    short = short[:space] if space > len(short) - 200 and space > 0 else short
    end = _FENCE if short.count("```") % 2 else ""
    return Md(short.rstrip("\\ \n`") + "…" + end)


class Words:
    """The wording in one language; an unavailable language falls back to English completely."""

    __slots__ = ("_locale", "_speech", "language")

    def __init__(self, language: str = "en") -> None:
        self.language = language if language == "en" or language in languages() else "en"
        self._speech = _catalogue(self.language)
        self._locale = _locale(self.language)

    def __call__(self, message: str | Message, /, **facts: object) -> Md:
        """Translate a sentence and fill in the escaped facts; `Md` is returned unchanged."""
        if isinstance(message, Md):
            return message
        if isinstance(message, Message):
            return self(message.id, **message.facts, **facts)
        return self._fill(self._speech.gettext(message), facts)

    def plural(self, one: str, many: str, n: int, /, **facts: object) -> Md:
        """Translate a sentence in the plural form for `n`, which fills in `{n}`."""
        return self._fill(self._speech.ngettext(one, many, n), {"n": n, **facts})

    def _fill(self, sentence: str, facts: Mapping[str, object]) -> Md:
        if not facts and "{" not in sentence:
            return Md(sentence)
        return Md(sentence.format_map({name: self.fact(fact) for name, fact in facts.items()}))

    def fact(self, fact: object) -> Md:
        """Format any value that fills in a sentence."""
        match fact:
            case str():
                return escape(fact)
            case Message():
                return self(fact)
            case datetime():
                return self.instant(fact)
            case date():
                return self.day(fact)
            case bool() | int():
                return self.number(int(fact))
            case list() | tuple():
                return self.join(self.fact(part) for part in fact)
            case _:
                return escape(str(fact))

    def cut(self, text: str, limit: int = MESSAGE_BYTES) -> Md:
        """Shorten a text to `limit` bytes; a list ends with how many of its rows are left out."""
        safe = escape(text)
        if len(safe.encode()) <= limit:
            return safe
        lines, size = safe.split("\n"), 0
        fit = 0
        for line in lines:
            size += len(line.encode()) + 1
            if size > limit - ROOM_FOR_MORE:
                break
            fit += 1
        rows = sum(line.startswith("- ") for line in lines[fit:])
        if not rows or not any(line.startswith("- ") for line in lines[:fit]):
            return cut(safe, limit)
        more = self.plural("and {n} more", "and {n} more", rows)
        return Md("\n".join([*lines[:fit], f"- {more}"]))

    def some(self, parts: Sequence[str], most: int = SOME) -> Md:
        """Join the first items in a sentence: a, b and 5 more."""
        left = len(parts) - most
        shown = [*parts[:most], self.plural("{n} more", "{n} more", left)] if left > 0 else parts
        return self.join(shown)

    # -------------------------------------------------------------- facts

    def day(self, day: date) -> Md:
        """Format a date with its weekday: `Thu, 24 Dec 2026`."""
        return _in_parts(self.language, "yMMMEd", day)

    def short_day(self, day: date, *, year: bool = False) -> Md:
        """Format a date without its weekday: `24 Dec`, or `24 Dec 2026` with its year."""
        return _in_parts(self.language, "yMMMd" if year else "MMMd", day)

    def month(self, day: date) -> Md:
        """Format a date's month: `Dec 2026`."""
        return _in_parts(self.language, "yMMM", day)

    def days(self, n: int) -> Md:
        """Format a number of days."""
        return self.plural("{n} day", "{n} days", n)

    def instant(self, when: datetime, time_zone: str = "UTC") -> Md:
        """Format a point in time in a time zone (an IANA name)."""
        there = when.astimezone(ZoneInfo(time_zone))
        return Md(
            f"{self.day(there.date())} {format_datetime(there, 'HH:mm', locale=self._locale)}"
        )

    def number(self, number: int) -> Md:
        """Format a number with this language's separators."""
        return _number(self.language, number)

    def percent(self, part: int, whole: int) -> Md:
        """Format a share in whole percent. Raises ZeroDivisionError if the whole is nothing."""
        return Md(format_percent(part / whole, locale=self._locale))

    def join(self, parts: Iterable[str]) -> Md:
        """Join several items in a sentence: a, b and c."""
        return Md(format_list([escape(part) for part in parts], locale=self._locale))

    def country(self, code: str) -> Md:
        """Return a country's name by its ISO code, or the code if Babel has no name for it."""
        return escape(self._locale.territories.get(code, code))

    def tongue(self, language: str) -> Md:
        """Return the name of a language."""
        return escape(self._locale.languages.get(language, language))

    def term(self, vocabulary: type[StrEnum], value: str) -> Md:
        """Return the name of a word of one of our closed vocabularies."""
        return self(NAMES[vocabulary][value])

    def status(self, status: Status) -> Md:
        """Return a status's name; in other languages, Cisco's English name stands beside it."""
        english = NAMES[Status][status]
        here = self(english)
        if self.language == "en" or status not in CISCOS_STATUSES:
            return here
        return Md(f"{here} ({english})")

    def service(self, service: str) -> Md:
        """Return the name of a service."""
        return self.term(Service, service)

    def services(self, services: Iterable[str]) -> Md:
        """List services by name, in one line."""
        return self.join([self.service(service) for service in services])

    def kind(self, kind: str) -> Md:
        """Return the name of a customer type: what the partner is to the customer."""
        return self.term(Kind, kind)

    def role(self, role: str) -> Md:
        """Return a role's current name in Partner Hub."""
        return self.term(Role, role)

    # ------------------------------------------------------------- people

    def name(self, person: Person) -> Md:
        """Return a person's name, or the address if there is no name."""
        return escape(person.name or person.email)

    def mention(self, person: Person) -> Md:
        """Mention a person so that Webex notifies them."""
        name = _SPACES.sub(" ", _IN_A_MENTION.sub(" ", clean(person.name or person.email))).strip()
        if person.webex_id and _WEBEX_ID.fullmatch(person.webex_id):
            return Md(f"<@personId:{person.webex_id}|{name}>")
        if _ADDRESS.fullmatch(person.email):
            return Md(f"<@personEmail:{person.email}|{name}>")
        return escape(name)


@lru_cache
def _locale(language: str) -> Locale:
    return Locale("en", "GB") if language == "en" else Locale.parse(language)


@lru_cache(maxsize=4000)
def _in_parts(language: str, skeleton: str, day: date) -> Md:
    """Format the parts of a date that a skeleton of Babel names, in the language's order."""
    locale = _locale(language)
    pattern = str(locale.datetime_skeletons[skeleton])
    return Md(format_date(day, _LAST_LITERAL.sub("", pattern), locale))


@lru_cache(maxsize=2000)
def _number(language: str, number: int) -> Md:
    return Md(format_decimal(number, locale=_locale(language)))


@lru_cache
def month_names(spoken: Sequence[str]) -> Mapping[str, int]:
    """Return the numbers of the months by their full names in these languages, in lower case."""
    names: dict[str, int] = {}
    for language in spoken:
        for context in ("format", "stand-alone"):
            found = _locale(language).months[context]["wide"]
            names |= {name.casefold(): n for n, name in found.items()}
    return names


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    """Compile the catalogue in memory from its .po file; English has none."""
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _read(_source(language), language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache
def languages() -> tuple[str, ...]:
    """Return the available languages: English, and each whose catalogue is complete."""
    there = sorted(place.parents[1].name for place in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return ("en", *filter(_is_complete, there)) if there else ("en",)


def _is_complete(language: str) -> bool:
    """Return whether every message of the template is translated, none of them fuzzy."""
    said = {m.id: m for m in _read(_source(language), language) if m.id and not m.fuzzy}
    asked = (message.id for message in _read(TEMPLATE, None) if message.id)
    return all(each in said and _translated(said[each].string) for each in asked)


def _translated(text: str | Iterable[str] | None) -> bool:
    return bool(text) and all(text or ())


def _source(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _read(source: Path, language: str | None) -> Catalog:
    with source.open("rb") as lines:
        return read_po(lines, locale=language, domain=DOMAIN)
