"""JSON as it is stored and sent."""

import json
from typing import Any

import orjson


def json_text(value: Any) -> str:
    """JSON without spaces; what UTF-8 or 64 bits can't hold is written the long way, in ASCII."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
