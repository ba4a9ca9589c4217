"""Card elements: the only module that knows adaptivecardbuilder and Webex's limits.

A plain `str` is escaped wherever it would be rendered as markdown; `Md` is used as it is.

Elements get their parts in the constructor; the builder's `add` only puts whole elements on the
card, and `to_dict` renders it. This module works around what the builder gets wrong. Filling an
element with `add` would need the builder's cursor, which any text with `<` or `^` moves, so the
cursor is reset after each element and no text is added that way. The builder writes `schema`
instead of `$schema`, also in nested cards, and gives each fact the type of a whole fact set, which
the official schema rejects. It renders in a coroutine, which would wait only for translations, so
it is run without an event loop.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import adaptivecardbuilder as acb

from cards.kit.words import Md, Words, cut, escape, paragraphs, plain

Element: TypeAlias = Any
Action: TypeAlias = Any
Color = Literal["default", "accent", "good", "warning", "attention"]
BoxStyle = Literal["default", "emphasis", "accent", "good", "warning", "attention"]
Spacing = Literal["none", "small", "medium", "large"]
ButtonStyle = Literal["default", "positive", "destructive"]

VERSION = "1.3"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
MAX_ACTIONS = 5
MAX_BYTES = 20_000


class Unfit(ValueError):
    """A card that Webex would not render as intended: a bug of ours."""


class Card(NamedTuple):
    """A message with a card; `text` carries the essentials where the card isn't rendered.

    `content` is None if Webex would refuse the card as too large: then the text has to do.
    """

    text: Md
    content: dict[str, Any] | None


def card(
    words: Words,
    text: str,
    elements: Iterable[Element | None],
    actions: Iterable[Action | None] = (),
) -> Card:
    """Render a version 1.3 card with its fallback text.

    If there are more than five buttons, all after the fourth go behind *More…*. A card over 20 KB
    is left out, and the text says so. Raises `Unfit` if the text is empty.
    """
    if not text.strip():
        raise Unfit("a card needs a text that says the essential")
    content = _rendered(_card(elements, at_most_five(words, actions)))
    if _size(content) > MAX_BYTES:
        left_out = words("The card for this is too large for Webex, so its buttons are missing.")
        return Card(words.cut(paragraphs(left_out, text)), None)
    return Card(words.cut(text), content)


def _size(content: Any) -> int:
    """Bytes of a card as it is sent, with spaces between its parts."""
    return len(json.dumps(content, ensure_ascii=False).encode())


def topped(card: Card, said: str) -> Card:
    """Return a card with a notice at its top, and in its fallback text."""
    text = cut(paragraphs(said, card.text))
    if card.content is None:
        return Card(text, None)
    body = _rendered(_card([notice(said)], []))["body"] + card.content["body"]
    return Card(text, {**card.content, "body": body})


def _rendered(built: acb.AdaptiveCard) -> dict[str, Any]:
    try:
        built.to_dict(version=VERSION, schema=SCHEMA).send(None)
    except StopIteration as end:
        content: dict[str, Any] = end.value
        content["$schema"] = content.pop("schema")
        if not content["actions"]:
            del content["actions"]
        return content
    raise RuntimeError("the builder waits for something")


def _card(elements: Iterable[Element | None], actions: Sequence[Action]) -> acb.AdaptiveCard:
    if len(actions) > MAX_ACTIONS:
        raise Unfit(f"{len(actions)} buttons: {[action.title for action in actions]}")
    built = acb.AdaptiveCard(version=VERSION)
    for part in [*_present(elements), *actions]:
        built.add(part, preserve_level=True)
    return built


def _present(elements: Iterable[Element | None]) -> list[Element]:
    return [element for element in elements if element is not None]


def _given(**properties: object) -> dict[str, object]:
    return {name: value for name, value in properties.items() if value is not None}


# ------------------------------------------------------------------ text and layout


def text(
    text: str,
    *,
    color: Color | None = None,
    subtle: bool = False,
    bold: bool = False,
    size: Literal["small", "medium", "large"] | None = None,
    separator: bool = False,
    spacing: Spacing | None = None,
) -> Element:
    """Build a paragraph."""
    return acb.TextBlock(
        escape(text),
        wrap=True,
        **_given(
            color=color,
            isSubtle=subtle or None,
            weight="bolder" if bold else None,
            size=size,
            separator=separator or None,
            spacing=spacing,
        ),
    )


def small(text_: str, *, separator: bool = False) -> Element:
    """Build a small, subtle paragraph."""
    return text(text_, subtle=True, size="small", separator=separator)


def header(
    title: str, beside: str = "", *, color: Color | None = None, wanted: str = ""
) -> Element:
    """Build a card's first lines: its title, the state of things, and in amber what is wanted."""
    lines = [text(title, bold=True, size="medium")]
    if beside:
        lines.append(text(beside, color=color, subtle=color is None, spacing="none"))
    if wanted:
        lines.append(text(wanted, color="warning", spacing="none"))
    return acb.Container(items=lines)


def section(title: str) -> Element:
    """Build the heading of a section of a card."""
    return text(title, bold=True, separator=True, spacing="medium")


