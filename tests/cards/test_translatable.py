"""Every sentence on every card is translatable: a test language puts it in brackets."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

import bot.features  # noqa: F401
from cards.kit.words import TEMPLATE, Words
from tests.cards.every_card import every_card

ROOT = Path(__file__).parents[2]

#: What marks a message for the extraction (.make/catalogue.sh).
MARKS = {"N_", "words", "there", "theirs", "plural", "command"}

#: Typed text and facts that Babel formats: not translated.
DATA = re.compile(
    r"Meadow|Harbour|evil|example|FOC|Person \d|Nora|Tom Okafor|Europe/|T-7K3Q|D123456|8865|bees"
    r"|^[\W\d_]*$|^\w{3}, \d+ \w{3} \d{4}|^\d+ \w{3}$"
    r"|^(Germany|Bulgarian|English|retail|Trials|W-1)$|^c0ffee"
    r"|^(No|Not yet|Saved)\b|^Windows-125\d$"
)


class Brackets(NullTranslations):
    """Translations that put every message in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"


class Heard(NullTranslations):
    """Translations that record every message requested."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: set[str] = set()

    def gettext(self, message: str) -> str:
        self.messages.add(message)
        return message

    def ngettext(self, one: str, many: str, n: int) -> str:
        self.messages.add(one)
        return super().ngettext(one, many, n)


def in_brackets() -> Words:
    words = Words("en")
    words._speech = Brackets()
    return words


def shown(part: Any) -> Iterator[str]:
    """Every text on a card that people read."""
    if isinstance(part, list):
        for each in part:
            yield from shown(each)
    if not isinstance(part, dict):
        return
    read = {"text", "title", "label", "errorMessage"}
    if "type" not in part and "choices" not in part:
        read |= {"value"}
    for key, value in part.items():
        if key == "choices":
            yield from (choice["title"] for choice in value)
        elif key in read and isinstance(value, str):
            yield value
        elif key != "data":
            yield from shown(value)


def test_every_sentence_can_be_translated() -> None:
    bare = set()
    for name, card in every_card(in_brackets()):
        for text in (card.text, *shown(card.content)):
            for line in filter(None, text.split("\n")):
                if "⟦" not in line and not DATA.search(line):
                    bare.add((name.partition(",")[0], line))
    assert sorted(bare) == []


def test_the_template_has_every_sentence_in_the_code(tmp_path: Path) -> None:
    """If it fails: `make catalogue`."""
    fresh = tmp_path / "fresh.pot"
    subprocess.run(
        ["sh", ".make/catalogue.sh", str(fresh)],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
    )
    assert messages(TEMPLATE) == messages(fresh)


def test_the_template_has_every_marked_sentence() -> None:
    """The extraction misses a mark inside another one's arguments."""
    known = {id_ if isinstance(id_, str) else id_[0] for id_ in messages(TEMPLATE)}
    marked = {
        argument.value: f"{file.relative_to(ROOT)}:{call.lineno}"
        for floor in ("bot", "cards", "store")
        for file in (ROOT / floor).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and name_of(call) in MARKS
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert {id_: place for id_, place in marked.items() if id_ not in known} == {}


def name_of(call: ast.Call) -> str:
    """The name of the function or method that is called."""
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def test_the_template_has_every_sentence_on_every_card() -> None:
    words, heard = Words("en"), Heard()
    words._speech = heard
    list(every_card(words))
    known = {
        part for id_ in messages(TEMPLATE) for part in ([id_] if isinstance(id_, str) else id_)
    }
    assert {each for each in heard.messages - known if not DATA.search(each)} == set()


def messages(template: Path) -> set[str | tuple[str, ...]]:
    with template.open("rb") as lines:
        return {message.id for message in read_po(lines) if message.id}
