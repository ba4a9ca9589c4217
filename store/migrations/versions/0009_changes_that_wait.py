"""Changes that wait until they are confirmed in Partner Hub

Revision 0009, after 0008. What was recorded counts as confirmed: changes that are open now have moved
their dates already, and get no reminders but one, on the next morning.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from store.database.instant import Instant

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

MOVED_AT_ONCE = ('start', 'request', 'add', 'extend', 'services', 'cancel')
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

TASK = sa.table(
    'hub_task',
    sa.column('id', sa.Integer),
    sa.column('trial_id', sa.Integer),
    sa.column('change', sa.Text),
    sa.column('saved_on', sa.Date),
    sa.column('done_on', sa.Date),
    sa.column('facts', sa.JSON),
    sa.column('waits', sa.Boolean),
)
TRIAL = sa.table(
    'trial',
    sa.column('id', sa.Integer),
    sa.column('space_id', sa.Integer),
    sa.column('todo_since', sa.Date),
    sa.column('ordered_on', sa.Date),
    sa.column('handed_over_on', sa.Date),
)
SPACE = sa.table(
    'space',
    sa.column('id', sa.Integer),
    sa.column('time_zone', sa.String),
    sa.column('reminder_hour', sa.Integer),
)
REMINDER = sa.table(
    'reminder',
    *(sa.column(name, sa.String) for name in ('lane', 'outcome', 'error', 'key', 'kind')),
    *(sa.column(name, Instant) for name in ('due', 'created_at', 'settled_at', 'rings_at')),
    *(sa.column(name, sa.Integer) for name in ('attempts', 'trial_id', 'space_id')),
    sa.column('anchor', sa.Date),
)


def upgrade() -> None:
    with op.batch_alter_table('hub_task', table_kwargs={'sqlite_autoincrement': True}) as batch:
        batch.drop_constraint(op.f('ck_hub_task_change'), type_='check')
        batch.add_column(sa.Column('waits', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column('done_at', Instant(), nullable=True))
        batch.add_column(sa.Column('undo', sa.JSON(), nullable=False, server_default='{}'))
    _keep_waiting()
    _list_once()


def _keep_waiting() -> None:
    """Leave provisioning and conversion open, which always waited, and count nothing else as open."""
    connection = op.get_bind()
    others = TASK.c.change.not_in(MOVED_AT_ONCE)
    connection.execute(TASK.update().where(others).values(waits=sa.true()))
    bought = TRIAL.c.ordered_on.is_not(None) | TRIAL.c.handed_over_on.is_not(None)
    due = (TASK.c.change != 'convert') | bought
    ours = (TASK.c.trial_id == TRIAL.c.id, TASK.c.done_on.is_(None), TASK.c.waits, due)
    since = sa.select(sa.func.min(TASK.c.saved_on)).where(*ours).scalar_subquery()
    connection.execute(TRIAL.update().where(TRIAL.c.todo_since.is_not(None)).values(todo_since=since))


def _list_once() -> None:
    """Withdraw the reminders of the changes that were open, and plan one for each instead."""
    connection = op.get_bind()
    former = sa.and_(REMINDER.c.kind.in_(['hub+1', 'hub+3']), REMINDER.c.settled_at.is_(None))
    connection.execute(REMINDER.delete().where(former))
    now = connection.execute(sa.select(sa.type_coerce(sa.func.now(), Instant))).scalar_one()
    for row in list(_open(connection)):
        here = now.astimezone(ZoneInfo(row.time_zone)).date()
        day = here + timedelta(days=1)
        facts = {**row.facts, 'list_on': day.isoformat()}
        connection.execute(TASK.update().where(TASK.c.id == row.id).values(facts=facts))
        connection.execute(REMINDER.insert(), _reminder(row, day, now))


def _open(connection: sa.Connection) -> Iterator[Any]:
    found = sa.select(TASK, SPACE.c.time_zone, SPACE.c.reminder_hour, TRIAL.c.space_id)
    found = found.join_from(TASK, TRIAL, TASK.c.trial_id == TRIAL.c.id)
    found = found.join(SPACE, TRIAL.c.space_id == SPACE.c.id)
    left = TASK.c.done_on.is_(None), TASK.c.change.in_(MOVED_AT_ONCE)
    yield from connection.execute(found.where(*left).order_by(TASK.c.id))


def _reminder(row: Any, day: date, now: datetime) -> dict[str, Any]:
    at = datetime.combine(day, time(row.reminder_hour), tzinfo=ZoneInfo(row.time_zone))
    return {
        'lane': f'space/{row.space_id}',
        'due': LONG_AGO,
        'created_at': now,
        'attempts': 0,
        'outcome': '',
        'error': '',
        'key': f'{row.trial_id}/hub-former/{day}/task{row.id}',
        'kind': 'hub-former',
        'trial_id': row.trial_id,
        'space_id': row.space_id,
        'anchor': day,
        'rings_at': at.astimezone(UTC),
    }


def downgrade() -> None:
    raise NotImplementedError('An open change would count as made: restore a backup.')
