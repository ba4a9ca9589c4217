"""Parse what a person wrote to the bot: remove the mention and find the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

from bot.conversation.routes import HOME, Command, commands
from bot.webex.identity import Identity
from cards.kit.word import spellings
from cards.kit.words import Words, clean, languages
from store.rules import spelling

SHOW = "show"
"""The command that a trial's code alone stands for."""

_BLOCKS = frozenset({"p", "div", "li", "blockquote", "h1", "h2", "h3", "pre", "tr"})
_MENTION = "spark-mention"

_MOST_WORDS = 4
"""No command has more words than this, in any language."""

_LIKE_TWO, _LIKE_ONE = 0.75, 0.6
"""How similar a misspelled command of two words, or of one, is to the one that is suggested."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A command and the text after it; without a command, `nearest` is what may be meant."""

    command: Command | None
    rest: str = ""
    typed: str = ""
    nearest: Command | None = None


class _Meaning(NamedTuple):
    """What a spelling stands for; `alone`: only if nothing else is typed, as `expiring`."""

    command: Command
    rest: str = ""
    alone: bool = False


def heard(message: Mapping[str, Any], me: Identity) -> Heard:
    """Find the command in a message; in a private chat, our name may stand before it."""
    text = said(message, me)
    found = understand(text)
    if found.command is None and (bare := _without_leading_name(text, me.name)) != text:
        return understand(bare)
    return found


def understand(text: str) -> Heard:
    """Find the command that a text begins with: an exact match, in any available language.

    A filter alone is its list, and a code alone is `show`.
    """
    text = spelling.opened(text)
    folded = spelling.word(text)
    if not folded:
        return Heard(commands.get(HOME) or commands.get("help"))
    known, typed = _vocabulary(tuple(commands), languages()), folded.split(" ")
    for n in range(min(len(typed), _MOST_WORDS), 0, -1):
        meaning = known.get(" ".join(typed[:n]))
        if meaning and n == len(typed):
            return Heard(meaning.command, meaning.rest, text)
        if meaning and not meaning.alone:
            return Heard(meaning.command, _beyond(text, n), text)
    if spelling.looks_like_code(text):
        return Heard(commands.get(SHOW), text, text)
    return _misspelled(text, typed, known)


def _misspelled(text: str, typed: list[str], known: Mapping[str, _Meaning]) -> Heard:
    """Find the nearest command, first of those with two words; what follows it is kept."""
    for n, likeness in ((2, _LIKE_TWO), (1, _LIKE_ONE)):
        among = [spelled for spelled in known if spelled.count(" ") >= n - 1]
        near = get_close_matches(" ".join(typed[:n]), among, n=1, cutoff=likeness)
        meaning = known[near[0]] if near else None
        if meaning and (len(typed) == n or (len(typed) > n and not meaning.alone)):
            return Heard(None, meaning.rest or _beyond(text, n), text, meaning.command)
    if text.isupper() and spelling.code(text):
        return Heard(commands.get(SHOW), text, text)
    return Heard(None, typed=text)


def said(message: Mapping[str, Any], me: Identity) -> str:
    """A message's text without the mention of the bot, whichever client wrote it."""
    html, text = str(message.get("html") or ""), str(message.get("text") or "")
    if _MENTION in html:
        reader = _Reader(me)
        reader.feed(html)
        reader.close()
        if reader.mentioned:
            return clean("".join(reader.parts)).strip()
    if message.get("roomType") == "group":
        text = _without_name(text, me.name)
    return clean(text).strip()


def _without_name(text: str, name: str) -> str:
    """Remove the mention that is left in a plain text: our name, at the start or elsewhere."""
    bare = _without_leading_name(text, name)
    if bare != text or not name:
        return bare
    before, found, after = f" {text} ".partition(f" {name} ")
    return f"{before} {after}" if found else text


def _without_leading_name(text: str, name: str) -> str:
    """Remove our name, or its first word as some clients write it, from the start of a text."""
    begun = text.lstrip()
    for spelled in (name, name.split(" ")[0]):
        after = begun[len(spelled) :]
        if spelled and begun.casefold().startswith(spelled.casefold()) and not after[:1].isalnum():
            return after
    return text


def _beyond(text: str, n: int) -> str:
    """The text after its first `n` words, with its own spelling and line breaks."""
    return "".join(text.split(None, n)[n:]).strip()


@lru_cache(maxsize=2)
def _vocabulary(registered: tuple[str, ...], spoken: tuple[str, ...]) -> dict[str, _Meaning]:
    """Every spelling of every registered command; commands before filters."""
    alone: dict[str, _Meaning] = {}
    spelled: dict[str, _Meaning] = {}
    for words in map(Words, reversed(spoken)):
        for command in commands.values():
            for typed in spellings(words, command.word):
                spelled[spelling.word(typed)] = _Meaning(command)
            for word, rest in command.alone.items():
                for typed in spellings(words, word):
                    alone[spelling.word(typed)] = _Meaning(command, rest, alone=True)
    return alone | spelled


class _Reader(HTMLParser):
    """Collects a message's text, leaving out the elements that mention the bot."""

    def __init__(self, me: Identity) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.mentioned = False
        self._me = me
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == _MENTION and self._me.is_me(dict(attrs).get("data-object-id") or ""):
            self._inside = self.mentioned = True
        elif tag == "br" or (tag in _BLOCKS and self.parts):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == _MENTION:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(data)
