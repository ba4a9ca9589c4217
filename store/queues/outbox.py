"""What shall be said: from a `Say` to the network calls that say it, and the slots they stand in.

One row is one call. A lane holds what must stay in order: an address and a class, answers or bells.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Row,
    String,
    Update,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlmodel import Session

from store.database.among import among
from store.database.together import OneByOne
from store.queues import leases, slots
from store.queues.leases import OUTBOX, Claimed, Lease, leased, leased_if_first
from store.queues.slots import Place, Standing
from store.say import Say, To
from store.tables import Space, Trial

Calls = list[dict[str, Any]]

LINE = 300


@dataclass(frozen=True, slots=True)
class Pressed:
    """The message whose card was pressed, and where it stands."""

    room_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said of one event, whose id the log carries on.

    `lease`: the first call gets it unless its lane has others open; the caller makes it after the
    commit.
    """

    says: Iterable[Say]
    event: str = ""
    lease: Lease | None = None
    pressed: Pressed | None = None


class Delivered(NamedTuple):
    """A letter that Webex took: the message that it is, and the room in which it stands."""

    letter: Claimed
    message_id: str
    room_id: str


@dataclass(frozen=True, slots=True)
class Put:
    """How many calls wait to be claimed, and the one that the caller holds."""

    waiting: int
    mine: Claimed | None = None


def put(
    session: Session,
    says: Iterable[Say],
    *,
    now: datetime,
    bell: bool = False,
    pressed: Pressed | None = None,
    event: str = "",
    lease: Lease | None = None,
) -> Put:
    """Store what shall be said, in the transaction of what it says.

    `now`: queue time. `bell`: nobody asked for it. The rest as for `Spoken`.
    """
    [put] = put_all(session, [Spoken(says, event, lease, pressed)], now=now, bell=bell)
    return put


def put_all(
    session: Session, spoken: Sequence[Spoken], *, now: datetime, bell: bool = False
) -> list[Put]:
    """Store what shall be said of several events, each as `put` does."""
    calls = [_all_calls(session, each, {"now": now, "bell": bell}) for each in spoken]
    if not any(calls):
        return [Put(0) for _ in spoken]
    connection = session.connection()
    leases.in_turn(connection, (row["lane"] for rows in calls for row in rows))
    firsts, others = _apart(calls, [each.lease for each in spoken])
    held = _put_leased(connection, firsts) if firsts else {}
    if others:
        connection.execute(_INSERT, others)
    puts = [
        _put(rows, held.get(each.lease.token) if each.lease else None)
        for each, rows in zip(spoken, calls, strict=True)
    ]
    if any(put.waiting for put in puts):
        leases.wake(connection, OUTBOX)
    return puts


def _put_leased(connection: Connection, firsts: Calls) -> dict[str, Claimed]:
    """The calls that got their lease, by its token: each as if it had been claimed.

    Asked for the numbers afterwards, PostgreSQL has half the work: statements of so many values
    that give back all columns are prepared anew for each count of calls.
    """
    connection.execute(_INSERT_LEASED, firsts)
    given = {"lanes": [row["lane"] for row in firsts], "tokens": [row["token"] for row in firsts]}
    numbers = {lease: number for number, lease in connection.execute(_LEASED, given)}
    return {
        row["token"]: _letter(row, numbers[row["token"]])
        for row in firsts
        if row["token"] in numbers
    }


def _letter(row: dict[str, Any], number: int) -> Claimed:
    held = {"id": number, "lease": row["token"], "leased_until": row["until"], "settled_at": None}
    given = row | held
    columns = {column.name: given[column.name] for column in OUTBOX.c}
    return cast(Claimed, SimpleNamespace(**columns))


def _put(rows: Calls, mine: Claimed | None) -> Put:
    return Put(len(rows) - (mine is not None), mine)


