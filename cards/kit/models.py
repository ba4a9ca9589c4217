"""Device models with quantities, as people write them: `8865 x 2, 2 Desk Pro`."""

import re
from typing import Any

from cards.kit.fields import NOTHING, Choices, Text, Wrong
from cards.kit.words import N_

_BETWEEN = re.compile(r"[,;\n]+|\s+(?:and|&|\+)\s+", re.I)
_PIECES = r"(?:pcs?\.?|pieces?|units?)"
_QUANTITY_LAST = re.compile(
    rf"(.+?)(?:(?:\s+|(?<=\d))[x×*]\s*(\d+)|\s*[:=]\s*(\d+)|\s*\([x×*]?\s*(\d+)\s*[x×*]?\)"
    rf"|\s+(\d+)\s*(?:[x×*]|{_PIECES}))(?:\s*{_PIECES})?",
    re.I,
)
_QUANTITY_FIRST = re.compile(rf"(\d+)\s*(?:[x×*]\s*|{_PIECES}\s+(?:of\s+)?)(.+)", re.I)
_NUMBER_FIRST = re.compile(r"(\d+)\s+(.*[^\W\d].*)")

MOST = 999
MOST_FIRST = 20
"""The largest number before a name that is a quantity: a model, such as `840 Phone`, has more."""
_SHORTEST_MODEL = 3
"""How many digits a model has at least that is only a number."""


class Models(Text):
    """Models separated by commas or line breaks; the value is a tuple of (name, quantity)."""

    def read(self, typed: str, choices: Choices | None) -> tuple[tuple[str, int], ...]:
        """Parse the models: a name alone is one device, repeated names add up. Raises `Wrong`."""
        wanted: dict[str, int] = {}
        for part in _BETWEEN.split(super().read(typed, choices)):
            if part.strip():
                name, quantity = _model(part.strip())
                wanted[name] = wanted.get(name, 0) + quantity
        return tuple(wanted.items())

    def blank(self) -> tuple[tuple[str, int], ...]:
        """Return no devices."""
        return ()

    def write(self, value: Any) -> str:
        """Return the models as people would write them."""
        pairs = () if value is NOTHING else value
        return ", ".join(f"{name} x {quantity}" for name, quantity in pairs)


def models(label: str) -> Any:
    """Declare a field for the models of one device type."""
    return Models(label=label, required=False, max=300)


def _model(part: str) -> tuple[str, int]:
    name, quantity = _parted(part)
    if not 0 < quantity <= MOST or _is_a_quantity(name):
        raise Wrong(N_("How many {name}? Write it like this: 8865 x 2."), name=name)
    return name, quantity


def _parted(part: str) -> tuple[str, int]:
    """Split a model from its quantity, which stands after it or before it; 0 if it is unclear."""
    if found := _QUANTITY_LAST.fullmatch(part):
        name, quantity = found[1], int(next(filter(None, found.groups()[1:])))
        return (str(quantity), int(name)) if _is_a_quantity(name) else (name, quantity)
    if found := _QUANTITY_FIRST.fullmatch(part):
        return found[2], int(found[1])
    if found := _NUMBER_FIRST.fullmatch(part):
        quantity = int(found[1])
        return (found[2], quantity) if quantity <= MOST_FIRST else (part, 0)
    return part, 1


def _is_a_quantity(name: str) -> bool:
    return name.isdigit() and len(name) < _SHORTEST_MODEL
