"""The outbox: turns a `Say` into network calls. One row is one call.

A lane holds what must stay in order: an address and a class (answers or reminders).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel import Session

from store.database.instant import Instant
from store.queues import leases, slots
from store.queues.leases import OUTBOX, WITHDRAWN, Claimed
from store.say import Say
from store.tables import Space, Trial

Calls = list[dict[str, Any]]

MAIL = "mail"
"""The call of a row that is an e-mail; all others are calls to Webex."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is answered: where it happened, by whom, and the message that was pressed, if one was.

    `person_id`: None if nobody acted, as for a room event.
    """

    room_id: str
    direct: bool
    person_id: int | None = None
    pressed: str | None = None


def put(
    session: Session,
    says: Iterable[Say],
    *,
    now: datetime,
    bell: bool = False,
    source: Source | None = None,
    event: str = "",
) -> int:
    """Store messages in the transaction that causes them; return the number of calls.

    `now`: queue time. `bell`: unprompted (a reminder, not an answer). `source`: what they answer.
    `event`: the id that links the log lines.
    """
    common = {"now": now, "bell": bell, "event": event}
    calls = [row for say in says for row in _calls(session, say, source, common)]
    add(session.connection(), calls)
    return len(calls)


def add(connection: Connection, calls: Calls) -> None:
    """Store calls as they are."""
    if calls:
        connection.execute(_NEW, calls)


_NEW = insert(OUTBOX)


def _calls(session: Session, say: Say, source: Source | None, common: dict[str, Any]) -> Calls:
    post = row_of(say, common) | {"lane": lane(session, say.to.address, common["bell"])}
    if say.mail is not None:
        return [post | {"call": MAIL, "mail": asdict(say.mail)}]
    if source is not None and say.to.address == f"room:{source.room_id}":
        post["owner"] = source.person_id
        if source.pressed is not None:
            return _answer(session, say, source, source.pressed, post)
    is_edit = say.replace and say.slot and not say.file
    return [post | {"call": "put"}] if is_edit else [post]


def _answer(
    session: Session, say: Say, source: Source, pressed: str, post: dict[str, Any]
) -> Calls:
    """Answer a press: in place of the pressed message, if it may be replaced, else below it."""
    if not say.replace or say.file or not _may_replace(session, say, source, pressed):
        return [post]
    connection = session.connection()
    slots.leave(connection, pressed, but=say.slot)
    if say.slot:
        stands = slots.slot(connection, say.to.address, say.slot)
        if stands and stands.message_id not in ("", pressed):
            return [post, deletion(post, pressed)]
    return [post | {"call": "put", "message_id": pressed}]


def _may_replace(session: Session, say: Say, source: Source, pressed: str) -> bool:
    """Whether an answer may take the place of the pressed message: here alone this is decided.

    One to one always, except for a reminder about several trials. In a space only if it answered
    this person, or if it is a reminder to everyone about the trial that this press has changed. A
    message that we don't know stays.
    """
    connection = session.connection()
    known = connection.execute(_SENT_AS, {"message": pressed}).first()
    if source.direct:
        return known is None or not known.bell or known.trial_id is not None
    owner = known.owner if known else slots.owner_of(connection, pressed)
    if owner is not None:
        return bool(owner == source.person_id)
    if known is None or not known.bell or known.trial_id != say.trial_id:
        return False
    return known.trial_id in _changed(session)


_SENT_AS = (
    select(OUTBOX.c.owner, OUTBOX.c.bell, OUTBOX.c.trial_id)
    .where(
        OUTBOX.c.message_id == bindparam("message"),
        OUTBOX.c.outcome == "sent",
        OUTBOX.c.call.in_(("post", "put")),
    )
    .order_by(OUTBOX.c.id.desc())
    .limit(1)
)
"""What a message is since it was last written."""


def note_change(session: Session, trial_id: int) -> None:
    """Note that this transaction has changed a trial, so that a reminder of it may be replaced."""
    _changed(session).add(trial_id)


def _changed(session: Session) -> set[int]:
    changed: set[int] = session.info.setdefault(_CHANGED, set())
    return changed


_CHANGED = "changed trials"


def row_of(say: Say, common: dict[str, Any]) -> dict[str, Any]:
    """The row of a message; `common`: `now`, `bell` and `event`."""
    file = say.file
    return {
        "lane": f"{say.to.address}/{_CLASS[common['bell']]}",
        "due": common["now"],
        "created_at": common["now"],
        "attempts": 0,
        "outcome": "",
        "error": "",
        "call": "post",
        "address": say.to.address,
        "bell": common["bell"],
        "thread": say.thread,
        "message_id": None,
        "text": say.text,
        "card": say.card,
        "file_name": file.name if file else None,
        "file_type": file.content_type if file else None,
        "file": file.content if file else None,
        "mail": None,
        "slot": say.slot,
        "trial_id": say.trial_id,
        "owner": None,
        "event": say.event or common["event"],
    }


def lane(session: Session, address: str, bell: bool) -> str:
    """The lane of an address; a trial's messages share the lane of its space."""
    kind, _, value = address.partition(":")
    trial = session.get(Trial, int(value)) if kind == "trial" else None
    space = session.get(Space, trial.space_id) if trial else None
    return f"room:{space.room_id}/{_CLASS[bell]}" if space else f"{address}/{_CLASS[bell]}"


