"""Every sentence on every card goes through the catalogue: shown by a language of brackets."""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from typing import Any

from cards.kit.words import Words
from tests.cards.every_card import every_card

#: What people typed, and facts that Babel formats: nobody translates them.
DATA = re.compile(
    r"Meadow|Harbour|evil|example|FOC|Person \d|Nora|Tom Okafor|Europe/|T-7K3Q|D123456|8865|bees"
    r"|^[\W\d_]*$|^\w{3}, \d+ \w{3} \d{4}|^(Germany|Bulgarian|English|retail|Trials|W-1)$|^c0ffee"
    r"|^(No|Not yet|Saved)\b"
)


class Brackets(NullTranslations):
    """Puts every translated message between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"


def in_brackets() -> Words:
    words = Words("en")
    words._speech = Brackets()
    return words


def shown(part: Any) -> Iterator[str]:
    """Everything on a card that is read."""
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
