"""A migrated database has every CHECK of the models verbatim (Alembic compares none)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Inspector,
    MetaData,
    create_engine,
    inspect,
    text,
)
from sqlmodel import SQLModel

from store.database.database import Database

Checks = dict[tuple[str, str], str]
"""Each CHECK's SQL as a database reports it, by table and name."""

PLACE = "as_modelled"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database._writers.begin() as connection:
        yield connection


def test_every_check_of_the_models_has_a_migration(connection: Connection) -> None:
    complaints = "\n".join(differences(connection, SQLModel.metadata))
    assert not complaints, complaints


def test_a_vocabulary_change_without_a_migration_is_reported(connection: Connection) -> None:
    changed = a_copy(SQLModel.metadata)
    check = check_of(changed, "role", "role")
    check.sqltext = text("role IN ('full', 'admin', 'read-only', 'auditor')")
    (complaint,) = differences(connection, changed)
    assert complaint.startswith("role: ck_role_role is")
    assert "'auditor'" in complaint
    assert "write a migration that drops the constraint and creates it anew" in complaint


def test_a_check_missing_on_one_side_is_reported(connection: Connection) -> None:
    changed = a_copy(SQLModel.metadata)
    trial = changed.tables["trial"]
    trial.append_constraint(CheckConstraint("locations >= 0", name="locations"))
    trial.constraints.remove(check_of(changed, "trial", "kind"))
    missing, left = differences(connection, changed)
    assert missing.startswith("trial: ck_trial_kind is only in the migrated database")
    assert left.startswith("trial: ck_trial_locations is only in the models")


def differences(connection: Connection, models: MetaData) -> Iterator[str]:
    """Say what to do about each CHECK that differs between the models and this database."""
    ours, theirs = modelled(connection, models), checks_of(inspect(connection), list(models.tables))
    todo = "write a migration that drops the constraint and creates it anew"
    for key in sorted(ours.keys() | theirs.keys()):
        place = f"{key[0]}: {key[1]} is"
        if key not in theirs:
            yield f"{place} only in the models: write a migration that creates it"
        elif key not in ours:
            yield f"{place} only in the migrated database: write a migration that drops it"
        elif ours[key] != theirs[key]:
            yield f"{place} {ours[key]} in the models, {theirs[key]} in the database: {todo}"


def modelled(connection: Connection, models: MetaData) -> Checks:
    """The models' CHECKs as this database reports them after creating the models' tables."""
    tables = list(models.tables)
    if connection.dialect.name == "sqlite":
        with create_engine("sqlite://").begin() as beside:
            models.create_all(beside)
            return checks_of(inspect(beside), tables)
    connection.exec_driver_sql(f"CREATE SCHEMA {PLACE}")
    models.create_all(connection.execution_options(schema_translate_map={None: PLACE}))
    return checks_of(inspect(connection), tables, schema=PLACE)


def checks_of(there: Inspector, tables: list[str], schema: str | None = None) -> Checks:
    return {
        (table, str(check["name"])): check["sqltext"]
        for table in tables
        for check in there.get_check_constraints(table, schema=schema)
    }


def a_copy(models: MetaData) -> MetaData:
    copy = MetaData(naming_convention=models.naming_convention)
    for table in models.sorted_tables:
        table.to_metadata(copy)
    return copy


def check_of(models: MetaData, table: str, name: str) -> CheckConstraint:
    (found,) = [
        each
        for each in models.tables[table].constraints
        if isinstance(each, CheckConstraint) and each.name == f"ck_{table}_{name}"
    ]
    return found
