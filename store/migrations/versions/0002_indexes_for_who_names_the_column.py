"""Indexes for who names their column

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

INDEXES = {
    'ix_inbox_due': ('inbox', ['due', 'id'], 'due'),
    'ix_outbox_due': ('outbox', ['bell', 'due', 'id'], 'due'),
    'ix_outbox_slot': ('outbox', ['address', 'slot', 'id'], 'address'),
    'ix_outbox_trial': ('outbox', ['trial_id'], 'trial_id'),
}


def upgrade() -> None:
    for name, (table, columns, named) in INDEXES.items():
        _make_anew(name, table, columns, f'settled_at IS NULL AND {named} IS NOT NULL')


def downgrade() -> None:
    for name, (table, columns, _) in INDEXES.items():
        _make_anew(name, table, columns, 'settled_at IS NULL')


def _make_anew(name: str, table: str, columns: list[str], condition: str) -> None:
    """SQLite takes the right index without."""
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_index(name, table)
        op.create_index(name, table, columns, postgresql_where=sa.text(condition))
