"""Kinds of reminders and of history are open: features declare them, no CHECK lists them

Revision 0004, after 0003.
"""

from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (('history', 'what'), ('reminder', 'kind')):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'ck_{table}_{column}'), type_='check')


def downgrade() -> None:
    raise NotImplementedError('A list of kinds could refuse rows that are there: restore a backup.')
