"""What both databases can store: text without NUL or lone surrogates, in JSON of a bounded depth.

PostgreSQL stores no NUL, UTF-8 has no lone surrogates, and serialising deeply nested JSON exhausts
the stack.
"""

import re
from typing import Any, TypeVar

LEVELS = 50
"""The deepest nesting that is stored; Webex nests four levels."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

T = TypeVar("T")


def is_storable(value: object) -> bool:
    """Whether a parsed JSON value can be stored as it is."""
    level = [value]
    for _ in range(LEVELS + 1):
        texts = (each for each in level if isinstance(each, str))
        if any(_UNSTORABLE.search(text) for text in texts):
            return False
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return False


def storable(value: T) -> T:
    """Return a parsed JSON value without what can't be stored; what is nested too deep is None."""
    return value if is_storable(value) else _cleaned(value, LEVELS)


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _cleaned(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [_cleaned(each, levels - 1) for each in value]
    return {_cleaned(name, 0): _cleaned(each, levels - 1) for name, each in value.items()}
