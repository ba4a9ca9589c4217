"""The kinds of fields of a form: how each is drawn, and how what comes back is read, strictly."""

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
from cards.kit.words import N_, Md, Message, Words, clean
from store.declared import Declared

Choices: TypeAlias = Sequence[tuple[str, str]]

NOTHING: Any = object()
MAX_NUMBER = 999_999_999_999_999
MAX_ADDRESSES = 20

_DIGITS = re.compile(r"[0-9]{1,15}")
_ISO_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")

FILL_IN = N_("This is required.")
NOT_UNDERSTOOD = N_("I couldn't read this. Enter it again.")


class Wrong(Exception):
    """What a person entered in one field can't be taken; `message` says why."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = Message(message, facts)


@dataclass(kw_only=True)
class Field:
    """One field: `label` and `hint` are message ids, `default` is what a blank one means."""

    label: str = ""
    hint: str = ""
    required: bool = True
    default: Any = NOTHING
    max: int = 200

    name: str = field(default="", init=False)
    type: Any = field(default=str, init=False)
    visible: ClassVar[bool] = True

    def bind(self, name: str, type_: Any) -> None:
        """Tell the field its name in the form and its declared type, `None` aside."""
        args = [arg for arg in get_args(type_) if arg is not NoneType]
        optional = isinstance(type_, UnionType) and len(args) == 1
        self.name, self.type = name, args[0] if optional else type_

    def parse(self, raw: object, choices: Choices | None) -> Any:
        """Read what came in. Raises `Wrong`."""
        typed = as_text(raw).strip()
        if typed:
            return self.read(typed, choices)
        if self.default is not NOTHING:
            return self.default
        if self.required:
            raise Wrong(FILL_IN)
        return self.blank()

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Read a text that isn't blank. Raises `Wrong`."""
        if len(typed) > self.max:
            raise Wrong(N_("Use at most {n} characters."), n=self.max)
        return typed

    def blank(self) -> Any:
        """What a blank field means that isn't required."""
        return "" if self.type is str else None

    def write(self, value: Any) -> str:
        """The value as a card would send it."""
        return "" if value is None or value is NOTHING else str(value)

    def again(self, raw: object) -> str:
        """What was typed, for showing it again; never too much of it."""
        try:
            return as_text(raw)[: self.max + 100]
        except Wrong:
            return ""

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """The input to draw; `checked`: the client refuses a blank one too."""
        raise NotImplementedError

    def _asks(self, words: Words, checked: bool) -> dict[str, Any]:
        if not (checked and self.required):
            return {}
        return {"isRequired": True, "errorMessage": words(FILL_IN)}


def as_text(raw: object) -> str:
    """The text of one JSON value. Raises `Wrong` for what no input sends."""
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
    """A short text as an integer, a day or a word of a vocabulary. Raises `Wrong`."""
    if type_ is int:
        return _integer(typed)
    if type_ is date:
        return _day(typed)
    if isinstance(type_, type) and issubclass(type_, StrEnum | Declared):
        try:
            return type_.of(typed) if issubclass(type_, Declared) else type_(typed)
        except (ValueError, KeyError):
            raise Wrong(N_("Choose one of the options.")) from None
    return typed


def _integer(typed: str) -> int:
    if not _DIGITS.fullmatch(typed):
        raise Wrong(N_("Enter a whole number, such as 30."))
    return int(typed)


def _day(typed: str) -> date:
    if not _ISO_DAY.fullmatch(typed):
        raise Wrong(N_("Enter the date as year-month-day, such as 2026-12-24."))
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Wrong(N_("That date doesn't exist. Check the day and month.")) from None


class Carried(Field):
    """What the button brings: the person's word like all the rest, to be checked."""

    visible = False

    def read(self, typed: str, choices: Choices | None) -> Any:
        """Read it by its declared type. Raises `Wrong`."""
        return typed_as(self.type, super().read(typed, choices))


class Rest(Field):
    """Whatever else stands on the card, as it was typed, unchecked but bounded."""

    visible = False

    def gather(self, inputs: Mapping[str, object], known: set[str]) -> dict[str, str]:
        """Every text, number and tick that isn't a field of the form."""
        kept: dict[str, str] = {}
        for name, raw in list(inputs.items())[:100]:
            if isinstance(name, str) and name not in known and len(name) <= 100:
                kept[name] = self.again(raw)
        return kept


@dataclass(kw_only=True)
class Text(Field):
    """A line, or several lines, of text."""

    multiline: bool = False

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """A text input."""
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
        """What a renderer sends for a number that nobody typed is blank. Raises `Wrong`."""
        return super().parse("" if raw == "NaN" else raw, choices)

    def read(self, typed: str, choices: Choices | None) -> int:
        """Digits only, within the bounds. Raises `Wrong`."""
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
        """A number input; what isn't a number can't stand in it."""
        return kit.number_input(
            id_,
            label=words(self.label),
            value=int(value) if _DIGITS.fullmatch(value) else None,
            **self._asks(words, checked),
        )


class Day(Field):
    """A day of the calendar, as ISO writes it, within this century."""

    def read(self, typed: str, choices: Choices | None) -> date:
        """Strictly `YYYY-MM-DD`. Raises `Wrong`."""
        return _day(typed)

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """A day to pick; what isn't a day can't stand in it."""
        shown = value if _ISO_DAY.fullmatch(value) else ""
        return kit.day_input(
            id_, label=words(self.label), value=shown, **self._asks(words, checked)
        )


