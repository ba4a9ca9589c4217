"""Forms: declared once, then drawn, filled in again and parsed strictly.

    class ExtendTrial(Form, key="trial.extend", rule=on_trial(EXTEND), submit=N_("Extend")):
        trial: int = carried()
        days: int = choose(N_("Days from today"))
        shorten: bool = tick(N_("I know that this makes the trial shorter"))

`ExtendTrial.inputs(…)` draws it, `ExtendTrial.button(…, trial=7)` submits it, and
`ExtendTrial.parse(…)` returns an `ExtendTrial` or raises `Invalid`, whatever JSON comes in.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from copy import copy
from enum import StrEnum
from typing import Any, ClassVar, Self, dataclass_transform, get_type_hints

from cards.kit import kit
from cards.kit.fields import (
    NOTHING,
    Carried,
    Choices,
    Choose,
    ChooseMany,
    Day,
    Email,
    Emails,
    Field,
    Number,
    Numbers,
    Rest,
    Someone,
    Text,
    Tick,
    Wrong,
)
from cards.kit.kit import Action, ButtonStyle, Card, Element
from cards.kit.models import models
from cards.kit.places import country, language, site, time_zone
from cards.kit.rules import Rule
from cards.kit.words import N_, Md, Message, Words, bullets, paragraphs
from store.refusals import Reason

SCOPE = "scope"

forms_by_key: dict[str, type["Form"]] = {}


class Invalid(Exception):
    """A form that can't be accepted: `values` as typed, `messages` by field."""

    def __init__(
        self, form: type["Form"], values: dict[str, str], messages: dict[str, Message]
    ) -> None:
        super().__init__(f"{form.key}: {sorted(messages)}")
        self.form = form
        self.values = values
        self.messages = messages

    @property
    def broken(self) -> bool:
        """True if a value that the button carries is wrong too: no genuine press sends that."""
        return any(not self.form.fields[name].visible for name in self.messages)


# ------------------------------------------------------------------ field declarations


def carried(*, default: Any = NOTHING, max: int = 200) -> Any:
    """Declare a value that the button carries; it is never shown."""
    return Carried(default=default, max=max)


def rest() -> Any:
    """Declare a field for all other inputs on the card, unchecked: a mapping of names to texts."""
    return Rest(default=NOTHING, max=2000)


def text(
    label: str, *, max: int = 200, required: bool = True, multiline: bool = False, hint: str = ""
) -> Any:
    """Declare a text field of at most `max` characters."""
    return Text(label=label, max=max, required=required, multiline=multiline, hint=hint)


def number(
    label: str,
    *,
    min: int = 0,
    max: int = 999_999,
    required: bool = True,
    hint: str = "",
    default: Any = NOTHING,
) -> Any:
    """Declare a whole number from `min` to `max`."""
    return Number(label=label, least=min, most=max, required=required, hint=hint, default=default)


