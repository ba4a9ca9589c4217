"""Deliver: one letter is one call to Webex; what came of it is committed afterwards."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError

from bot import unreachable
from bot.clock import queue_now, ticks
from bot.context import Context
from bot.failures import Again, LeaseLost, Undeliverable, backoff
from bot.observe import log
from bot.pauses import ANSWERS_FIRST
from bot.route import Route, is_rerouted, no_way, reroute, resolve
from bot.webex.gateway import Gateways, Post
from cards import kit
from cards.words import Md, Words
from store import spaces
from store.database.trouble import is_trouble
from store.queues import leases, outbox
from store.queues.leases import ORPHANED, OUTBOX, Claimed
from store.queues.outbox import Delivered
from store.queues.slots import EDIT_LIMIT, slot

CALLS = {"post": "POST /messages", "put": "PUT /messages", "delete": "DELETE /messages"}
GIVEN_UP = {False: timedelta(hours=6), True: timedelta(days=3)}
SET_ASIDE_AFTER = 3
LATELY = 60.0
BUG_TRIES = 4
FRESH = timedelta(seconds=2)
DATABASE_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Standing:
    """What a look into the database says before a letter is sent."""

    obsolete: bool
    message_id: str | None
    room_id: str
    editable: bool
    route: Route


class Deliverer:
    """Works on claimed letters; one for all hands."""

    def __init__(self, context: Context, gateways: Gateways) -> None:
        self._context = context
        self._gateways = gateways
        self._last_success = -LATELY
        self._patience = threading.Event()
        self._write_down = context.database.sharing(_write_down)

    def deliver(self, letter: Claimed) -> None:
        """End a letter: sent, skipped, sent otherwise, given back, or buried."""
        try:
            outcome = self._deliver(letter)
        except Again as again:
            outcome = self._later(letter, again)
        except Undeliverable as never:
            outcome = self._otherwise(letter, never)
        except LeaseLost:
            self._may_stand_twice(letter, "lease")
            outcome = "lease-lost"
        except SQLAlchemyError as error:
            if is_trouble(error):
                raise
            outcome = self._bug(letter, error)
        except Exception as error:
            outcome = self._bug(letter, error)
        self._context.metrics.deliveries.labels(letter.call, outcome).inc()
        log.info("delivered", id=letter.event, letter=letter.id, call=letter.call, outcome=outcome)

    def _deliver(self, letter: Claimed) -> str:
        if letter.call == "delete":
            return self._delete(letter)
        stands = self._look(letter)
        edits = letter.call == "put" and stands.message_id
        if letter.outcome == ORPHANED and not edits:
            self._may_stand_twice(letter, "kill")
        if stands.obsolete:
            return self._end(letter, "skipped")
        if stands.route.nowhere:
            return self._reroute(letter)
        if not edits:
            return self._post(letter, stands.route)
        if stands.editable:
            return self._put(letter, stands)
        return self._turn_into(letter, "post", message_id=stands.message_id)

    def _look(self, letter: Claimed) -> Standing:
        if _goes_straight(letter):
            route = Route.direct(letter.address)
            return Standing(False, letter.message_id, route.room_id, True, route)
        with self._context.database.reading() as session:
            route = resolve(session, letter.address)
            if not letter.slot:
                return Standing(False, letter.message_id, route.room_id, True, route)
            stands = slot(session.connection(), letter.address, letter.slot, route.room_id)
            obsolete = outbox.is_obsolete(session.connection(), letter, stands)
        message_id = letter.message_id or (stands.message_id if stands else None)
        room_id = stands.room_id if stands and stands.room_id else route.room_id
        return Standing(obsolete, message_id, room_id, _is_editable(message_id, stands), route)

    # -------------------------------------------------------------- the calls

    def _post(self, letter: Claimed, route: Route) -> str:
        file = (letter.file_name, letter.file, letter.file_type) if letter.file_name else None
        post = Post(route.to, letter.text, letter.card, letter.thread, file)
        try:
            made = self._gateways.mine().post(post)
        except Again as again:
            if again.ambiguous:
                self._may_stand_twice(letter, "lost-answer")
            raise
        return self._sent(letter, made, ticks())

    def _put(self, letter: Claimed, stands: Standing) -> str:
        message_id, text = str(stands.message_id), letter.text
        card = letter.card or _plain_card(text)
        made = self._gateways.mine().put(message_id, stands.room_id, text, card)
        return self._sent(letter, made, ticks())

    def _delete(self, letter: Claimed) -> str:
        try:
            self._gateways.mine().delete(letter.message_id)
        except Undeliverable as never:
            return self._end(letter, "gone", str(never))
        return self._end(letter, "sent")

    def _sent(self, letter: Claimed, made: dict[str, Any], at: float) -> str:
        self._last_success = at
        more = self._remember(letter, str(made["id"]), str(made["roomId"]))
        if more:
            self._context.wake.ring(OUTBOX.name)
        return "sent"

    def _remember(self, letter: Claimed, message_id: str, room_id: str) -> int:
        """Write down what Webex took; forgetting it would send it twice, so that isn't given up."""
        until = ticks() + self._context.settings.lease
        while True:
            try:
                return self._remember_once(letter, message_id, room_id)
            except SQLAlchemyError:
                if ticks() > until:
                    self._may_stand_twice(letter, "database")
                    raise
                self._patience.wait(DATABASE_PAUSE)

    def _remember_once(self, letter: Claimed, message_id: str, room_id: str) -> int:
        more = self._write_down(Delivered(letter, message_id, room_id))
        if more is None:
            raise LeaseLost
        return more

    def _may_stand_twice(self, letter: Claimed, cause: str) -> None:
        self._context.metrics.repeats.labels(cause).inc()
        log.warning("may stand twice", id=letter.event, letter=letter.id, cause=cause)

    # -------------------------------------------------------------- when it can't be done so

    def _later(self, letter: Claimed, again: Again) -> str:
        now = queue_now()
        if leases.stale(now, letter, GIVEN_UP[letter.bell]):
            return self._bury(letter, again.why)
        wait = max(again.after, backoff(letter.attempts) if again.counted else 0.0)
        at = now + timedelta(seconds=wait)
        if letter.bell:
            self._context.wake.look_at(OUTBOX.name, at)  # if an answer waits, it goes first
            at += timedelta(seconds=ANSWERS_FIRST)
        with self._context.database.statements() as connection:
            leases.again(connection, OUTBOX, letter, at=at, counted=again.counted, why=again.why)
            if again.counted and self._others_succeed(letter):
                leases.set_aside(connection, OUTBOX, letter)
        self._context.wake.look_at(OUTBOX.name, at)
        return "later"

    def _bug(self, letter: Claimed, error: Exception) -> str:
        """Something of ours failed, perhaps after Webex took it: it isn't sent again for ever."""
        log.error(
            "bug", id=letter.event, letter=letter.id, attempts=letter.attempts, exc_info=error
        )
        if letter.attempts + 1 >= BUG_TRIES:
            return self._bury(letter, f"{type(error).__name__} (letter {letter.id})")
        return self._later(letter, Again(0, type(error).__name__))

    def _others_succeed(self, letter: Claimed) -> bool:
        alone = "#" in letter.lane
        tried = letter.attempts + 1 >= SET_ASIDE_AFTER
        return tried and not alone and ticks() - self._last_success < LATELY

    def _otherwise(self, letter: Claimed, never: Undeliverable) -> str:
        """Another way to say it, else an end with a reason."""
        if letter.call == "put":
            if letter.bell and not letter.slot:  # a former reminder that should have shrunk
                return self._turn_into(letter, "delete", message_id=letter.message_id)
            return self._turn_into(letter, "post", message_id=letter.message_id)
        if letter.thread:
            return self._turn_into(letter, "post", message_id=letter.message_id, thread=None)
        if letter.address.startswith("trial:") and never.status in (403, 404):
            return self._lose_space(letter)
        if is_rerouted(letter):
            return self._no_way(letter, str(never))
        return self._bury(letter, str(never))

    def _turn_into(self, letter: Claimed, call: str, **other: str | None) -> str:
        """The same letter as another call, at once: one row stays one call."""

        def turn_into(connection: Connection) -> bool:
            return outbox.turn_into(connection, letter, call=call, **other)

        if not self._context.database.statement(turn_into):
            raise LeaseLost
        self._context.wake.ring(OUTBOX.name)
        return f"turned-into-{call}"

    def _lose_space(self, letter: Claimed) -> str:
        with self._context.database.transaction() as session:
            route = resolve(session, letter.address)
            spaces.lose(session, route.room_id)
            leases.again(session.connection(), OUTBOX, letter, at=queue_now(), counted=False)
        self._context.wake.ring(OUTBOX.name)
        return "space-lost"

    def _reroute(self, letter: Claimed) -> str:
        with self._context.database.transaction() as session:
            outcome = reroute(session, letter, now=queue_now())
        self._context.wake.ring(OUTBOX.name)
        return outcome

    def _no_way(self, letter: Claimed, why: str) -> str:
        with self._context.database.transaction() as session:
            return no_way(session, letter, why, now=queue_now())

    def _bury(self, letter: Claimed, why: str) -> str:
        with self._context.database.transaction() as session:
            now = queue_now()
            if not leases.bury(session.connection(), OUTBOX, letter, now=now, why=why):
                raise LeaseLost
            said = unreachable.tell(
                session, letter, why, calendar=self._context.calendar.now(), now=now
            )
        if said:
            self._context.wake.ring(OUTBOX.name)
        log.warning("buried", letter=letter.id, id=letter.event, why=why)
        return "buried"

    def _end(self, letter: Claimed, outcome: str, why: str = "") -> str:
        end = partial(leases.settle, table=OUTBOX, row=letter, now=queue_now())
        if not self._context.database.statement(partial(end, outcome=outcome, why=why)):
            raise LeaseLost
        return outcome


def _write_down(connection: Connection, delivered: Sequence[Delivered]) -> Sequence[int | None]:
    more = outbox.sent(connection, delivered, now=queue_now())
    if any(more):
        leases.wake(connection, OUTBOX)
    return more


def _goes_straight(letter: Claimed) -> bool:
    """Whether the database has nothing to add: a plain letter, or a post that was put just now."""
    if letter.address.startswith("trial:"):
        return False
    fresh = letter.call == "post" and queue_now() - letter.created_at < FRESH
    return not letter.slot or fresh


def _is_editable(message_id: str | None, stands: Row[Any] | None) -> bool:
    """Whether a message is still its slot's, and was edited less than ten times.

    Since a button of it was pressed, the slot may have got another one: then this one goes.
    """
    if stands is None or not stands.message_id:
        return True
    return bool(stands.message_id == message_id and stands.edits < EDIT_LIMIT)


def _plain_card(text: str) -> dict[str, Any]:
    """An edit can't take a card away, only put another in its place."""
    return kit.card(Words(), text, [kit.text(Md(text))]).content
