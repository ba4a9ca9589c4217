"""Markdown as Webex shows it: plain text, HTML, and whom it mentions."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from sandbox.cast import Person

FindMember = Callable[[str], Person | None]

_MENTION = re.compile(
    r"<@(?:(?P<all>all)|(?P<by>personEmail|personId):(?P<who>[^|>\s]+)(?:\|(?P<name>[^>]*))?)>"
)
_PLAIN = re.compile(r"[\w ,.?!:;'’“”–—…()/%+-]*")
_NUMBERED = re.compile(r"\s|\d+[.)]|[-+]|.*https?:")


@dataclass(slots=True)
class Prose:
    """What people see of a markdown text."""

    text: str
    html: str
    people: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def render(markdown: str, find_member: FindMember) -> Prose:
    """Text and HTML; a mention counts if `find_member` knows its address or id."""
    if _PLAIN.fullmatch(markdown) and not _NUMBERED.match(markdown):
        return Prose(markdown, f"<p>{escape(markdown, quote=False)}</p>")
    seen: dict[str, Any] = {"find": find_member, "people": [], "groups": []}
    tokens = _MARKDOWN.parse(markdown, seen)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, seen).strip()
    return Prose(_plain(tokens), html, seen["people"], seen["groups"])


def _mention(state: StateInline, silent: bool) -> bool:
    found = _MENTION.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        (_mention_all if found["all"] else _mention_person)(state, found)
    state.pos = found.end()
    return True


def _mention_all(state: StateInline, _found: re.Match[str]) -> None:
    if "all" not in state.env["groups"]:
        state.env["groups"].append("all")
    _push(state, 'data-object-type="groupMention" data-group-type="all"', "All")


def _mention_person(state: StateInline, found: re.Match[str]) -> None:
    person = state.env["find"](found["who"])
    if person is None:
        state.push("text", "", 0).content = found["name"] or found["who"]
        return
    if person.id not in state.env["people"]:
        state.env["people"].append(person.id)
    attributes = f'data-object-type="person" data-object-id="{person.id}"'
    _push(state, attributes, found["name"] or person.name)


def _push(state: StateInline, attributes: str, shown: str) -> None:
    state.push("html_inline", "", 0).content = f"<spark-mention {attributes}>"
    state.push("text", "", 0).content = shown
    state.push("html_inline", "", 0).content = "</spark-mention>"


def _plain(tokens: Sequence[Token]) -> str:
    blocks: list[str] = []
    for token in tokens:
        if token.type == "inline":
            blocks.append("".join(_inline_text(token.children or [])))
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip("\n"))
    return "\n".join(blocks)


def _inline_text(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif child.type != "html_inline":
            yield child.content


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})
_MARKDOWN.inline.ruler.before("autolink", "mention", _mention)