def facts(pairs: Iterable[tuple[str, str | None]]) -> Element | None:
    """Build a list of labels with their values; empty values are left out."""
    filled = [_fact(label, value) for label, value in pairs if value]
    return acb.FactSet(facts=filled) if filled else None


def _fact(label: str, value: str) -> Element:
    fact = acb.Fact(escape(label), escape(value))
    del fact.type
    return fact


def box(
    elements: Iterable[Element | None],
    *,
    style: BoxStyle | None = None,
    press: Action | None = None,
    separator: bool = False,
    spacing: Spacing | None = None,
) -> Element:
    """Group elements in a container; `press` is the action when any of it is pressed."""
    return acb.Container(
        items=_present(elements),
        **_given(style=style, selectAction=press, separator=separator or None, spacing=spacing),
    )


def notice(text_: str, style: BoxStyle = "warning") -> Element:
    """Build a highlighted box for something that must not be overlooked."""
    return box([text(text_)], style=style)


def columns(
    *cells: Iterable[Element | None], widths: Sequence[str], press: Action = None
) -> Element:
    """Put elements side by side; a width is `auto`, `stretch` or a weight."""
    beside = [
        acb.Column(items=_present(cell), width=width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    return acb.ColumnSet(columns=beside, **_given(selectAction=press))


# ------------------------------------------------------------------ actions


def submit(
    title: str,
    data: Mapping[str, object],
    *,
    style: ButtonStyle | None = None,
    alone: bool = False,
) -> Action:
    """Build a button that submits the card's inputs with `data`.

    `alone`: submit only `data`, without the inputs and without checking them.
    """
    return acb.ActionSubmit(
        title=plain(title),
        data=dict(data),
        **_given(style=style, associatedInputs="none" if alone else None),
    )


def show(
    title: str,
    elements: Iterable[Element | None],
    actions: Sequence[Action] = (),
    *,
    style: ButtonStyle | None = None,
) -> Action:
    """Build a button that opens a card inside the card."""
    inner = _card(elements, list(actions))
    del inner.schema  # only a top-level card has a schema
    return acb.ActionShowCard(title=plain(title), card=inner, **_given(style=style))


def link(title: str, url: str) -> Action:
    """Build a button that opens a web page.

    Webex opens only web pages. Raises `Unfit` for any URL that isn't https.
    """
    if not url.startswith("https://"):
        raise Unfit(f"not a secure page: {url}")
    return acb.ActionOpenUrl(url, title=plain(title))


def at_most_five(words: Words, actions: Iterable[Action | None]) -> list[Action]:
    """Put all buttons after the fourth behind *More…*, if there are more than five."""
    given = [action for action in actions if action is not None]
    if len(given) <= MAX_ACTIONS:
        return given
    shown, rest = given[: MAX_ACTIONS - 1], given[MAX_ACTIONS - 1 :]
    return [*shown, show(words("More…"), [], at_most_five(words, rest))]


def buttons(actions: Iterable[Action | None]) -> Element | None:
    """Build a row of buttons inside the card's body. Raises `Unfit` for more than five."""
    given = [action for action in actions if action is not None]
    if len(given) > MAX_ACTIONS:
        raise Unfit(f"{len(given)} buttons in a row")
    return acb.ActionSet(actions=given) if given else None


# ------------------------------------------------------------------ inputs


def text_input(
    id: str, *, label: str, value: str = "", multiline: bool = False, **more: object
) -> Element:
    """Build a text input."""
    return acb.InputText(
        id,
        label=plain(label),
        **_given(value=value or None, isMultiline=multiline or None, **more),
    )


def number_input(id: str, *, label: str, value: int | None = None, **more: object) -> Element:
    """Build a number input."""
    return acb.InputNumber(id, label=plain(label), **_given(value=value, **more))


def day_input(id: str, *, label: str, value: str = "", **more: object) -> Element:
    """Build a date input."""
    return acb.InputDate(id, label=plain(label), **_given(value=value or None, **more))


def toggle(id: str, *, title: str, value: bool = False, **more: object) -> Element:
    """Build a checkbox; it submits `true` or `false`."""
    return acb.InputToggle(
        escape(title), id, value="true" if value else "false", wrap=True, **_given(**more)
    )


def choice_input(
    id: str,
    *,
    label: str,
    choices: Sequence[tuple[str, str]],
    value: str = "",
    many: bool = False,
    expanded: bool = False,
    **more: object,
) -> Element:
    """Build a choice input from (value, title) pairs.

    Raises `Unfit` for a value with a comma, because Webex separates several values with commas.
    """
    if any("," in choice for choice, _ in choices):
        raise Unfit(f"a comma in a choice of {id}")
    open_ = many or expanded
    return acb.InputChoiceSet(
        id,
        label=plain(label),
        choices=[
            acb.InputChoice(escape(title) if open_ else plain(title), choice)
            for choice, title in choices
        ],
        style="expanded" if open_ else "compact",
        **_given(value=value or None, isMultiSelect=many or None, wrap=open_ or None, **more),
    )
