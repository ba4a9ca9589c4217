"""How people spell words, names, addresses, numbers, days and ids: one normal form for each.

Each function takes any text, raises nothing, and leaves a text that is already normal as it is.
"""

import base64
import binascii
import calendar
import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from store.codes import normal_code

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of some scripts' words and of emoji."""

_CLOSING = " \t\n.,;:!?…"
_OPENING = " \t\n\u00a0,:/\u200c\u200d"


# ------------------------------------------------------------------ text


def visible(text: str, *, keep: frozenset[str] = frozenset()) -> str:
    """Drop characters that nobody sees, such as U+200B; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", "".join(c for c in text if c in keep or _is_seen(c)))


def _is_seen(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in ("Cf", "Cc", "Cs")


def name(text: str) -> str:
    """A name or another text of one line: single blanks, and nothing invisible in it."""
    return "\n".join(" ".join(line.split()) for line in visible(text, keep=_JOINERS).split("\n"))


def name_key(text: str) -> str:
    """What names are compared and found by: one line, ignoring case."""
    return " ".join(visible(text).casefold().split())


def sought(text: str) -> str:
    """A text to search for: one line, without the punctuation that ends a sentence."""
    return " ".join(visible(text).split()).rstrip(_CLOSING)


def word(text: str) -> str:
    """A command or another word to recognise: as `sought`, ignoring case and a leading slash."""
    return sought(opened(text)).casefold()


def opened(text: str) -> str:
    """A sentence without what may stand before its first word: blanks, a comma or a slash."""
    return visible(text, keep=_JOINERS).lstrip(_OPENING)


# ------------------------------------------------------------------ addresses

_IN_BRACKETS = re.compile(r"([^<>;\n]*)<([^<>\s]*)>")
_BETWEEN = re.compile(r"[\s,;]+")
_SCHEME = re.compile(r"^(?:mailto:)+", re.IGNORECASE)


def address(text: str) -> str:
    """An e-mail address without the name, `mailto:` and punctuation that people paste with it."""
    found = addresses(text)
    certain = [part for part in found if "@" in part] or found
    return certain[0] if len(certain) == 1 else sought(text)


def addresses(text: str) -> list[str]:
    """Several addresses, separated by commas, semicolons, blanks or line breaks.

    The names before brackets are left out: `Novak, Clara <clara@meadow.example>`.
    """
    parts = (_bare(part) for part in _BETWEEN.split(_IN_BRACKETS.sub(_unnamed, visible(text))))
    return list(dict.fromkeys(part for part in parts if part))


def _unnamed(found: re.Match[str]) -> str:
    """The address in brackets, and those before its name."""
    others = (part for part in _BETWEEN.split(found[1]) if "@" in part)
    return f" {' '.join(others)} {found[2]} "


def _bare(part: str) -> str:
    """One address without its frame; done until nothing changes, as frames can be nested."""
    stripped = _SCHEME.sub("", part.strip("<>\"'()[]" + _CLOSING))
    stripped = stripped.partition("?")[0] if "@" in stripped.partition("?")[0] else stripped
    return stripped if stripped == part else _bare(stripped)


# ------------------------------------------------------------------ codes and ids

_WEBEX_ID = re.compile(r"ciscospark://[!-~]+/([!-.0-~]+)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def code(text: str) -> str | None:
    """A trial's code, also without `T-`; None if it can't be one."""
    typed = sought(text)
    return normal_code(typed) or (None if " " in typed else normal_code("T" + typed))


def looks_like_code(text: str) -> bool:
    """Whether a text is hardly anything but a code: with its `T-`, or with a digit."""
    typed = sought(text)
    if normal_code(typed) and not typed.isalpha():
        return True
    return code(typed) is not None and any(c.isdigit() for c in typed)


def webex_id(text: str) -> str:
    """The UUID inside a Webex id, the same in every cluster; the text itself if it has none."""
    typed = text.strip()
    try:
        inside = base64.urlsafe_b64decode(typed + "=" * (-len(typed) % 4)).decode()
    except (binascii.Error, ValueError):
        inside = ""
    found = _WEBEX_ID.fullmatch(inside)
    plain = found[1] if found else typed
    return plain.lower() if _UUID.fullmatch(plain) else plain


def organisation(text: str) -> str:
    """An organisation's id as Control Hub shows it, whichever way it is spelled."""
    return webex_id(sought(text))


# ------------------------------------------------------------------ numbers and days

_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:([ ,.'’\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*")
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*")
_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-./])\s?(\d{1,2})\2\s?(\d{4})(?:\s?г)?", re.ASCII)
_DAY_AND_NAME = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th|\.)? ([^\W\d_]{3,12})\.?,? ([0-9]{4})(?:\s?г)?"
)
_NAME_AND_DAY = re.compile(r"([^\W\d_]{3,12})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
ENGLISH_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if n}


def number(text: str) -> str:
    """A whole number without the marks between its thousands: `1,000` and `1 000` are `1000`."""
    typed = visible(text).strip().rstrip(_CLOSING)
    if not _GROUPS.fullmatch(typed):
        return typed
    return re.sub(r"[^0-9]", "", typed)


def days(text: str, months: Mapping[str, int] = ENGLISH_MONTHS) -> list[date]:
    """The days that a text can mean, from 2000 to 2099: one if it is clear, none if unreadable.

    `months`: their numbers by name, in lower case; the beginning of a name will do.
    Dots are read day first, as everybody does who writes them. With slashes or hyphens some write
    the month first: `03/04/2026` is two days, `24/12/2026` one.
    """
    typed = _WEEKDAY.sub("", word(text))
    read = dict.fromkeys(day for day in map(_day, _readings(typed, months)) if day)
    return [day for day in read if _FIRST <= day <= _LAST]


def _readings(typed: str, months: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """The possible (year, month, day) of a text."""
    if found := _YEAR_FIRST.fullmatch(typed):
        return [(found[1], found[3], found[4])]
    if found := _YEAR_LAST.fullmatch(typed):
        day_first = (found[4], found[3], found[1])
        return [day_first] if found[2] == "." else [day_first, (found[4], found[1], found[3])]
    if found := _DAY_AND_NAME.fullmatch(typed):
        return [(found[3], _month(found[2], months), found[1])]
    if found := _NAME_AND_DAY.fullmatch(typed):
        return [(found[3], _month(found[1], months), found[2])]
    return []


def _month(named: str, months: Mapping[str, int]) -> str:
    """The number of a month by its name or the beginning of it; 0 if there is none."""
    found = {n for month, n in months.items() if month.startswith(named)}
    return str(found.pop() if len(found) == 1 else 0)


def _day(numbers: tuple[str, str, str]) -> date | None:
    year, month, day = map(int, numbers)
    exists = 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
    return date(year, month, day) if exists and year else None
