"""Device models with quantities, as people write them: `8865 x 2, Desk Pro`."""

import re
from typing import Any

from cards.kit.fields import NOTHING, Choices, Text, Wrong
from cards.kit.words import N_

_BETWEEN = re.compile(r"[,;\n]+")
_QUANTITY = re.compile(r"(.+?)(?:\s+|(?<=[0-9]))[x×*]\s*([0-9]{1,3})", re.I)


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
    found = _QUANTITY.fullmatch(part)
    name, quantity = (found[1], int(found[2])) if found else (part, 1)
    if quantity == 0:
        raise Wrong(N_("How many {name}? Write it like this: 8865 x 2."), name=name)
    return name, quantity
