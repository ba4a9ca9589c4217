"""The end of an event: settled, and what is said of it put, in one transaction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlmodel import Session

from bot.clock import queue_now
from bot.failures import LeaseLost
from store import outbox, queue
from store.outbox import Pressed, Put
from store.queue import INBOX, Claimed, Lease
from store.say import Say

Act = Callable[[Session], Sequence[Say]]


class Done(NamedTuple):
    """What became of an event, and the answer that its hand sends as soon as it has let go."""

    outcome: str
    answer: Claimed | None = None


def conclude(
    session: Session,
    row: Claimed,
    act: Act,
    *,
    lease: Lease | None,
    outcome: str = "done",
    why: str = "",
    pressed: Pressed | None = None,
) -> Put:
    """Settle an event, act, and put what is said. Raises `LeaseLost`, before anything is changed.

    `lease`: for the first of what is said.
    """
    now = queue_now()
    if not queue.settle(session.connection(), INBOX, row, now=now, outcome=outcome, why=why):
        raise LeaseLost
    says = act(session)
    return outbox.put(session, says, now=now, pressed=pressed, event=f"e{row.id}", lease=lease)
