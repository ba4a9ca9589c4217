"""Deliver messages: each is one call to Webex, whose outcome is committed afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from bot.conversation import lost_space, unreachable
from bot.conversation.plainer import plainer
from bot.conversation.routes import is_wanted
from bot.engine.context import Context
from bot.engine.errands import AskAboutRoom, Send, SendMail
from bot.engine.messengers import Brought, Errand
from bot.engine.round import Round
from bot.engine.route import Route, is_rerouted, no_way, reroute, resolve
from bot.engine.work import Work
from bot.failures import BUG_TRIES, Again, LeaseLost, Undeliverable
from bot.observe import log
from cards.kit import kit
from cards.kit.words import Md, Words
from store.features import spaces
from store.features.spaces import Refusal
from store.queues import leases, outbox, sent
from store.queues.leases import ORPHANED, OUTBOX, WITHDRAWN, Claimed
from store.queues.sent import Delivered
from store.queues.slots import EDIT_LIMIT, slot

REFUSED_AFTER = (1.0, 5.0, 30.0)
"""Seconds between tries to write to a room that Webex shows; then the space counts as lost."""

ANSWERS_GIVEN_UP = timedelta(hours=6)
"""Answers of this age are given up; reminders never are."""

MAILS_GIVEN_UP = timedelta(days=5)
"""E-mails of this age are given up, as mail servers do (RFC 5321, 4.5.4.1)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says about a message before it is sent."""

    obsolete: bool
    message_id: str | None
    room_id: str
    editable: bool
    route: Route


class Delivering(Work):
    """Delivers claimed messages."""

    table = OUTBOX

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._mail_server = context.settings.mail_server

    def acts(self, brought: Brought) -> bool:
        """Whether this changes more than the queues: a failure may lose a space or tell people."""
        return brought.failure is not None or isinstance(brought.errand, AskAboutRoom)

    # -------------------------------------------------------------- from a claim to an errand

    def begin(self, round: Round, letter: Claimed) -> None:
        """Send a claimed message, or end it if it is obsolete."""
        if letter.outcome == WITHDRAWN:
            self._end(round, letter, WITHDRAWN)
            return
        if letter.call == "delete":
            round.errands.append(Send(letter, {}, letter.message_id))
            return
        if letter.call == outbox.MAIL:
            self._begin_mail(round, letter)
            return
        stands = _look(round, letter)
        edits = letter.call == "put" and stands.message_id
        if letter.outcome == ORPHANED and not edits:
            self._may_stand_twice(round, letter, "kill")
        if stands.obsolete:
            self._end(round, letter, "skipped")
        elif stands.route.nowhere:
            with round.session() as session:
                outcome = reroute(session, letter, now=round.now)
            self._say_so(round, letter, outcome)
        elif not edits:
            round.errands.append(Send(letter, stands.route.to, card=letter.card))
        elif stands.editable:
            card = letter.card or _plain_card(letter.text)
            round.errands.append(Send(letter, {}, stands.message_id, stands.room_id, card))
        else:
            self._turn_into(round, letter, "post", message_id=stands.message_id)

    def _begin_mail(self, round: Round, letter: Claimed) -> None:
        if outbox.is_obsolete(round.connection, letter, None) or not _is_wanted(round, letter):
            self._end(round, letter, "skipped")
        elif self._mail_server is not None:
            if letter.outcome == ORPHANED:
                self._may_stand_twice(round, letter, "kill")
            round.errands.append(SendMail(letter, self._mail_server))

    # -------------------------------------------------------------- results

    def take(self, round: Round, brought: Brought) -> None:
        """Settle a message: sent, sent another way, retried or buried. Raises unexpected errors."""
        letter, failure = brought.errand.row, brought.failure
        if isinstance(failure, Again | Undeliverable) and _is_withdrawn(round, letter):
            self._end(round, letter, WITHDRAWN)
        elif isinstance(failure, Again):
            if failure.ambiguous and _posts(brought.errand):
                self._may_stand_twice(round, letter, "lost-answer")
            self._again(round, letter, failure)
        elif isinstance(brought.errand, AskAboutRoom):
            self._judge(round, brought.errand, brought.result)
        elif isinstance(failure, Undeliverable) and letter.call == "delete":
            self._end(round, letter, "gone", str(failure))
        elif isinstance(failure, Undeliverable) and letter.call == outbox.MAIL:
            self._bury(round, letter, str(failure))
        elif isinstance(failure, Undeliverable):
            self._otherwise(round, letter, failure)
        elif failure:
            raise failure
        elif letter.call in ("delete", outbox.MAIL):
            self._end(round, letter, "sent")
        else:
            self._sent(round, letter, brought.result)

    def _sent(self, round: Round, letter: Claimed, made: dict[str, Any]) -> None:
        self._overtaking.succeeded()
        delivered = Delivered(letter, str(made["id"]), str(made["roomId"]))
        if sent.settle(round.connection, delivered, now=round.now):
            self._say_so(round, letter, "sent")
        else:
            self._may_stand_twice(round, letter, "lease")

    def _may_stand_twice(self, round: Round, letter: Claimed, cause: str) -> None:
        def count() -> None:
            self._context.metrics.repeats.labels(cause).inc()
            log.warning("may have been sent twice", id=letter.event, letter=letter.id, cause=cause)

        round.afterwards(count)

    # -------------------------------------------------------------- failures

    def _again(self, round: Round, letter: Claimed, again: Again) -> None:
        if _is_given_up(round, letter):
            self._bury(round, letter, again.why)
        else:
            self._later(round, letter, again, may_be_passed=letter.call != outbox.MAIL)

    def bug(self, round: Round, brought: Brought, error: Exception) -> None:
        """Handle a bug: retry a few times, then bury, since Webex may have accepted the message."""
        letter = brought.errand.row
        log.error(
            "unexpected error",
            id=letter.event,
            letter=letter.id,
            attempts=letter.attempts,
            exc_info=error,
        )
        if letter.attempts + 1 >= BUG_TRIES:
            self._bury(round, letter, f"{type(error).__name__} (letter {letter.id})")
        else:
            self._again(round, letter, Again(0, type(error).__name__))

    def _otherwise(self, round: Round, letter: Claimed, never: Undeliverable) -> None:
        """Try another way or form to deliver a message, else bury it with a reason."""
        with round.session() as session:
            plain = plainer(session, letter, never)
        if letter.call == "put":
            shrinks = letter.bell and not letter.slot  # an edit that shrinks an old reminder
            other = "delete" if shrinks else "post"
            self._turn_into(round, letter, other, message_id=letter.message_id)
        elif letter.thread:
            self._turn_into(round, letter, "post", message_id=letter.message_id, thread=None)
        elif plain is not None:
            self._turn_into(round, letter, "post", **plain)
        elif letter.address.startswith("trial:") and never.status in (403, 404):
            with round.session() as session:
                room_id = resolve(session, letter.address).room_id
            round.errands.append(AskAboutRoom(letter, room_id, never))
        elif is_rerouted(letter):
            with round.session() as session:
                outcome = no_way(session, letter, str(never), now=round.now)
            self._say_so(round, letter, outcome)
        else:
            self._bury(round, letter, str(never))

    def _turn_into(self, round: Round, letter: Claimed, call: str, **other: Any) -> None:
        """Send the message as another call, at once: one row stays one call."""
        if not outbox.turn_into(round.connection, letter, call=call, **other):
            raise LeaseLost
        round.afterwards(self._context.wake.ring)
        self._say_so(round, letter, f"turned-into-{call}")

    def _judge(self, round: Round, asked: AskAboutRoom, room: Mapping[str, Any] | None) -> None:
        """Try again in a room that Webex shows, a few times; else give its space up for now."""
        letter = asked.row
        if room and not _is_closed(room) and letter.attempts < len(REFUSED_AFTER):
            self._again(round, letter, Again(REFUSED_AFTER[letter.attempts], str(asked.refusal)))
            if not leases.is_alone(letter):
                leases.set_aside(round.connection, OUTBOX, letter)
            return
        with round.session() as session:
            refusal = Refusal(str(asked.refusal), round.calendar, room is not None)
            if space := spaces.lose(session, asked.room_id, refusal):
                lost_space.tell(session, space, refusal.why, now=round.now)
            leases.retry(session.connection(), OUTBOX, letter, at=round.now, counted=False)
        round.afterwards(self._context.wake.ring)
        self._say_so(round, letter, "space-lost")

    def _bury(self, round: Round, letter: Claimed, why: str) -> None:
        with round.session() as session:
            self._end(round, letter, "buried", why)
            times = {"calendar": round.calendar, "now": round.now}
            unreachable.tell(session, letter, why, links=self._context.links, **times)
        log.warning("gave up", letter=letter.id, id=letter.event, why=why)

    def _note(self, row: Claimed, outcome: str) -> None:
        self._context.metrics.deliveries.labels(row.call, outcome).inc()
        log.info("delivered", id=row.event, letter=row.id, call=row.call, outcome=outcome)


def _is_withdrawn(round: Round, letter: Claimed) -> bool:
    return letter.bell and outbox.is_withdrawn(round.connection, letter)


def _is_wanted(round: Round, letter: Claimed) -> bool:
    address = letter.address.partition(":")[2]
    with round.session() as session:
        return is_wanted(session, letter.slot or "", letter.trial_id, address)


def _posts(errand: Errand) -> bool:
    """Whether an errand that was done although no response came is seen twice."""
    return isinstance(errand, SendMail) or (isinstance(errand, Send) and bool(errand.to))


def _is_given_up(round: Round, letter: Claimed) -> bool:
    if letter.call == outbox.MAIL:
        return leases.is_stale(round.now, letter, MAILS_GIVEN_UP)
    return not letter.bell and leases.is_stale(round.now, letter, ANSWERS_GIVEN_UP)


def _look(round: Round, letter: Claimed) -> Standing:
    route = _route_of(round, letter.address)
    if not letter.slot:
        return Standing(False, letter.message_id, route.room_id, True, route)
    connection = round.connection
    stands = slot(connection, letter.address, letter.slot, route.room_id)
    obsolete = outbox.is_obsolete(connection, letter, stands)
    message_id = letter.message_id or (stands.message_id if stands else None)
    room_id = stands.room_id if stands and stands.room_id else route.room_id
    return Standing(obsolete, message_id, room_id, _is_editable(message_id, stands), route)


def _route_of(round: Round, address: str) -> Route:
    if not address.startswith("trial:"):
        return Route.direct(address)
    with round.session() as session:
        return resolve(session, address)


def _is_closed(room: Mapping[str, Any]) -> bool:
    """Whether members may not write in a room: it is archived, or for announcements only."""
    return bool(room.get("isReadOnly") or room.get("isAnnouncementOnly"))


def _is_editable(message_id: str | None, stands: Row[Any] | None) -> bool:
    """Whether a message is still the one in its slot, and was edited fewer than ten times.

    The slot may have got another message since a button on this one was pressed: then this one is
    replaced.
    """
    if stands is None or not stands.message_id:
        return True
    return bool(stands.message_id == message_id and stands.edits < EDIT_LIMIT)


def _plain_card(text: str) -> dict[str, Any] | None:
    """A card with only text: an edit can't remove a card, only replace it."""
    return kit.card(Words(), text, [kit.text(Md(text))]).content
