"""Files to import

Revision 0011, after 0010. A file that somebody sent is kept until its rows are confirmed. The former
release neither writes nor reads it.
"""

import sqlalchemy as sa
from alembic import op

from store.database.instant import Instant

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'upload',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('partner_id', sa.Integer(), nullable=False),
        sa.Column('space_id', sa.Integer(), nullable=False),
        sa.Column('file_name', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('rows', sa.Text(), nullable=False),
        sa.Column('about', sa.JSON(), nullable=False),
        sa.Column('answers', sa.JSON(), nullable=False),
        sa.Column('updated_at', Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ['partner_id'], ['partner.id'], name=op.f('fk_upload_partner_id_partner')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_upload_person_id_person')
        ),
        sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_upload_space_id_space')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_upload')),
        sa.UniqueConstraint('person_id', 'partner_id', name=op.f('uq_upload_person_id_partner_id')),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f('ix_upload_updated_at'), 'upload', ['updated_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_upload_updated_at'), 'upload')
    op.drop_table('upload')
