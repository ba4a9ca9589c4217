"""Whose message it is

Revision 0006, after 0005. The former release goes on writing rows without an owner: these are
everyone's.
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

SENT = sa.text('message_id IS NOT NULL')
THREADED = sa.text('thread IS NOT NULL')


def upgrade() -> None:
    op.add_column('outbox', sa.Column('owner', sa.Integer(), nullable=True))
    op.add_column('slot', sa.Column('owner', sa.Integer(), nullable=True))
    op.drop_index('ix_outbox_threaded', table_name='outbox')
    op.create_index(
        'ix_outbox_message', 'outbox', ['message_id'], sqlite_where=SENT, postgresql_where=SENT
    )
    op.create_index('ix_slot_message', 'slot', ['message_id'])


def downgrade() -> None:
    op.drop_index('ix_slot_message', table_name='slot')
    op.drop_index('ix_outbox_message', table_name='outbox')
    op.create_index(
        'ix_outbox_threaded',
        'outbox',
        ['message_id'],
        sqlite_where=THREADED,
        postgresql_where=THREADED,
    )
    op.drop_column('slot', 'owner')
    op.drop_column('outbox', 'owner')
