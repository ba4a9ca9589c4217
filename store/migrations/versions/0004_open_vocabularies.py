"""Open the kinds of reminders and history: features declare them, no CHECK lists them

Revision 0004, after 0003.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

PATIENCE = 300
"""Attempts to lock both tables; each blocks others for a tenth of a second at most."""


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        _lock_both()
    for table, column in (('history', 'what'), ('reminder', 'kind')):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'ck_{table}_{column}'), type_='check')


def _lock_both() -> None:
    """Lock both tables before changing either.

    Running processes use them in either order, so waiting for the second while holding the first
    could deadlock. Release the first and try again instead.
    """
    connection = op.get_bind()
    former = connection.exec_driver_sql('SHOW lock_timeout').scalar_one()
    for last in [False] * (PATIENCE - 1) + [True]:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
                connection.exec_driver_sql('LOCK TABLE history, reminder IN ACCESS EXCLUSIVE MODE')
            break
        except sa.exc.OperationalError:
            if last:
                raise
            time.sleep(0.1)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{former}'")


def downgrade() -> None:
    raise NotImplementedError('A list of kinds could refuse rows that are there: restore a backup.')