_CLASS = {False: "answer", True: "bell"}


def deletion(after: dict[str, Any], message_id: str) -> dict[str, Any]:
    """The call that deletes a message once its replacement has been sent."""
    empty = {"text": "", "card": None, "slot": None, "thread": None}
    file = {"file_name": None, "file_type": None, "file": None}
    return after | empty | file | {"call": "delete", "message_id": message_id}


# ------------------------------------------------------------------ claiming


def claim(
    connection: Connection,
    *,
    of_reminders: bool,
    calls: Collection[str],
    token: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Claimed]:
    """Claim the first message of each lane, of one class and these kinds of call."""
    given = {"limit": limit, "of_reminders": of_reminders, "calls": list(calls)}
    return leases.claim(connection, _CLAIM, token=token, now=now, until=until, **given)


_CLAIM = leases.heads(
    OUTBOX,
    OUTBOX.c.bell == bindparam("of_reminders"),
    OUTBOX.c.call.in_(bindparam("calls", expanding=True)),
)


def is_obsolete(connection: Connection, letter: Claimed, stands: Row[Any] | None) -> bool:
    """Whether a newer message for the same slot is queued or already there."""
    if stands and stands.written_by > letter.id:
        return True
    given = {"at": letter.address, "name": letter.slot, "row": letter.id}
    return bool(connection.execute(_NEWER, given).scalar_one())


_NEWER = select(
    exists().where(
        OUTBOX.c.address == bindparam("at"),
        OUTBOX.c.slot == bindparam("name"),
        OUTBOX.c.id > bindparam("row"),
        OUTBOX.c.settled_at.is_(None),
    )
)


def is_overtaken(connection: Connection, letter: Claimed) -> bool:
    """Whether a message that couldn't be sent is obsolete."""
    if not letter.slot:
        return False
    return is_obsolete(connection, letter, slots.slot(connection, letter.address, letter.slot))


# ------------------------------------------------------------------ other ways


def turn_into(connection: Connection, letter: Claimed, **other: Any) -> bool:
    """Turn a message that Webex refused into another call or form, due at once.

    An edit that becomes a post replaces its `message_id`, which is deleted afterwards.
    """
    held = (OUTBOX.c.id == letter.id) & (OUTBOX.c.lease == letter.lease)
    free = {"lease": None, "leased_until": None}
    changed = update(OUTBOX).where(held, OUTBOX.c.settled_at.is_(None)).values(other | free)
    return bool(connection.execute(changed).rowcount)


