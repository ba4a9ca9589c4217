"""A column for what small features keep of a trial

Revision 0005, after 0004. It has a default, so that the former release can go on adding trials.
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('trial', sa.Column('extras', sa.JSON(), nullable=False, server_default='{}'))


def downgrade() -> None:
    op.drop_column('trial', 'extras')
