"""What must hold after a run, and what the run cost."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session, col, func, select

from store.queues.leases import INBOX, OUTBOX
from store.tables import History, Reminder
from tests.soak import state
from tests.soak.run import Played

Rows = Sequence[Row[Any]]

TAKEN = {"done", "refused", "invalid"}
SPOKEN = {"sent", "skipped", "gone", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures of a run, and everything that was wrong."""

    events: int
    reminders: int
    kills: int
    lost: int
    duplicates: int
    in_flight: int
    claimed: int
    seconds: float
    wrong: list[str]


def judge(run: Played, calm: state.State) -> Verdict:
    """Compare the final state and the messages with what was expected."""
    with run.database.reading() as session:
        events = session.exec(select(*INBOX.c).order_by(INBOX.c.id)).all()
        letters = session.exec(select(*OUTBOX.c).order_by(OUTBOX.c.id)).all()
        rang = session.exec(select(func.count()).where(Reminder.outcome == "rang")).one()
        wrong = [
            *_unanswered(run, events, letters),
            *_not_once(run, session, events),
            *_unsent(run, letters),
            *_out_of_order(run, events, letters),
            *state.differences(state.state_of(run.database), calm),
        ]
    duplicates = _duplicates(run, letters)
    in_flight = sum(line.get("cause") == "kill" for line in _lines(run))
    if len(duplicates) > in_flight:
        wrong.append(f"{len(duplicates)} duplicates, but {in_flight} sends were in flight at kills")
    wrong += _unheard_of(run, letters, duplicates)
    return Verdict(
        events=len({e.object_id for e in events} & run.said.keys()),
        reminders=rang,
        kills=len(run.deaths),
        lost=run.lost,
        duplicates=len(duplicates),
        in_flight=in_flight,
        claimed=sum(death.claimed for death in run.deaths),
        seconds=run.seconds,
        wrong=wrong,
    )


def _unanswered(run: Played, events: Rows, letters: Rows) -> Iterator[str]:
    """Every event answered with 200 was handled to its end, and was replied to."""
    ours = {event.object_id: event for event in events if event.object_id in run.said}
    answered = {each["dataId"] for each in run.town.webex.hooks.log if each["status"] == 200}
    for object_id in answered & run.said.keys() - ours.keys():
        yield f"{run.said[object_id]} was answered 200 and forgotten"
    said = {letter.event for letter in letters}
    for event in ours.values():
        if event.settled_at is None or event.outcome not in TAKEN:
            yield f"event {event.id} ended as {event.outcome!r}: {event.error}"
        elif f"e{event.id}" not in said:
            yield f"nothing was said about event {event.id}"


def _not_once(run: Played, session: Session, events: Rows) -> Iterator[str]:
    """What leaves a mark in a history leaves it once."""
    marks = Counter(session.exec(select(History.note).where(col(History.note) != "")))
    for event in events:
        step = run.said.get(event.object_id)
        if step and step.act.endswith("note") and marks[step.mark] != 1:
            yield f"{step} took effect {marks[step.mark]} times"


def _unsent(run: Played, letters: Rows) -> Iterator[str]:
    there = {sent.id: sent.text for sent in run.town.sent}
    for letter in letters:
        if letter.settled_at is None or letter.outcome not in SPOKEN:
            yield f"letter {letter.id} ended as {letter.outcome!r}: {letter.error}"
        elif letter.outcome == "sent" and letter.message_id not in there:
            yield f"letter {letter.id} is settled, but Webex never got it"


def _out_of_order(run: Played, events: Rows, letters: Rows) -> Iterator[str]:
    """Each person gets replies in the order of their events, and each room its reminders in order.

    What two people say at the same time has no order, so neither have the replies.
    """
    asked = {f"e{event.id}": event for event in events}
    answered: dict[str, list[int]] = defaultdict(list)
    sent: dict[tuple[str, str], list[int]] = defaultdict(list)
    places = _places(run)
    for letter in (letter for letter in reversed(letters) if letter.call != "delete"):
        event = asked.get(letter.event)
        if event:
            answered[event.lane].append(event.id)
        taken = places[letter.call, letter.message_id, letter.text]
        if letter.outcome == "sent" and taken:
            sent[letter.lane, event.lane if event else ""].append(taken.pop())
    for lane, numbers in [*answered.items(), *sent.items()]:
        wrong = [(one, next_) for next_, one in pairwise(numbers) if next_ < one]
        if wrong:
            yield f"lane {lane} is out of order: {wrong}"


def _places(run: Played) -> dict[tuple[str, str, str], list[int]]:
    """When Webex took each message and each edit of it; the last place is the last message row's.

    Edits count apart from posts: of a message sent twice, the first card may have been pressed.
    Each text counts apart: an answer and a reminder may edit the same message in either order.
    """
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, call in enumerate(run.town.calls):
        places[call].append(place)
    return places


# ------------------------------------------------------------------ repeats


def _duplicates(run: Played, letters: Rows) -> list[int]:
    """The places of posts that no message row records, because the sender was killed."""
    remembered = {letter.message_id for letter in letters if letter.call != "delete"}
    return [n for n, sent in enumerate(run.town.sent) if sent.id not in remembered]


def _unheard_of(run: Played, letters: Rows, duplicates: list[int]) -> Iterator[str]:
    """Each duplicate has the text of a message row: it was sent again, or had become obsolete."""
    texts = {letter.text for letter in letters}
    for place in duplicates:
        sent = run.town.sent[place]
        if sent.text not in texts:
            yield f"nobody knows of the message {sent.text[:80]!r}"


def _lines(run: Played) -> Iterator[dict[str, object]]:
    for process in run.processes:
        yield from process.log()
