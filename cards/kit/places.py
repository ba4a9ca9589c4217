"""Fields for countries, languages, time zones and Meetings sites as people type them."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import pycountry
from babel import Locale

from cards.kit import kit
from cards.kit.fields import NOTHING, Choices, Choose, Text, Wrong
from cards.kit.kit import Element
from cards.kit.words import N_, Words, languages
from store.rules.countries import COUNTRIES
from store.rules.zones import zones_of_places

_SITE = re.compile(r"(?:https?://)?([a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?)(?:\.webex\.com)?/?")
_OFFSET = re.compile(r".*[+\N{MINUS SIGN}-]\d.*|etc/.*|(?:utc|gmt|z)\d*|localtime|posixrules")
"""A distance from UTC, or a zone of none of the places that people mean, in lower case."""
_CODE_IN_BRACKETS = re.compile(r"\(([A-Za-z]{2})\)$")


@dataclass(kw_only=True)
class Country(Text):
    """A country by its name or ISO code; the value is the code."""

    def read(self, typed: str, choices: Choices | None) -> str:
        """Return the ISO code of the country. Raises `Wrong`, with the closest name if any."""
        name = super().read(typed, choices).casefold()
        if bracketed := _CODE_IN_BRACKETS.search(name):
            name = bracketed[1]
        known = _country_names()
        if name in known:
            return known[name]
        if near := get_close_matches(name, known, n=1):
            raise Wrong(N_("I don't know this country. Did you mean {near}?"), near=near[0].title())
        raise Wrong(N_("I don't know this country. Try its two-letter code, such as BG."))

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a text input that shows the name beside the code."""
        shown = f"{words.country(value)} ({value})" if value in COUNTRIES else value
        return kit.text_input(
            id_, label=words(self.label), value=shown, maxLength=100, **self._asks(words, checked)
        )


@dataclass(kw_only=True)
class Language(Choose):
    """One of the available languages; a stored one that is no longer available shows as English."""

    def offered(self, choices: Choices | None) -> Choices:
        """Return the available languages by their codes."""
        return choices or [(code, code) for code in languages()]

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a list of the languages' names."""
        named = [(code, words.tongue(code)) for code in languages()]
        return self._choice_input(id_, words, Words(value).language, named, checked, many=False)


@dataclass(kw_only=True)
class TimeZone(Text):
    """A place's IANA time zone, or the city in its name; the value is the zone's name."""

    def read(self, typed: str, choices: Choices | None) -> str:
        """Return the zone's name. Raises `Wrong`, with the closest one if any."""
        name = super().read(typed, choices).casefold().replace(" ", "_")
        known = _zone_names()
        if name in known:
            return known[name]
        if name in _zones_of_no_place() or _OFFSET.fullmatch(name):
            raise Wrong(N_("{typed} isn't a place. Enter a city, such as Sofia."), typed=typed[:60])
        if near := get_close_matches(name, known, n=1):
            zone = known[near[0]]
            raise Wrong(N_("I don't know this time zone. Did you mean {near}?"), near=zone)
        raise Wrong(N_("I don't know this time zone. Try one such as Europe/Sofia."))


@dataclass(kw_only=True)
class Site(Text):
    """The name of a Meetings site, with or without the domain; the value is its host name."""

    def read(self, typed: str, choices: Choices | None) -> str:
        """Return `<name>.webex.com`. Raises `Wrong`."""
        found = _SITE.fullmatch(super().read(typed, choices).lower())
        if not found:
            raise Wrong(N_("Use only letters, digits and hyphens, such as meadow.webex.com."))
        return f"{found[1]}.webex.com"


def country(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare a country field; the value is an ISO code."""
    return Country(label=label, required=required, hint=hint, max=100)


def language(label: str, *, expanded: bool = False, default: Any = NOTHING) -> Any:
    """Declare a language field; the value is a language code."""
    return Language(label=label, expanded=expanded, default=default)


def time_zone(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare a time zone field; the value is an IANA name."""
    return TimeZone(label=label, required=required, hint=hint, max=100)


def site(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare a Meetings site field; the value is a host name."""
    return Site(label=label, required=required, hint=hint, max=100)


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    """Map every spelling of every country, in lower case, to its code; codes take precedence."""
    names = {}
    for found in pycountry.countries:
        for name in ("official_name", "common_name", "name"):
            if spelling := getattr(found, name, None):
                names[spelling.casefold()] = found.alpha_2
    for language in languages():
        territories = Locale.parse(language).territories
        names |= {territories[code].casefold(): code for code in COUNTRIES if code in territories}
    names |= {"uk": "GB", "usa": "US", "turkey": "TR", "russia": "RU", "holland": "NL"}
    names |= {found.alpha_3.casefold(): found.alpha_2 for found in pycountry.countries}
    return names | {code.casefold(): code for code in COUNTRIES}


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    """Map every place's zone, and its city if that is unique, in lower case, to the zone."""
    zones = sorted(zones_of_places())
    cities: dict[str, list[str]] = {}
    for zone in zones:
        cities.setdefault(zone.rpartition("/")[2].casefold(), []).append(zone)
    names = {city: found[0] for city, found in cities.items() if len(found) == 1}
    return names | {zone.casefold(): zone for zone in zones}


@lru_cache(maxsize=1)
def _zones_of_no_place() -> frozenset[str]:
    return frozenset(zone.casefold() for zone in available_timezones() - zones_of_places())
