"""Look again at spaces that Webex refused or that removed the bot: some come back unannounced."""

from datetime import timedelta

from bot.engine.context import Context
from bot.failures import Undeliverable
from bot.observe import log
from bot.webex.gateway import Gateway
from store.features import spaces

AT_ONCE = 20
NOT_BEFORE = timedelta(days=1)
"""How long a space is left alone that Webex shows but where it refuses messages."""


def look_again(context: Context, gateway: Gateway) -> int:
    """Go on in each space that Webex shows again; return how many. Raises `Again`."""
    with context.database.reading() as session:
        before = context.calendar.now() - NOT_BEFORE
        room_ids = spaces.lost_rooms(session, shown_before=before, limit=AT_ONCE)
    return sum(_look(context, gateway, room_id) for room_id in room_ids)


def _look(context: Context, gateway: Gateway, room_id: str) -> bool:
    try:
        title = str(gateway.room(room_id).get("title") or "")
    except Undeliverable:
        return False
    with context.database.transaction() as session:
        spaces.find_again(session, room_id, title)
    context.wake.ring()
    log.info("found a lost space again")
    return True
