"""Lists on cards: as many rows as Webex accepts, and how many more there are."""

from collections.abc import Callable, Sequence

from cards.kit import kit
from cards.kit.kit import Card, Element
from cards.kit.words import Words

STEPS = (100, 60, 40, 25, 18, 12, 7, 4, 2)


def fitting(draw: Callable[[int], Card], steps: Sequence[int] = STEPS) -> Card:
    """Draw a card with as many rows as Webex accepts: `draw(most)`, with ever fewer rows."""
    for most in steps:
        card = draw(most)
        if card.content is not None:
            break
    return card


def rows(words: Words, elements: Sequence[Element], most: int) -> list[Element]:
    """Return at most so many rows and, if there are more, their number."""
    left = len(elements) - most
    more = [kit.small(and_more(words, left))] if left > 0 else []
    return [*elements[:most], *more]


def and_more(words: Words, n: int) -> str:
    """Say how many are left out."""
    return words.plural("and {n} more", "and {n} more", n)
