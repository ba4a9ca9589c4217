"""Draft a migration from what tables.py says and the migrations don't: migration.py SOME WORDS."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command

from store.database.database import MIGRATIONS, Database, migrations

with TemporaryDirectory() as folder:
    database = Database(f"sqlite:///{folder}/as-it-is.db")
    database.migrate()
    number = 1 + max(int(file.name[:4]) for file in Path(MIGRATIONS, "versions").glob("[0-9]*.py"))
    with database._writers.begin() as connection:
        command.revision(
            migrations(connection), " ".join(sys.argv[1:]), autogenerate=True, rev_id=f"{number:04}"
        )
    database.close()
