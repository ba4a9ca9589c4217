"""The person whom the address of a customer's administrator means

Revision 0007, after 0006. Customers whose administrator Webex has shown get that person; the former
release can go on adding customers without one.
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.ForeignKey('person.id', name=op.f('fk_customer_administrator_id_person'))
    column = sa.Column('administrator_id', sa.Integer(), key, nullable=True)
    op.add_column('customer', column, inline_references=True)
    op.execute(
        'UPDATE customer SET administrator_id = (SELECT person.id FROM address JOIN person'
        ' ON person.id = address.person_id WHERE address.email = customer.administrator'
        ' AND person.webex_id IS NOT NULL)'
    )
    unseen = sa.text('administrator_id IS NULL')
    op.create_index(
        'ix_customer_unseen',
        'customer',
        ['administrator'],
        sqlite_where=unseen,
        postgresql_where=unseen,
    )


def downgrade() -> None:
    op.drop_index('ix_customer_unseen', table_name='customer')
    with op.batch_alter_table('customer') as batch:
        batch.drop_column('administrator_id')
