"""Form fields: how each kind is drawn, and how its input is parsed, strictly."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeAlias, get_args

from email_validator import EmailNotValidError, validate_email

from cards.kit import kit
from cards.kit.kit import Element
from cards.kit.names import NAMES
from cards.kit.words import N_, Md, Message, Words, clean, languages, month_names, plain
from store.declared import Declared
from store.rules import spelling

Choices: TypeAlias = Sequence[tuple[str, str]]

NOTHING: Any = object()
MAX_NUMBER = 999_999_999_999_999
NO_ID = 2**31 - 1
"""The largest number that a column holds; stands for any id that can't be one of ours."""

MAX_ADDRESSES = 20
LONGEST_LIST = 5_000
"""Bytes of people to choose from beyond which a card asks to type one of them."""

_DIGITS = re.compile(r"[0-9]{1,15}")
_NEGATIVE = re.compile(r"-[0-9]{1,15}")
_ISO_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_BETWEEN = re.compile(r"[\s,;]+")

FILL_IN = N_("This is required.")
NOT_UNDERSTOOD = N_("I couldn't read this. Enter it again.")


class Wrong(Exception):
    """Input that a field can't accept; `message` says why."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = Message(message, facts)


@dataclass(kw_only=True)
class Field:
    """One field: `label` and `hint` are message ids, `default` is the value of a blank one."""

    label: str = ""
    hint: str = ""
    required: bool = True
    default: Any = NOTHING
    max: int = 200

    name: str = field(default="", init=False)
    type: Any = field(default=str, init=False)
    visible: ClassVar[bool] = True

    def bind(self, name: str, type_: Any) -> None:
        """Give the field its name in the form and its declared type, without `None`."""
        args = [arg for arg in get_args(type_) if arg is not NoneType]
        optional = isinstance(type_, UnionType) and len(args) == 1
        self.name, self.type = name, args[0] if optional else type_

    def parse(self, raw: object, choices: Choices | None) -> Any:
        """Parse the raw input. Raises `Wrong`."""
        typed = as_text(raw).strip()
        if typed:
            return self.read(typed, choices)
        if self.default is not NOTHING:
            return self.default
        if self.required:
            raise Wrong(FILL_IN)
        return self.blank()

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Parse text that isn't blank. Raises `Wrong`."""
        if len(typed) > self.max:
            raise Wrong(N_("Use at most {n} characters."), n=self.max)
        return typed

    def blank(self) -> Any:
        """Return the value of a blank, optional field."""
        return "" if self.type is str else None

    def write(self, value: Any) -> str:
        """Return the value as a card would submit it."""
        return "" if value is None or value is NOTHING else str(value)

    def again(self, raw: object) -> str:
        """Return the typed text for showing it again, limited in length."""
        try:
            return as_text(raw)[: self.max + 100]
        except Wrong:
            return ""

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build the input.

        `checked`: the client rejects a blank one too, if the field is required.
        """
        raise NotImplementedError

    def _asks(self, words: Words, checked: bool) -> dict[str, Any]:
        if not (checked and self.required):
            return {}
        return {"isRequired": True, "errorMessage": words(FILL_IN)}


def as_text(raw: object) -> str:
    """Convert one JSON value to text. Raises `Wrong` for a value that no input sends."""
    match raw:
        case None:
            return ""
        case str():
            return clean(raw[:20_000])
        case bool():
            return "true" if raw else "false"
        case int() if abs(raw) <= MAX_NUMBER:
            return str(raw)
        case float() if raw.is_integer() and abs(raw) <= MAX_NUMBER:
            return str(int(raw))
        case _:
            raise Wrong(NOT_UNDERSTOOD)


def typed_as(type_: Any, typed: str) -> Any:
    """Convert a short text to an integer, a day or a word of a vocabulary. Raises `Wrong`."""
    if type_ is int:
        return _id(typed)
    if type_ is date:
        return _day(typed)
    if isinstance(type_, type) and issubclass(type_, StrEnum | Declared):
        try:
            return type_.of(typed) if issubclass(type_, Declared) else type_(typed)
        except (ValueError, KeyError):
            raise Wrong(N_("Choose one of the options.")) from None
    return typed


def _id(typed: str) -> int:
    """Convert digits to an id; an impossible one (negative, or too large) is an id of nothing."""
    if _NEGATIVE.fullmatch(typed):
        return NO_ID
    return min(_integer(typed), NO_ID)


def _integer(typed: str) -> int:
    number = spelling.number(typed)
    if not _DIGITS.fullmatch(number):
        shown = _short(typed)
        raise Wrong(N_("“{typed}” isn't a whole number. Enter one such as 30."), typed=shown)
    return int(number)


def _day(typed: str) -> date:
    read = spelling.days(typed, month_names(languages()))
    if len(read) == 1:
        return read[0]
    shown = _short(typed)
    if read:
        one, other = read
        raise Wrong(
            N_("“{typed}” could be {one} or {other}. Enter it as year-month-day: {iso}."),
            typed=shown,
            one=one,
            other=other,
            iso=one.isoformat(),
        )
    if _ISO_DAY.fullmatch(typed):
        raise Wrong(N_("“{typed}” doesn't exist. Check the day and month."), typed=shown)
    raise Wrong(
        N_("I can't read “{typed}” as a date. Enter it as year-month-day, such as 2026-12-24."),
        typed=shown,
    )


def _short(typed: str) -> str:
    """What was typed, for a message: a date or number input can't show it again."""
    return typed if len(typed) <= 40 else typed[:40] + "…"