@dataclass(kw_only=True)
class Choose(Field):
    """One answer of several; without `choices` they are given when it is drawn and read."""

    choices: Choices | type[StrEnum] | None = None
    expanded: bool = False

    def read(self, typed: str, choices: Choices | None) -> Any:
        """One of the answers offered. Raises `Wrong`."""
        offered = self.offered(choices)
        if offered is not None and typed not in {value for value, _ in offered}:
            raise Wrong(N_("Choose one of the options."))
        return typed_as(self.type, super().read(typed, choices))

    def offered(self, choices: Choices | None) -> Choices | None:
        """What can be chosen; `None` if that isn't known here."""
        if choices is not None:
            return choices
        if isinstance(self.choices, type):
            return [(str(value), NAMES[self.choices][value]) for value in self.choices]
        return self.choices

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """A list to choose from."""
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


class ChooseMany(Choose):
    """Several answers, in the order in which they are offered."""

    def read(self, typed: str, choices: Choices | None) -> tuple[Any, ...]:
        """Answers offered, each once. Raises `Wrong`."""
        parts = [part.strip() for part in typed.split(",") if part.strip()]
        if len(parts) > 300:
            raise Wrong(NOT_UNDERSTOOD)
        offered = self.offered(choices)
        read = {part: super(ChooseMany, self).read(part, choices) for part in parts}
        if offered is None:
            return tuple(read.values())
        return tuple(read[value] for value, _ in offered if value in read)

    def bind(self, name: str, type_: Any) -> None:
        """Keep the type of one answer."""
        super().bind(name, type_.__args__[0])

    def blank(self) -> tuple[Any, ...]:
        """Nothing chosen."""
        return ()

    def write(self, value: Any) -> str:
        """The answers with commas between them."""
        return "" if value is NOTHING else ",".join(str(part) for part in value)

    def again(self, raw: object) -> str:
        """What was chosen."""
        try:
            return as_text(raw)[:5_000]
        except Wrong:
            return ""

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """Boxes to tick."""
        return self._choice_input(id_, words, value, choices, checked, many=True)


@dataclass(kw_only=True)
class Tick(Field):
    """Yes or no; one that `must` be ticked holds the form up until it is."""

    must: bool = False

    def read(self, typed: str, choices: Choices | None) -> bool:
        """`true` or `false`. Raises `Wrong`."""
        if typed.lower() not in ("true", "false"):
            raise Wrong(NOT_UNDERSTOOD)
        if self.must and typed.lower() == "false":
            raise Wrong(N_("Tick this box to continue."))
        return typed.lower() == "true"

    def parse(self, raw: object, choices: Choices | None) -> Any:
        """A missing tick that must be there is asked for in its own words. Raises `Wrong`."""
        return super().parse("false" if raw in (None, "") and self.must else raw, choices)

    def blank(self) -> bool:
        """Not ticked."""
        return False

    def write(self, value: Any) -> str:
        """As a toggle sends it."""
        return "true" if value is True else "false"

    def element(
        self, id_: str, words: Words, value: str, choices: Choices | None, checked: bool
    ) -> Element:
        """A box to tick."""
        return kit.toggle(id_, title=words(self.label), value=value.lower() == "true")


class Email(Text):
    """An e-mail address, in small letters."""

    def read(self, typed: str, choices: Choices | None) -> str:
        """An address that the library takes. Raises `Wrong`."""
        return address(typed)


class Emails(Text):
    """Several e-mail addresses, with commas, spaces or lines between them; each once."""

    def read(self, typed: str, choices: Choices | None) -> tuple[str, ...]:
        """Addresses that the library takes; the first bad one is named. Raises `Wrong`."""
        parts = [part for part in _BETWEEN_ADDRESSES.split(super().read(typed, choices)) if part]
        if len(parts) > MAX_ADDRESSES:
            raise Wrong(N_("Enter at most {n} addresses."), n=MAX_ADDRESSES)
        return tuple(dict.fromkeys(address(part) for part in parts))

    def blank(self) -> tuple[str, ...]:
        """No addresses."""
        return ()

    def write(self, value: Any) -> str:
        """The addresses, a line each."""
        return "" if value is NOTHING else "\n".join(value)


def address(typed: str) -> str:
    """An e-mail address as the library normalises it, in small letters. Raises `Wrong`."""
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        shown = Md(typed) if isinstance(typed, Md) else typed[:100]
        raise Wrong(N_("{typed} isn't a valid e-mail address."), typed=shown) from None


@dataclass(kw_only=True)
class Numbers(Text):
    """Several whole numbers with commas or spaces between them; each once, the smallest first."""

    least: int = 1
    most: int = 365

    def read(self, typed: str, choices: Choices | None) -> tuple[int, ...]:
        """Digits only, within the bounds. Raises `Wrong`."""
        parts = [part for part in _BETWEEN_ADDRESSES.split(super().read(typed, choices)) if part]
        numbers = {_integer(part) for part in parts}
        if not all(self.least <= number <= self.most for number in numbers):
            raise Wrong(
                N_("Enter numbers from {least} to {most}."),
                least=self.least,
                most=self.most,
            )
        return tuple(sorted(numbers))

    def blank(self) -> tuple[int, ...]:
        """No numbers."""
        return ()

    def write(self, value: Any) -> str:
        """The numbers with commas between them."""
        return "" if value is NOTHING else ", ".join(str(number) for number in value)