def has_another_copy(connection: Connection, letter: Claimed) -> bool:
    """Whether another message of the same event and slot was sent or may still be."""
    copies = select(OUTBOX.c.id).where(
        OUTBOX.c.event == letter.event,
        OUTBOX.c.slot == letter.slot,
        OUTBOX.c.id != letter.id,
        OUTBOX.c.settled_at.is_(None) | (OUTBOX.c.outcome == "sent"),
    )
    return connection.execute(copies.limit(1)).first() is not None


def readdress(connection: Connection, letter: Claimed, **to: str | None) -> None:
    """Give a message another `address`, `lane` and `slot`."""
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == letter.id).values(to))


# ------------------------------------------------------------------ afterwards


def withdraw_reminders(
    session: Session, trial_id: int, events: Collection[str], *, now: datetime
) -> None:
    """Withdraw a trial's unsent messages from these reminders (`r5`).

    What is being sent may arrive; if it doesn't, it isn't tried again.
    """
    unsent = update(OUTBOX).where(
        OUTBOX.c.trial_id == trial_id,
        OUTBOX.c.event.in_(events),
        OUTBOX.c.bell.is_(True),
        OUTBOX.c.settled_at.is_(None),
    )
    settled = case((OUTBOX.c.lease.is_(None), literal(now, Instant())))
    session.connection().execute(unsent.values(settled_at=settled, outcome=WITHDRAWN))


def is_withdrawn(connection: Connection, letter: Claimed) -> bool:
    """Whether a message was withdrawn while it was being sent."""
    outcome = select(OUTBOX.c.outcome).where(OUTBOX.c.id == letter.id).with_for_update()
    return bool(connection.execute(outcome).scalar_one() == WITHDRAWN)


def move_room(session: Session, old: str, new: str) -> None:
    """Follow a room whose id Webex changed: slots and unsent messages."""
    was, now_at = f"room:{old}", f"room:{new}"
    run = session.connection().execute
    slots.move_room(session.connection(), old, new)
    unsent = update(OUTBOX).where(OUTBOX.c.settled_at.is_(None))
    run(unsent.where(OUTBOX.c.address == was).values(address=now_at))
    in_lanes = OUTBOX.c.lane.startswith(f"{was}/", autoescape=True)
    run(unsent.where(in_lanes).values(lane=func.replace(OUTBOX.c.lane, was, now_at)))


def try_again(session: Session) -> None:
    """Retry at once the messages that wait for a route to their partner."""
    waiting = (OUTBOX.c.outcome == "waiting") & OUTBOX.c.settled_at.is_(None)
    session.connection().execute(update(OUTBOX).where(waiting).values(due=OUTBOX.c.created_at))


# ------------------------------------------------------------------ looking


def thread_of(session: Session, message_id: str) -> str | None:
    """The root of the thread that one of our messages is in; None if it isn't in one."""
    return session.connection().execute(_THREAD, {"message": message_id}).scalar()


_THREAD = select(OUTBOX.c.thread).where(
    OUTBOX.c.message_id == bindparam("message"), OUTBOX.c.thread.is_not(None)
)


def unsent(connection: Connection, *, limit: int) -> Sequence[Any]:
    """Unsent messages, oldest first: `id`, `address`, `text`."""
    letters = select(OUTBOX.c.id, OUTBOX.c.address, OUTBOX.c.text)
    waiting = letters.where(OUTBOX.c.settled_at.is_(None)).order_by(OUTBOX.c.id)
    return connection.execute(waiting.limit(limit)).all()


def count_mails(connection: Connection) -> int:
    """How many e-mails are unsent."""
    mails = select(func.count()).where(OUTBOX.c.call == MAIL, OUTBOX.c.settled_at.is_(None))
    return int(connection.execute(mails).scalar_one())


def waiting_addresses(connection: Connection) -> list[str]:
    """The addresses of messages that wait for a route to their partner."""
    waiting = select(OUTBOX.c.address).where(
        OUTBOX.c.settled_at.is_(None), OUTBOX.c.outcome == "waiting"
    )
    return sorted(connection.scalars(waiting.distinct().limit(20)))