class Carried(Field):
    """A value that the button carries: untrusted like any other input, so it is checked too."""

    visible = False

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Parse the value by its declared type. Raises `Wrong`."""
        return typed_as(self.type, super().read(typed, choices))

    def again(self, raw: object) -> str:
        """Return the value as it was parsed, as handlers read it from an invalid form."""
        try:
            return self.write(self.parse(raw, None))
        except Wrong:
            return super().again(raw)


class Rest(Field):
    """All other inputs on the card, as typed: unchecked but bounded."""

    visible = False

    def gather(self, inputs: Mapping[str, object], known: set[str]) -> dict[str, str]:
        """Collect every text, number and tick that isn't a field of the form."""
        kept: dict[str, str] = {}
        for name, raw in list(inputs.items())[:100]:
            if isinstance(name, str) and name not in known and len(name) <= 100:
                kept[name] = self.again(raw)
        return kept


@dataclass(kw_only=True)
class Text(Field):
    """Text in one line or several."""

    multiline: bool = False

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Accept text; in one line, without double blanks. Raises `Wrong`."""
        return super().read(typed if self.multiline else spelling.name(typed), choices)

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a text input."""
        return kit.text_input(
            id_,
            label=words(self.label),
            value=value,
            multiline=self.multiline,
            maxLength=self.max,
            **self._asks(words, checked),
        )


@dataclass(kw_only=True)
class Number(Field):
    """A whole number within bounds."""

    least: int = 0
    most: int = MAX_NUMBER

    def parse(self, raw: object, choices: Choices | None) -> Any:
        """Treat `NaN` as blank: some renderers send it for an empty number. Raises `Wrong`."""
        return super().parse("" if raw == "NaN" else raw, choices)

    def read(self, typed: str, choices: Choices | None) -> int:
        """Accept a whole number within the bounds, such as `1,000`. Raises `Wrong`."""
        number = _integer(typed)
        if not self.least <= number <= self.most:
            raise Wrong(
                N_("Enter a number from {least} to {most}."),
                least=self.least,
                most=self.most,
            )
        return number

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a number input; a value that isn't a number is left out."""
        number = spelling.number(value)
        return kit.number_input(
            id_,
            label=words(self.label),
            value=int(number) if _DIGITS.fullmatch(number) else None,
            **self._asks(words, checked),
        )


