"""JSON as it is stored and sent."""

import json
from typing import Any

import orjson


def json_text(value: Any) -> str:
    """Serialise to compact JSON; fall back to ASCII escapes for what orjson can't encode."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