def _apart(calls: Sequence[Calls], leases: Sequence[Lease | None]) -> tuple[Calls, Calls]:
    """What may be leased, one call a lane, and what waits behind it."""
    firsts: Calls = []
    others: Calls = []
    lanes: set[str] = set()
    for rows, lease in zip(calls, leases, strict=True):
        for n, row in enumerate(rows):
            if lease and n == 0 and row["lane"] not in lanes:
                firsts.append(leased(row, lease))
            else:
                others.append(row)
            lanes.add(row["lane"])
    return firsts, others


def _all_calls(session: Session, spoken: Spoken, common: dict[str, Any]) -> Calls:
    common = common | {"event": spoken.event}
    return [row for say in spoken.says for row in _calls(session, say, spoken.pressed, common)]


def _calls(session: Session, say: Say, pressed: Pressed | None, common: dict[str, Any]) -> Calls:
    post = _row(say, common) | {"lane": lane(session, say.to.address, common["bell"])}
    if not say.replace or say.file:
        return [post]
    if pressed is None or say.to.address != f"room:{pressed.room_id}":
        return [post | {"call": "put"}] if say.slot else [post]
    if say.slot:
        stands = slots.slot(session.connection(), say.to.address, say.slot)
        if stands and stands.message_id not in ("", pressed.message_id):
            return [post, deletion(post, pressed.message_id)]
    return [post | {"call": "put", "message_id": pressed.message_id}]


def _row(say: Say, common: dict[str, Any]) -> dict[str, Any]:
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
        "slot": say.slot,
        "trial_id": say.trial_id,
        "event": common["event"],
    }


def lane(session: Session, address: str, bell: bool) -> str:
    """What is said of a trial stays in order with the rest of its space."""
    kind, _, value = address.partition(":")
    trial = session.get(Trial, int(value)) if kind == "trial" else None
    space = session.get(Space, trial.space_id) if trial else None
    return f"room:{space.room_id}/{_CLASS[bell]}" if space else f"{address}/{_CLASS[bell]}"


_CLASS = {False: "answer", True: "bell"}


def deletion(after: dict[str, Any], message_id: str) -> dict[str, Any]:
    """The call that deletes a message when what stands in its stead has been sent."""
    empty = {"text": "", "card": None, "slot": None, "thread": None}
    file = {"file_name": None, "file_type": None, "file": None}
    return after | empty | file | {"call": "delete", "message_id": message_id}


_INSERT = insert(OUTBOX)
_INSERT_LEASED = insert(OUTBOX).values(leased_if_first(OUTBOX))
_LEASED = select(OUTBOX.c.id, OUTBOX.c.lease).where(
    among(OUTBOX.c.lane, "lanes"),
    OUTBOX.c.settled_at.is_(None),
    among(OUTBOX.c.lease, "tokens"),
)


# ------------------------------------------------------------------ slots


def is_obsolete(connection: Connection, letter: Claimed, stands: Row[Any] | None) -> bool:
    """Whether something newer was put for this letter's slot, or already stands there."""
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
    """Whether a letter that could not be sent has nothing to say any more."""
    if not letter.slot:
        return False
    return is_obsolete(connection, letter, slots.slot(connection, letter.address, letter.slot))


def sent(
    connection: Connection, delivered: Sequence[Delivered], *, now: datetime
) -> list[int | None]:
    """Settle letters that Webex took: remember where each stands and what the one before becomes.

    A former answer is deleted; a former reminder shrinks to one line. How many calls that makes of
    each; None for a letter whose lease was lost. Raises `OneByOne` if it was one of several, or if
    two of them stand in one slot.
    """
    if _settle(connection, delivered, now) < len(delivered):
        if len(delivered) > 1:
            raise OneByOne
        return [None]
    formers = _take_places(connection, delivered)
    followed = [_what_follows(each, formers.get(each.letter.id), now) for each in delivered]
    if any(followed):
        connection.execute(_INSERT, [row for rows in followed for row in rows])
    return [len(rows) for rows in followed]


