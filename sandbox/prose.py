"""Render Markdown as Webex does: plain text, HTML and mentions."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from sandbox.cast import Person

FindMember = Callable[[str], Person | None]

_MENTION = re.compile(
    r"<@(?:(?P<all>all)|(?:personEmail|personId):(?P<who>[^|>\s]+)(?:\|(?P<name>[^>]*))?)>"
)
_END = "</spark-mention>"
_WORD = r"[^\W_]"
_PLAIN = rf"(?:{_WORD}|[ ,.?!:;'’“”–—·…()/%+-])"
_BOLD = rf"(?<!\*)\*\*(?P<bold>{_WORD}(?:{_PLAIN}*{_WORD})?)\*\*"
_SIMPLE = re.compile(
    rf"(?!.*\n|\d+[.)])(?={_WORD}|<|\*)(?:{_PLAIN}|{_BOLD}|{_MENTION.pattern})+(?<! )"
)
_MARKED = re.compile(rf"{_BOLD}|{_MENTION.pattern}")


@dataclass(slots=True)
class Prose:
    """A rendered Markdown text."""

    text: str
    html: str
    people: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def render(markdown: str, find_member: FindMember) -> Prose:
    """Render text and HTML; a mention counts if `find_member` knows its address or id."""
    paragraphs = markdown.split("\n\n")
    if all(_SIMPLE.fullmatch(paragraph) for paragraph in paragraphs):
        return _render_simple(paragraphs, find_member)
    return render_any(markdown, find_member)


def render_any(markdown: str, find_member: FindMember) -> Prose:
    """Render any Markdown, with the full parser."""
    prose = Prose("", "")
    seen: dict[str, Any] = {"find": find_member, "prose": prose}
    tokens = _MARKDOWN.parse(markdown, seen)
    prose.html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, seen).strip()
    prose.text = _plain(tokens)
    return prose


def _render_simple(paragraphs: Sequence[str], find_member: FindMember) -> Prose:
    """Render plain words, bold and mentions, like most messages, in a tenth of the time."""
    prose = Prose("", "")

    def marked(found: re.Match[str]) -> str:
        if found["bold"]:
            return f"<strong>{found['bold']}</strong>"
        tag, name = _meet(found, find_member, prose)
        return f"{tag}{escapeHtml(name)}{tag and _END}"

    def bare(found: re.Match[str]) -> str:
        return found["bold"] or _meet(found, find_member, prose)[1]

    prose.html = "\n".join(f"<p>{_MARKED.sub(marked, each)}</p>" for each in paragraphs)
    prose.text = "\n".join(_MARKED.sub(bare, each) for each in paragraphs)
    return prose


def _meet(found: re.Match[str], find_member: FindMember, prose: Prose) -> tuple[str, str]:
    """The tag of a mention, empty if nobody is mentioned, and the name to show."""
    if found["all"]:
        if "all" not in prose.groups:
            prose.groups.append("all")
        return '<spark-mention data-object-type="groupMention" data-group-type="all">', "All"
    person = find_member(found["who"])
    if person is None:
        return "", found["name"] or found["who"]
    if person.id not in prose.people:
        prose.people.append(person.id)
    tag = f'<spark-mention data-object-type="person" data-object-id="{person.id}">'
    return tag, found["name"] or person.name


def _mention(state: StateInline, silent: bool) -> bool:
    found = _MENTION.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        tag, name = _meet(found, state.env["find"], state.env["prose"])
        state.push("html_inline", "", 0).content = tag
        state.push("text", "", 0).content = name
        state.push("html_inline", "", 0).content = tag and _END
    state.pos = found.end()
    return True


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