def day(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare a date."""
    return Day(label=label, required=required, hint=hint)


def choose(
    label: str,
    choices: Choices | type[StrEnum] | None = None,
    *,
    required: bool = True,
    expanded: bool = False,
    hint: str = "",
    default: Any = NOTHING,
) -> Any:
    """Declare a choice of one.

    Choices that depend on the state are passed when the form is drawn and parsed.
    """
    return Choose(
        label=label,
        choices=choices,
        required=required,
        expanded=expanded,
        hint=hint,
        default=default,
    )


def someone(label: str) -> Any:
    """Declare a choice of a person; the people are passed as choices, also when it is parsed."""
    return Someone(label=label)


def choose_many(
    label: str,
    choices: Choices | type[StrEnum] | None = None,
    *,
    required: bool = True,
    hint: str = "",
) -> Any:
    """Declare a choice of several; the value is a tuple."""
    return ChooseMany(label=label, choices=choices, required=required, hint=hint)


def tick(label: str, *, must: bool = False, default: Any = False, hint: str = "") -> Any:
    """Declare a checkbox."""
    return Tick(
        label=label, must=must, required=must, default=NOTHING if must else default, hint=hint
    )


def email(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare an e-mail address."""
    return Email(label=label, required=required, hint=hint, max=254)


def emails(label: str, *, required: bool = True, hint: str = "") -> Any:
    """Declare several e-mail addresses; the value is a tuple."""
    return Emails(label=label, required=required, multiline=True, hint=hint, max=4000)


def numbers(label: str, *, min: int = 1, max: int = 365, hint: str = "") -> Any:
    """Declare several whole numbers from `min` to `max`; the value is a tuple."""
    return Numbers(label=label, least=min, most=max, hint=hint)


# ------------------------------------------------------------------ the form


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(
        carried,
        rest,
        text,
        number,
        day,
        choose,
        choose_many,
        someone,
        tick,
        email,
        emails,
        numbers,
        country,
        language,
        time_zone,
        site,
        models,
    ),
)
class Form:
    """A form to fill in and submit. Subclasses become frozen dataclasses, registered by key."""

    key: ClassVar[str] = ""
    rule: ClassVar[Rule | None] = None
    title: ClassVar[str] = ""
    submit: ClassVar[str] = N_("Save")
    fields: ClassVar[Mapping[str, Field]] = {}
    refused_at: ClassVar[Mapping[Reason, str]] = {}
    _carries: ClassVar[Set[str]] = frozenset()
    _needs: ClassVar[Set[str]] = frozenset()
    _is_filled_in: ClassVar[bool] = False

    def __init_subclass__(
        cls,
        key: str = "",
        rule: Rule | None = None,
        title: str = "",
        submit: str = "",
        refused_at: Mapping[Reason, str] = {},
    ) -> None:
        """Declare a form.

        `rule`: who may press its button, and where; a form with a key needs one, its own or its
        base's. `refused_at`: the field at which a refusal for a reason is shown. Raises ValueError
        without a rule, for an unknown field in either, or if the key is already taken.
        """
        fields = {**cls.fields, **_declared(cls)}
        for name in fields:
            if name in cls.__dict__:
                delattr(cls, name)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.fields, cls.key = fields, key
        cls._carries = {name for name, field in fields.items() if isinstance(field, Carried)}
        cls._needs = {name for name in cls._carries if fields[name].default is NOTHING}
        cls._is_filled_in = any(f.visible or isinstance(f, Rest) for f in fields.values())
        cls.title, cls.submit = title or cls.title, submit or title or cls.submit
        cls.refused_at = {**cls.refused_at, **refused_at}
        cls.rule = rule or cls.rule
        if key and cls.rule is None:
            raise ValueError(f"{key} has no rule about who may press it")
        named = {*cls.refused_at.values(), cls.rule.field if cls.rule else ""} - {""}
        if unknown := named - fields.keys():
            raise ValueError(f"{key} has no field {sorted(unknown)}")
        if key and forms_by_key.setdefault(key, cls) is not cls:
            raise ValueError(f"two forms have the key {key}")

    # -------------------------------------------------------------- rendering

    @classmethod
    def inputs(
        cls,
        words: Words,
        values: Mapping[str, Any] = {},
        messages: Mapping[str, Message] = {},
        choices: Mapping[str, Choices] = {},
        *,
        only: Collection[str] | None = None,
        checked: bool = True,
        scope: str = "",
        labels: Mapping[str, Md] = {},
    ) -> list[Element]:
        """Draw the fields, filled in with `values` (parsed or as typed), each with its message.

        `only`: draw only these fields. `checked=False` leaves validation to the server, so that
        *Back* works. `scope` keeps the field ids apart from those of another form on the same card.
        `labels` replace the declared ones, for a label that contains a name.
        """
        drawn: list[Element] = []
        for name, field in cls.fields.items():
            if field.visible and (only is None or name in only):
                value = _as_typed(field, values.get(name, NOTHING))
                id_ = f"{name}.{scope}" if scope else name
                asked = copy(field)
                asked.label = labels.get(name, field.label)
                drawn.append(asked.element(id_, words, value, choices.get(name), checked))
                drawn.extend(_beneath(words, field, messages.get(name)))
        return drawn

    @classmethod
    def button(
        cls,
        words: Words,
        title: str | None = None,
        style: ButtonStyle | None = None,
        scope: str = "",
        **carried: Any,
    ) -> Action:
        """Build the button that submits the form; a form without fields submits no inputs."""
        if not cls._needs <= carried.keys() <= cls._carries:
            raise TypeError(f"{cls.__name__} carries {sorted(cls._carries)}, not {sorted(carried)}")
        data = {"form": cls.key, **{n: _as_json(value) for n, value in carried.items()}}
        if scope:
            data[SCOPE] = scope
        return kit.submit(
            title or words(cls.submit), data, style=style, alone=not cls._is_filled_in
        )

    # -------------------------------------------------------------- parsing

    @classmethod
    def parse(
        cls, inputs: Mapping[str, object] | object, choices: Mapping[str, Choices] = {}
    ) -> Self:
        """Parse the submitted inputs. Raises `Invalid`, and nothing else, for any bad input."""
        given = _unscoped(inputs if isinstance(inputs, Mapping) else {})
        values: dict[str, Any] = {}
        messages: dict[str, Message] = {}
        for name, field in cls.fields.items():
            try:
                values[name] = (
                    field.gather(given, {*cls.fields, "form"})
                    if isinstance(field, Rest)
                    else field.parse(given.get(name), choices.get(name))
                )
            except Wrong as wrong:
                messages[name] = wrong.message
        form = None if messages else cls(**values)
        for name, message in form.check() if form else ():
            messages.setdefault(name, message)
        if form is None or messages:
            raise Invalid(cls, cls._typed(given), messages)
        return form

    @classmethod
    def subject(cls, inputs: Mapping[str, object]) -> Any:
        """Read what the form's rule is about; None if `parse` would reject it anyway."""
        name = cls.rule.field if cls.rule else ""
        try:
            return cls.fields[name].parse(_unscoped(inputs).get(name), None) if name else None
        except Wrong:
            return None

    def check(self) -> Iterator[tuple[str, Message]]:
        """Yield what is wrong between fields that are each valid on their own."""
        return iter(())

    @classmethod
    def unchecked(cls, inputs: Mapping[str, object]) -> Invalid:
        """Build an `Invalid` without errors, to show the inputs again as they were typed."""
        return Invalid(cls, cls._typed(_unscoped(inputs)), {})

    @classmethod
    def _typed(cls, given: Mapping[str, object]) -> dict[str, str]:
        return {
            name: field.again(given[name])
            for name, field in cls.fields.items()
            if name in given and not isinstance(field, Rest)
        }

    def wrong(self, messages: Mapping[str, Message]) -> Invalid:
        """Build an `Invalid` for errors that only the handler can detect."""
        fields = ((n, f) for n, f in self.fields.items() if not isinstance(f, Rest))
        typed = {name: field.write(getattr(self, name)) for name, field in fields}
        return Invalid(type(self), typed, dict(messages))

    # -------------------------------------------------------------- values

    def values(self) -> dict[str, Any]:
        """Return the field values by name."""
        return {name: getattr(self, name) for name in self.fields}


