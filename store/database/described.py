"""PostgreSQL's cursor, which describes a result's columns only to who looks at them.

SQLAlchemy asks for them after every statement and looks once; psycopg makes an object of each.
"""

from collections.abc import Sequence
from typing import Any, overload

from psycopg import Column, Cursor


class BrieflyDescribed(Cursor[Any]):
    """A cursor as psycopg's own, but for when its description is made."""

    @property
    def description(self) -> Any:
        """The result's columns; None where there is no result."""
        result = self.pgresult
        return Columns(self, result.nfields) if result and result.nfields else None


class Columns(Sequence[Column]):
    """The columns of the cursor's present result, as many as it has."""

    def __init__(self, cursor: Cursor[Any], count: int) -> None:
        self._cursor = cursor
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Column: ...

    @overload
    def __getitem__(self, place: slice) -> list[Column]: ...

    def __getitem__(self, place: int | slice) -> Column | list[Column]:
        wanted = range(self._count)[place]
        if isinstance(wanted, int):
            return Column(self._cursor, wanted)
        return [Column(self._cursor, n) for n in wanted]
