"""JSON as it is stored and sent."""

import json
from typing import Any

import orjson


def json_text(value: Any) -> str:
    """Serialise to compact JSON; in ASCII if a value doesn't fit into UTF-8 or 64 bits."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
