"""Ring: what is due in a space is said in one transaction, in one message."""

from bot.context import Context
from store.queue import Claimed


class Ringer:
    """Works on claimed reminders."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def ring(self, row: Claimed) -> None:
        """To come."""
        raise NotImplementedError
