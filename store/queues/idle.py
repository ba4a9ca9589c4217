"""Whether there is anything left to do."""

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from store.queues.leases import INBOX, OUTBOX
from store.queues.reminders import any_rings


def is_idle(connection: Connection, *, calendar: datetime) -> bool:
    """Whether nothing is open but what waits for a way to its space, and no reminder is due."""
    open_events = exists().where(INBOX.c.settled_at.is_(None))
    open_letters = exists().where(OUTBOX.c.settled_at.is_(None), OUTBOX.c.outcome != "waiting")
    busy = select(or_(open_events, open_letters, any_rings()))
    return not connection.execute(busy, {"calendar": calendar}).scalar_one()
