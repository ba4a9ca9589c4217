"""Migrations make the tables that the program expects, on both databases."""

import pytest
from alembic import command
from sqlalchemy import text

from store.database.database import Database, migrations


def test_models_and_migrations_agree(database: Database) -> None:
    with database._writers.begin() as connection:
        command.check(migrations(connection))


def test_a_migrated_database_is_current_and_migrating_again_changes_nothing(
    database: Database,
) -> None:
    assert database.is_current()
    database.migrate()
    assert database.is_current()


def test_an_empty_database_is_not_current(tmp_path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    assert not empty.is_current()
    empty.close()


@pytest.mark.parametrize(("stands_at", "fits"), [("0001", False), ("9999", True)])
def test_tables_of_a_later_release_fit_those_of_an_earlier_one_do_not(
    database: Database, stands_at: str, *, fits: bool
) -> None:
    with database._writers.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": stands_at})
    assert database.is_current() is fits