def _settle(connection: Connection, delivered: Sequence[Delivered], now: datetime) -> int:
    """How many were settled: on PostgreSQL by one statement, since each is a journey."""
    given = [(letter.id, letter.lease, message_id) for letter, message_id, _ in delivered]
    if connection.dialect.name == "postgresql":
        rows, tokens, stand = map(list, zip(*given, strict=True))
        all_of_them = {"rows": rows, "tokens": tokens, "stand": stand, "at": now}
        return connection.execute(_SENT_TOGETHER, all_of_them).rowcount
    each = [
        {"row": row, "token": token, "stands": stands, "at": now} for row, token, stands in given
    ]
    return connection.execute(_SENT, each).rowcount


def _take_places(connection: Connection, delivered: Sequence[Delivered]) -> dict[int, Row[Any]]:
    """Let letters stand in their slots; what stood there, by the letter's number."""
    slotted = [each for each in delivered if each.letter.slot]
    places = [_place(each) for each in slotted]
    formers = slots.slots(connection, places)
    standing = [_standing(each, former) for each, former in zip(slotted, formers, strict=True)]
    slots.fill(connection, places, formers, standing)
    found = zip(slotted, formers, strict=True)
    return {each.letter.id: former for each, former in found if former}


def _place(delivered: Delivered) -> Place:
    letter, _, room_id = delivered
    to_trial = letter.address.startswith("trial:")
    return Place(f"room:{room_id}" if to_trial else letter.address, letter.slot, room_id)


def _standing(delivered: Delivered, former: Row[Any] | None) -> Standing:
    letter, message_id, _ = delivered
    edited = former is not None and former.message_id == message_id
    edits = former.edits + 1 if former and edited else int(letter.call == "put")
    return Standing(message_id, edits, letter.text.partition("\n")[0][:LINE], letter.id)


def _what_follows(delivered: Delivered, former: Row[Any] | None, now: datetime) -> Calls:
    letter, message_id, room_id = delivered
    fresh = _row_after(letter, room_id, now)
    rows = []
    if letter.call == "post" and letter.message_id:
        rows.append(deletion(fresh, letter.message_id))
    if former and former.message_id not in ("", message_id, letter.message_id):
        rows.append(_give_way(fresh, former))
    return rows


def _sent(row: Any, token: Any, stands: Any) -> Update:
    return (
        update(OUTBOX)
        .where(OUTBOX.c.id == row, OUTBOX.c.lease == token, OUTBOX.c.settled_at.is_(None))
        .values(
            settled_at=bindparam("at"),
            message_id=stands,
            outcome="sent",
            error="",
            lease=None,
            leased_until=None,
        )
    )


def _sent_together() -> Update:
    types = {"rows": BigInteger, "tokens": String, "stand": String}
    lists = [bindparam(name, type_=ARRAY[Any](of)) for name, of in types.items()]
    told = func.unnest(*lists).table_valued("letter", "token", "stands", name="told")
    return _sent(*told.render_derived().c)


_SENT = _sent(bindparam("row"), bindparam("token"), bindparam("stands"))
_SENT_TOGETHER = _sent_together()


def turn_into(connection: Connection, letter: Claimed, **other: str | None) -> bool:
    """Make another call of a letter that Webex didn't take as it was, due at once.

    An edit that becomes a post takes the place of its `message_id`, which is deleted afterwards.
    """
    held = (OUTBOX.c.id == letter.id) & (OUTBOX.c.lease == letter.lease)
    free = {"lease": None, "leased_until": None}
    changed = update(OUTBOX).where(held, OUTBOX.c.settled_at.is_(None)).values(other | free)
    return bool(connection.execute(changed).rowcount)


def has_another_copy(connection: Connection, letter: Claimed) -> bool:
    """Whether another letter of the same event and slot was sent, or still may be."""
    copies = select(OUTBOX.c.id).where(
        OUTBOX.c.event == letter.event,
        OUTBOX.c.slot == letter.slot,
        OUTBOX.c.id != letter.id,
        OUTBOX.c.settled_at.is_(None) | (OUTBOX.c.outcome == "sent"),
    )
    return connection.execute(copies.limit(1)).first() is not None