class Day(Field):
    """A calendar day of this century, submitted in ISO format or typed in any clear one."""

    def read(self, typed: str, choices: Choices | None) -> date:
        """Accept a text that can mean only one day. Raises `Wrong`, with all that it can mean."""
        return _day(typed)

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a date input; a value that isn't a day is left out."""
        read = spelling.days(value, month_names(languages()))
        shown = read[0].isoformat() if len(read) == 1 else ""
        return kit.day_input(
            id_, label=words(self.label), value=shown, **self._asks(words, checked)
        )


@dataclass(kw_only=True)
class Choose(Field):
    """One of several options; without `choices`, they are passed when it is drawn and parsed."""

    choices: Choices | type[StrEnum] | None = None
    expanded: bool = False

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Accept one of the options offered. Raises `Wrong`."""
        offered = self.offered(choices)
        if offered is not None and typed not in {value for value, _ in offered}:
            raise Wrong(N_("Choose one of the options."))
        return typed_as(self.type, super().read(typed, choices))

    def offered(self, choices: Choices | None) -> Choices | None:
        """Return the options to choose from; None if they aren't known here."""
        if choices is not None:
            return choices
        if isinstance(self.choices, type):
            return [(str(value), NAMES[self.choices][value]) for value in self.choices]
        return self.choices

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a list to choose from."""
        return self._choice_input(id_, words, value, choices, checked, many=False)

    def _choice_input(
        self,
        id_: str,
        words: Words,
        value: str,
        choices: Choices | None,
        checked: bool,
        many: bool,
    ) -> Element:
        offered = self.offered(choices)
        if offered is None:
            raise LookupError(f"what can be chosen for {self.name}?")
        said = choices is not None
        known = {choice for choice, _ in offered}
        return kit.choice_input(
            id_,
            label=words(self.label),
            choices=[(choice, title if said else words(title)) for choice, title in offered],
            value=",".join(part for part in value.split(",") if part in known),
            many=many,
            expanded=self.expanded,
            **self._asks(words, checked),
        )


class Someone(Choose):
    """A person by id: chosen or, if there are too many for a card, typed by name or address.

    Whether this person may be chosen is left to the operation.
    """

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Accept an id, or the name or address of one of the people. Raises `Wrong`."""
        return typed_as(self.type, typed if _DIGITS.fullmatch(typed) else _id_of(typed, choices))

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a list to choose from, or a text input."""
        people = choices or ()
        if sum(map(_bytes, people)) <= LONGEST_LIST:
            return super().element(id_, words, value, choices, checked)
        return kit.text_input(
            id_,
            label=words(self.label),
            value=next((plain(title) for known, title in people if known == value), value),
            placeholder=words("Type a name or an e-mail address"),
            maxLength=self.max,
            **self._asks(words, checked),
        )


def _bytes(choice: tuple[str, str]) -> int:
    return sum(len(part.encode()) for part in choice) + 24  # as JSON


def _id_of(typed: str, people: Choices | None) -> str:
    """Find the only person with this name or address, or with both. Raises `Wrong`."""
    wanted = typed.casefold()
    found = [known for known, title in people or () if wanted in _spellings(title)]
    if len(found) != 1:
        raise Wrong(N_("I don't know that person here. Check the name or address."))
    return found[0]


def _spellings(title: str) -> set[str]:
    whole = plain(title).casefold()
    return {whole, *whole.split(" · ")}


class ChooseMany(Choose):
    """Several options, in the order in which they are offered."""

    def read(self, typed: str, choices: Choices | None) -> tuple[Any, ...]:
        """Accept options that are offered, each once. Raises `Wrong`."""
        parts = [part.strip() for part in typed.split(",") if part.strip()]
        if len(parts) > 300:
            raise Wrong(NOT_UNDERSTOOD)
        offered = self.offered(choices)
        read = {part: super(ChooseMany, self).read(part, choices) for part in parts}
        if offered is None:
            return tuple(read.values())
        return tuple(read[value] for value, _ in offered if value in read)

    def bind(self, name: str, type_: Any) -> None:
        """Store the type of a single option."""
        super().bind(name, type_.__args__[0])

    def blank(self) -> tuple[Any, ...]:
        """Return no options."""
        return ()

    def write(self, value: Any) -> str:
        """Return the options separated by commas."""
        return "" if value is NOTHING else ",".join(str(part) for part in value)

    def again(self, raw: object) -> str:
        """Return the chosen options, limited in length."""
        try:
            return as_text(raw)[:5_000]
        except Wrong:
            return ""

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a group of checkboxes."""
        return self._choice_input(id_, words, value, choices, checked, many=True)