def corrected_card(words: Words, problem: Invalid, choices: Mapping[str, Choices] = {}) -> Card:
    """Show the form again, filled in, with the errors at the fields."""
    form, said = problem.form, [words(message) for message in problem.messages.values()]
    brought = {
        name: problem.values[name]
        for name, field in form.fields.items()
        if isinstance(field, Carried) and name in problem.values
    }
    fallback = paragraphs(words("Please correct the following:"), bullets(said))
    return kit.card(
        words,
        fallback,
        [
            kit.header(words(form.title)),
            *form.inputs(words, problem.values, problem.messages, choices),
        ],
        [form.button(words, style="positive", **brought)],
    )


def form_of(inputs: object) -> type[Form] | None:
    """Return the form that a press belongs to, by the key that its button carries."""
    key = inputs.get("form") if isinstance(inputs, Mapping) else None
    return forms_by_key.get(key) if isinstance(key, str) else None


def _declared(cls: type[Form]) -> dict[str, Field]:
    declared = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
    hints = get_type_hints(cls) if declared else {}
    for name, field in declared.items():
        field.bind(name, hints[name])
    return declared


def _as_typed(field: Field, value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return value
    return field.write(field.default if value is NOTHING else value)


def _as_json(value: Any) -> object:
    return value if isinstance(value, int | str) else str(value)


def _beneath(words: Words, field: Field, message: Message | None) -> Sequence[Element]:
    beneath = [kit.small(words(field.hint))] if field.hint else []
    if message is not None:
        beneath.append(kit.text(words(message), color="attention", spacing="none"))
    return beneath


def _unscoped(inputs: Mapping[str, object]) -> Mapping[str, object]:
    scope = inputs.get(SCOPE)
    if not isinstance(scope, str) or not scope:
        return inputs
    ending = f".{scope}"
    own = {
        str(name).removesuffix(ending): value
        for name, value in inputs.items()
        if str(name).endswith(ending)
    }
    return {**inputs, **own}
