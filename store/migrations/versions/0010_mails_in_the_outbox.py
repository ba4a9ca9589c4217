"""E-mails in the outbox

Revision 0010, after 0009. An outbox row may be an e-mail: `mail` has its subject, its HTML and the
address to which its reader unsubscribes. The former release neither writes nor reads it.
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outbox', sa.Column('mail', sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column('outbox', 'mail')
