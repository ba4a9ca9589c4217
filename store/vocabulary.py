"""A column type for closed vocabularies: text in the database, an enum in the program."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class Vocabulary(TypeDecorator[StrEnum]):
    """Text that reads back as a member of `terms`. Raises ValueError for any other word."""

    impl = Text
    cache_ok = True
    terms: type[StrEnum]

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.terms(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.terms(value)


def vocabulary(terms: type[StrEnum]) -> type[Any]:
    """The column type of one vocabulary."""
    return type(f"{terms.__name__}Column", (Vocabulary,), {"terms": terms, "cache_ok": True})
