"""Rates of limited calls, and indexes of what is held

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

HELD = sa.text('settled_at IS NULL AND leased_until IS NOT NULL')


def upgrade() -> None:
    op.add_column('pause', sa.Column('rate', sa.Float(), nullable=True))
    for table in ('inbox', 'outbox'):
        op.create_index(
            f'ix_{table}_held', table, ['lease'], sqlite_where=HELD, postgresql_where=HELD
        )


    _give_back()


def _give_back() -> None:
    """Give back what processes of the previous release held: they have ended, and none will."""
    for table in ('inbox', 'outbox', 'reminder'):
        op.execute(
            f"UPDATE {table} SET lease = NULL, leased_until = NULL, outcome = 'orphaned'"
            ' WHERE settled_at IS NULL AND lease IS NOT NULL'
        )


def downgrade() -> None:
    for table in ('inbox', 'outbox'):
        op.drop_index(f'ix_{table}_held', table)
    op.drop_column('pause', 'rate')
