"""Whether any work is left."""

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from store.queues.leases import INBOX, OUTBOX
from store.queues.reminders import any_rings


def is_idle(connection: Connection, *, calendar: datetime) -> bool:
    """Whether no reminder is due and nothing is open but messages waiting for a route."""
    open_events = exists().where(INBOX.c.settled_at.is_(None))
    open_letters = exists().where(OUTBOX.c.settled_at.is_(None), OUTBOX.c.outcome != "waiting")
    busy = select(or_(open_events, open_letters, any_rings()))
    return not connection.execute(busy, {"calendar": calendar}).scalar_one()
