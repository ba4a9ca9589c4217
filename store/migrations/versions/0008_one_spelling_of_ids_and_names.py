"""One spelling of ids and names

Revision 0008, after 0007. Rewrites what rows are compared by: an event's key has the UUID inside
its id, so that an event stored before isn't taken for a new one when it is delivered again; a
company's key has no double blanks and nothing invisible. The former release goes on reading both.
"""

import base64
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

BATCH = 1000
INBOX = sa.table('inbox', *map(sa.column, ('id', 'key', 'resource', 'event', 'object_id')))
CUSTOMER = sa.table('customer', *map(sa.column, ('id', 'company_key')))

RENAME = sa.text(
    'UPDATE inbox SET key = :new WHERE id = :id'
    ' AND NOT EXISTS (SELECT 1 FROM inbox AS other WHERE other.key = :new)'
)
"""An event that was stored in two spellings keeps its second row's old key."""


def upgrade() -> None:
    for row in _rows(INBOX):
        _rename(row, row.object_id, _webex_id(row.object_id))
    for row in _rows(CUSTOMER):
        if (key := _name_key(row.company_key)) != row.company_key:
            op.get_bind().execute(
                sa.update(CUSTOMER).where(CUSTOMER.c.id == row.id).values(company_key=key)
            )


def downgrade() -> None:
    for row in _rows(INBOX):
        _rename(row, _webex_id(row.object_id), row.object_id)


def _rows(table: Any) -> Iterator[Any]:
    after = 0
    ordered = sa.select(table).order_by(table.c.id).limit(BATCH)
    while rows := op.get_bind().execute(ordered.where(table.c.id > after)).all():
        yield from rows
        after = rows[-1].id


def _rename(row: Any, old: str, new: str) -> None:
    start = f'{row.resource}/{row.event}/'
    if old != new and row.key.startswith(start + old):
        key = start + new + row.key[len(start + old):]
        op.get_bind().execute(RENAME, {'id': row.id, 'new': key})


def _webex_id(text: str) -> str:
    try:
        inside = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4)).decode()
    except ValueError:
        inside = ''
    found = re.fullmatch(r'ciscospark://[!-~]+/([!-.0-~]+)', inside)
    plain = found[1] if found else text.strip()
    uuid = re.fullmatch(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', plain, re.IGNORECASE)
    return plain.lower() if uuid else plain


def _name_key(text: str) -> str:
    seen = (c for c in text if c in '\n\t' or unicodedata.category(c) not in ('Cf', 'Cc', 'Cs'))
    return ' '.join(unicodedata.normalize('NFC', ''.join(seen)).casefold().split())
