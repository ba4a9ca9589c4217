"""An e-mail's parts, from which its plain text and its HTML are both made."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.kit.html import Html, document, joined, tag
from cards.kit.words import Words, plain

_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
_BODY = f"margin:0;padding:24px;{_FONT};font-size:16px;line-height:1.5"
_WIDTH = "max-width:560px;margin:0 auto"
_BUTTON = (
    "display:inline-block;padding:10px 20px;border-radius:20px;background:#0b5fb0;color:#ffffff;"
    "text-decoration:none;font-weight:600"
)
_CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0"
_SMALL = "font-size:13px;opacity:.8"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, in rows; rows without a value are left out."""

    rows: Sequence[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a page, as a button or, if `small`, as a line."""

    text: str
    address: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Small:
    """A remark in small letters."""

    text: str


Part = str | Facts | Link | Small


def as_text(parts: Sequence[Part]) -> str:
    """The plain text: one paragraph for each part."""
    return "\n\n".join(text for part in parts if (text := _text(part))) + "\n"


def as_html(title: str, parts: Sequence[Part], words: Words) -> Html:
    """The HTML, without pictures or anything else from elsewhere."""
    inside = joined(tag("h1", title, style="font-size:20px"), *(_html(part) for part in parts))
    body = tag("body", tag("div", inside, style=_WIDTH), style=_BODY)
    return document(plain(title), body, language=words.language, style=Html(""))


def _text(part: Part) -> str:
    match part:
        case Facts(rows):
            return "\n".join(f"{plain(name)}: {plain(value)}" for name, value in rows if value)
        case Link(text, address):
            return f"{plain(text)}:\n{address}"
        case Small(text):
            return plain(text)
        case _:
            return "\n\n".join(plain(each) for each in _paragraphs(part))


def _html(part: Part) -> Html:
    match part:
        case Facts(rows):
            return facts_table(rows, cell=_CELL)
        case Link(text, address, small):
            style = _SMALL if small else _BUTTON
            return tag("p", tag("a", text, href=address, style=style))
        case Small(text):
            return tag("p", text, style=_SMALL) if text else Html("")
        case _:
            return joined(*(tag("p", each) for each in _paragraphs(part)))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each of its own kind: markdown stays markdown."""
    return [type(text)(each) for each in text.split("\n\n") if each]


def facts_table(rows: Sequence[tuple[str, str | None]], *, cell: str = "") -> Html:
    """Names with their values as a table, which every mail program can show.

    `cell`: the style of its cells, for e-mails; a page of ours has a style sheet.
    """
    style = cell or False
    return tag(
        "table",
        *(
            tag("tr", tag("th", name, scope="row", style=style), tag("td", value, style=style))
            for name, value in rows
            if value
        ),
    )
