"""The end of an event: settled, and what is said of it put, in one transaction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlmodel import Session

from bot.clock import queue_now
from bot.failures import LeaseLost
from bot.respond import find_again
from bot.turn import Turn
from store.queues import leases, outbox
from store.queues.leases import INBOX, Claimed, Lease
from store.queues.outbox import Pressed, Put, Spoken
from store.say import Say

Act = Callable[[Session], Sequence[Say]]


class Done(NamedTuple):
    """What became of an event, and the answer that its hand sends as soon as it has let go."""

    outcome: str
    answer: Claimed | None = None


class Answer(NamedTuple):
    """What is said to an event that changes nothing. `lease`: for the first of it."""

    row: Claimed
    turn: Turn
    says: Sequence[Say]
    lease: Lease | None
    pressed: Pressed | None = None


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
    if not leases.settle(session.connection(), INBOX, row, now=now, outcome=outcome, why=why):
        raise LeaseLost
    says = act(session)
    return outbox.put(session, says, now=now, pressed=pressed, event=f"e{row.id}", lease=lease)


def conclude_all(session: Session, answers: Sequence[Answer]) -> list[Put | LeaseLost]:
    """Settle events and put what is said to each; nothing is, of those whose lease was lost."""
    now = queue_now()
    rows = [answer.row for answer in answers]
    held = leases.settle_all(session.connection(), INBOX, rows, now=now)
    ours = [answer for answer, is_held in zip(answers, held, strict=True) if is_held]
    for answer in ours:
        find_again(session, answer.turn)
    spoken = [
        Spoken(answer.says, f"e{answer.row.id}", answer.lease, answer.pressed) for answer in ours
    ]
    puts = iter(outbox.put_all(session, spoken, now=now))
    return [next(puts) if is_held else LeaseLost() for is_held in held]
