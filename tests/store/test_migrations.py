"""Migrations make the tables that the program expects, on both databases."""

from alembic import command

from store.db import Database, migrations


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
