"""Redraw earlier morning cards without the reminders that newer ones replace."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.conversation.routes import Due, say_what_is_left
from bot.conversation.turn import Turn
from store.features.shared import trials
from store.queues import reminders, sent, slots
from store.queues.reminders import Rung
from store.queues.slots import EDIT_LIMIT
from store.rules.lateness import heard
from store.rules.plan import slot_of, slot_of_morning
from store.rules.reminder_kinds import ReminderKind
from store.say import Say
from store.tables import Reminder, Trial

_DAY = re.compile(r"/(\d{4}-\d\d-\d\d)$")
WEEKS = 4
"""How many weeks back an earlier weekly reminder of a space is looked for."""


def lessen(turn: Turn, new: Sequence[Due], lane: str, *, now: datetime) -> Iterator[Say]:
    """Yield an edit of each earlier morning card that has a reminder replaced by a new one.

    A card with nothing left shrinks to a line. One that can't be edited any more stays as it is.
    `now`: queue time.
    """
    slots_now = {slot for trial, reminder in new if (slot := place(trial, reminder))}
    rung = _newest(turn, new, lane, before=now)
    for name, rang in _editable(turn, {at for slot, at in rung.items() if slot in slots_now}):
        yield from _without(turn, lane, name, rang, now)


def place(trial: Trial | None, reminder: Reminder | Rung) -> str:
    """Name the place of a reminder's topic in its space; "" if none can replace another there."""
    if trial is not None:
        return slot_of(trial.id or 0, ReminderKind.of(reminder.kind), reminder.key)
    return _DAY.sub("", reminder.key) if _DAY.search(reminder.key) else ""


def _newest(
    turn: Turn, concerned: Sequence[Due], lane: str, *, before: datetime | None = None
) -> dict[str, datetime]:
    """When the newest reminder of each topic of these trials rang, `before` a time."""
    found = {trial.id or 0: trial for trial, _ in concerned if trial}
    keys = {key for trial, reminder in concerned if not trial for key in _weeks(reminder)}
    newest: dict[str, datetime] = {}
    for reminder in reminders.rung(turn.session, lane, found.keys(), keys):
        slot, at = place(found.get(reminder.trial_id or 0), reminder), reminder.settled_at
        if before is None or at < before:
            newest[slot] = max(newest.get(slot, at), at)
    return newest


def _weeks(reminder: Reminder) -> Iterator[str]:
    """Yield the keys of a weekly reminder of a space in the weeks around it."""
    if day := _DAY.search(reminder.key):
        for n in range(-WEEKS, WEEKS + 1):
            yield _DAY.sub(f"/{date.fromisoformat(day[1]) + timedelta(weeks=n)}", reminder.key)


def _editable(turn: Turn, times: Collection[datetime]) -> Iterator[tuple[str, datetime]]:
    """Yield the slot of each morning card of these times that can still be edited, oldest first."""
    space_id = turn.space.id or 0 if turn.space else 0
    names = {slot_of_morning(space_id, rang): rang for rang in sorted(times)}
    stand = slots.slots(turn.session.connection(), turn.here.address, names) if names else {}
    for name, rang in names.items():
        card = stand.get(name)
        if card is not None and card.message_id and card.edits < EDIT_LIMIT:
            yield name, rang


def _without(turn: Turn, lane: str, name: str, rang: datetime, now: datetime) -> Iterator[Say]:
    """Redraw the morning card of an earlier time, in its slot."""
    card = _card(turn, lane, rang)
    newest = _newest(turn, card, lane)
    left = [each for each in card if newest.get(place(*each), rang) <= rang]
    say = say_what_is_left(turn, left, card[0][1].rang_at or turn.now) if left else None
    if say is not None:
        yield replace(say, slot=name, replace=True)
    else:
        sent.shrink(turn.session, turn.here.address, [name], now=now)


def _card(turn: Turn, lane: str, rang: datetime) -> list[Due]:
    """Read the reminders that were said on a morning card."""
    together = reminders.rung_with(turn.session, lane, rang)
    about = {row.trial_id for row in together if row.trial_id is not None}
    found = {trial.id: trial for trial in trials.read(turn.session, about)}
    said = heard(together, together[0].rang_at or rang) if together else []
    pairs = [(found.get(row.trial_id) if row.trial_id else None, row) for row in said]
    return [
        (trial, row)
        for trial, row in pairs
        if not ReminderKind.of(row.kind).to_customer and (trial or row.trial_id is None)
    ]