def readdress(connection: Connection, letter: Claimed, **to: str | None) -> None:
    """Give a letter another `address`, `lane` and `slot`."""
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == letter.id).values(to))


def thread_of(session: Session, message_id: str) -> str | None:
    """The root of the thread in which a message of ours stands, if it stands in one."""
    return session.connection().execute(_THREAD, {"message": message_id}).scalar()


_THREAD = select(OUTBOX.c.thread).where(
    OUTBOX.c.message_id == bindparam("message"), OUTBOX.c.thread.is_not(None)
)


def shrink(session: Session, address: str, name: str, *, now: datetime) -> None:
    """Let the reminder in a slot shrink to one line, because a newer message tells of it."""
    stands = slots.slot(session.connection(), address, name)
    if stands is None or not stands.message_id:
        return
    row = _row(_nothing(address), {"now": now, "bell": True, "event": ""})
    session.connection().execute(_INSERT, [_give_way(row, stands)])
    slots.empty(session.connection(), stands)


def _row_after(letter: Claimed, room_id: str, now: datetime) -> dict[str, Any]:
    say = _nothing(f"room:{room_id}" if room_id else letter.address)
    row = _row(say, {"now": now, "bell": letter.bell, "event": letter.event})
    return row | {"lane": letter.lane.partition("#")[0]}


def _nothing(address: str) -> Say:
    return Say(To(address), "")


def _give_way(row: dict[str, Any], former: Row[Any]) -> dict[str, Any]:
    if row["bell"] and former.line:
        return row | {"call": "put", "message_id": former.message_id, "text": former.line}
    return deletion(row, former.message_id)


# ------------------------------------------------------------------ afterwards


def withdraw_bells(session: Session, trial_id: int, *, now: datetime) -> int:
    """Take back a trial's reminders that weren't sent yet, since its dates have changed."""
    unsent = (
        update(OUTBOX)
        .where(
            OUTBOX.c.trial_id == trial_id,
            OUTBOX.c.bell.is_(True),
            OUTBOX.c.settled_at.is_(None),
            OUTBOX.c.lease.is_(None),
        )
        .values(settled_at=now, outcome="withdrawn")
    )
    return session.connection().execute(unsent).rowcount


def move_room(session: Session, old: str, new: str) -> None:
    """Follow a room whose id Webex changed: slots and letters that weren't sent yet."""
    was, now_at = f"room:{old}", f"room:{new}"
    run = session.connection().execute
    slots.move_room(session.connection(), old, new)
    unsent = update(OUTBOX).where(OUTBOX.c.settled_at.is_(None))
    run(unsent.where(OUTBOX.c.address == was).values(address=now_at))
    in_lanes = OUTBOX.c.lane.startswith(f"{was}/", autoescape=True)
    run(unsent.where(in_lanes).values(lane=func.replace(OUTBOX.c.lane, was, now_at)))


def try_again(session: Session) -> None:
    """Let what waits for a way to its partner look for one at once: there may be one now."""
    waiting = (OUTBOX.c.outcome == "waiting") & OUTBOX.c.settled_at.is_(None)
    session.connection().execute(update(OUTBOX).where(waiting).values(due=OUTBOX.c.created_at))


# ------------------------------------------------------------------ looking


def unsent(connection: Connection, *, limit: int) -> Sequence[Any]:
    """What waits to be sent, the oldest first: `id`, `address`, `text`."""
    letters = select(OUTBOX.c.id, OUTBOX.c.address, OUTBOX.c.text)
    waiting = letters.where(OUTBOX.c.settled_at.is_(None)).order_by(OUTBOX.c.id)
    return connection.execute(waiting.limit(limit)).all()


def waiting_addresses(connection: Connection) -> list[str]:
    """Addresses of letters that wait for a way to their partner."""
    waiting = select(OUTBOX.c.address).where(
        OUTBOX.c.settled_at.is_(None), OUTBOX.c.outcome == "waiting"
    )
    return sorted(connection.scalars(waiting.distinct().limit(20)))