@dataclass(kw_only=True)
class Tick(Field):
    """Yes or no; with `must`, the form isn't accepted until it is ticked."""

    must: bool = False

    def read(self, typed: str, choices: Choices | None) -> bool:
        """Accept `true` or `false`. Raises `Wrong`."""
        if typed.lower() not in ("true", "false"):
            raise Wrong(NOT_UNDERSTOOD)
        if self.must and typed.lower() == "false":
            raise Wrong(N_("Tick this box to continue."))
        return typed.lower() == "true"

    def parse(self, raw: object, choices: Choices | None) -> Any:
        """Treat a missing required tick as `false`, which has its own message. Raises `Wrong`."""
        return super().parse("false" if raw in (None, "") and self.must else raw, choices)

    def blank(self) -> bool:
        """Return False: not ticked."""
        return False

    def write(self, value: Any) -> str:
        """Return the value as a toggle submits it."""
        return "true" if value is True else "false"

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Build a checkbox."""
        return kit.toggle(id_, title=words(self.label), value=value.lower() == "true")


class Email(Text):
    """An e-mail address, in lower case."""

    def read(self, typed: str, choices: Choices | None) -> str:
        """Accept an address that the library considers valid. Raises `Wrong`."""
        return address(typed)


class Emails(Text):
    """Several e-mail addresses, separated or framed as people paste them, each once."""

    def read(self, typed: str, choices: Choices | None) -> tuple[str, ...]:
        """Accept addresses that the library considers valid.

        Raises `Wrong`, which names the first invalid address.
        """
        parts = spelling.addresses(super().read(typed, choices))
        if len(parts) > MAX_ADDRESSES:
            raise Wrong(N_("Enter at most {n} addresses."), n=MAX_ADDRESSES)
        return tuple(dict.fromkeys(address(part) for part in parts))

    def blank(self) -> tuple[str, ...]:
        """Return no addresses."""
        return ()

    def write(self, value: Any) -> str:
        """Return the addresses, one per line."""
        return "" if value is NOTHING else "\n".join(value)


def address(typed: str) -> str:
    """Normalise an e-mail address with the library, in lower case. Raises `Wrong`."""
    bare = spelling.address(typed)
    try:
        return validate_email(bare, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        shown = Md(typed) if isinstance(typed, Md) else typed[:100]
        raise Wrong(N_("{typed} isn't a valid e-mail address."), typed=shown) from None


@dataclass(kw_only=True)
class Numbers(Text):
    """Several whole numbers separated by commas or spaces; sorted, without duplicates."""

    least: int = 1
    most: int = 365

    def read(self, typed: str, choices: Choices | None) -> tuple[int, ...]:
        """Accept digits only, within the bounds. Raises `Wrong`."""
        parts = [part for part in _BETWEEN.split(super().read(typed, choices)) if part]
        numbers = {_integer(part) for part in parts}
        if not all(self.least <= number <= self.most for number in numbers):
            raise Wrong(
                N_("Enter numbers from {least} to {most}."),
                least=self.least,
                most=self.most,
            )
        return tuple(sorted(numbers))

    def blank(self) -> tuple[int, ...]:
        """Return no numbers."""
        return ()

    def write(self, value: Any) -> str:
        """Return the numbers separated by commas."""
        return "" if value is NOTHING else ", ".join(str(number) for number in value)
