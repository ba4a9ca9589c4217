"""`IN` for any number of values in one statement, which a driver prepares once."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, ColumnExpressionArgument, Dialect, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import coercions, roles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine


def among(column: ColumnExpressionArgument[Any], name: str) -> ColumnElement[bool]:
    """Whether a column has one of the values that are given as the list `name`."""
    one: ColumnElement[Any] = coercions.expect(roles.ExpressionElementRole, column)
    return _Among(one, bindparam(name, type_=_Several(one.type)))


class _Several(TypeDecorator[list[Any]]):
    """Values as one parameter: an array, or a JSON list where there are none."""

    impl = JSON
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        several = ARRAY(self.item) if dialect.name == "postgresql" else JSON()
        return dialect.type_descriptor(several)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """A condition as it stands: SQLite would look for it in no index if it were `… = 1`."""
        return self


@compiles(_Among)
def _in_json(among: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, values = (compiler.process(clause, **more) for clause in among.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(_Among, "postgresql")
def _in_array(among: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, values = (compiler.process(clause, **more) for clause in among.clauses)
    return f"{column} = ANY ({values})"
