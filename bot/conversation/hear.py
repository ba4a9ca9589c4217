"""Parse what a person wrote to the bot: remove the mention and find the command."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from bot.conversation.routes import HOME, Command, commands
from bot.webex.identity import Identity
from bot.webex.ids import uuid_in
from cards.kit.words import Words, clean, languages

_BLOCKS = frozenset({"p", "div", "li", "blockquote", "h1", "h2", "h3", "pre", "tr"})
_MENTION = "spark-mention"


@dataclass(frozen=True, slots=True)
class Heard:
    """A command and the text after it; without a command, the nearest known one."""

    command: Command | None
    rest: str = ""
    typed: str = ""
    nearest: str | None = None


def understand(text: str) -> Heard:
    """Find the command that a text begins with: an exact match, in any available language."""
    text = text.strip()
    if not text:
        return Heard(commands.get(HOME) or commands.get("help"))
    known = _vocabulary(tuple(commands))
    folded = _folded(text)
    for spelled in known:
        if folded == spelled or folded.startswith(spelled + " "):
            return Heard(known[spelled], rest=_after(text, spelled), typed=text)
    first = folded.split(" ", 2)
    guesses = [" ".join(first[:2]), first[0]]
    near = (get_close_matches(guess, known, n=1, cutoff=0.6) for guess in guesses)
    return Heard(None, typed=text, nearest=next((found[0] for found in near if found), None))


def said(message: Mapping[str, Any], me: Identity) -> str:
    """A message's text without the mention of the bot, whichever client wrote it."""
    html, text = str(message.get("html") or ""), str(message.get("text") or "")
    if _MENTION in html:
        reader = _Reader(_spellings(me.person_id))
        reader.feed(html)
        reader.close()
        if reader.mentioned:
            return clean("".join(reader.parts)).strip()
    if message.get("roomType") == "group":
        text = _without_leading_name(text, me.name)
    return clean(text).strip()


def _without_leading_name(text: str, name: str) -> str:
    for spelled in (name, name.split(" ")[0]):
        if spelled and text.lstrip().casefold().startswith(spelled.casefold()):
            return text.lstrip()[len(spelled) :].lstrip(" ,:")
    return text


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def _after(text: str, spelled: str) -> str:
    """The text after the command, with its own spelling and line breaks."""
    pattern = r"\s+".join(map(re.escape, spelled.split(" ")))
    found = re.match(pattern, text, re.IGNORECASE)
    return text[found.end() :].strip() if found else text[len(spelled) :].strip()


@lru_cache(maxsize=2)
def _vocabulary(registered: tuple[str, ...]) -> dict[str, Command]:
    """Every spelling of every registered command, longest first."""
    spelled = {
        _folded(words(command.word)): command
        for words in map(Words, reversed(languages()))
        for command in commands.values()
    }
    return dict(sorted(spelled.items(), key=lambda found: -len(found[0])))


@lru_cache(maxsize=8)
def _spellings(person_id: str) -> frozenset[str]:
    """Our id as clients write it in a mention: as it is, or (iOS) only the UUID inside it."""
    return frozenset({person_id, uuid_in(person_id)})


class _Reader(HTMLParser):
    """Collects a message's text, leaving out the elements that mention the bot."""

    def __init__(self, mine: frozenset[str]) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.mentioned = False
        self._mine = mine
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == _MENTION and dict(attrs).get("data-object-id") in self._mine:
            self._inside = self.mentioned = True
        elif tag == "br" or (tag in _BLOCKS and self.parts):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == _MENTION:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(data)
