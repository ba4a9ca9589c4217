"""Alembic's environment: compare and migrate on the connection that `Database` passes in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString, SQLModel

from store import tables  # noqa: F401  (fills the metadata)
from store.database.instant import Instant
from store.vocabulary import Vocabulary


def _spelling(kind: str, obj: Any, autogen: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(obj, Instant):
        return "store.database.instant.Instant()"
    if kind == "type" and isinstance(obj, Vocabulary):
        return "sa.Text()"
    if kind == "type" and isinstance(obj, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_spelling,
)
with context.begin_transaction():
    context.run_migrations()
