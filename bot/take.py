"""Take: an event is fetched, handled and answered in one transaction, exactly once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from bot.acquaint import Acquaintances, home_of
from bot.clock import queue_now
from bot.context import Context
from bot.deliver import CALLS
from bot.failures import Again, LeaseLost, Undeliverable, backoff, collided, is_trouble
from bot.feeder import AndThen, Feeder
from bot.fetch import Told, fetch
from bot.identity import Identity
from bot.observe import log
from bot.routes import Press, presses, reasons
from bot.turn import Turn
from bot.webex import Gateways
from cards import forms
from cards.forms import Invalid, form_of
from cards.refusals import refusal
from cards.words import Words
from store import outbox, people, queue, spaces
from store.outbox import Pressed
from store.queue import INBOX, OUTBOX, Claimed
from store.refusals import Refused
from store.say import Say

GONE_AFTER = (0.5, 2.0, 8.0, 30.0, 75.0)
GIVEN_UP = timedelta(hours=6)
BUG_TRIES = 4
COLLISIONS = 5
POST = CALLS["post"]

Respond = Callable[[Turn], Sequence[Say]]
Act = Callable[[Session], Sequence[Say]]


class Done(NamedTuple):
    """What became of an event, and the answer that its hand sends as soon as it has let go."""

    outcome: str
    answer: Claimed | None = None


class Taker:
    """Works on claimed events; one for all hands. `answers`: the feeder of what they say."""

    def __init__(
        self,
        context: Context,
        gateways: Gateways,
        known: Acquaintances,
        me: Identity,
        answers: Feeder,
    ) -> None:
        self._context = context
        self._gateways = gateways
        self._known = known
        self._me = me
        self._answers = answers

    def take(self, row: Claimed) -> AndThen | None:
        """End an event: answered, refused, given back, or buried; then the hand sends its answer.

        Nobody is woken for that: to wake another thread costs more than to say a word oneself.
        """
        done = self._take(row)
        self._context.metrics.turns.labels(row.resource, done.outcome).inc()
        log.info("taken", id=f"e{row.id}", resource=row.resource, outcome=done.outcome)
        return partial(self._answers.work_on, done.answer) if done.answer else None

    def _take(self, row: Claimed) -> Done:
        told: Told | None = None
        try:
            if self._is_stale(row):
                return self._end(row, "stale")
            told = fetch(row, self._gateways.mine(), self._known, self._me)
            return self._answer(row, told) if told else self._end(row, "ignored")
        except Again as again:
            return self._later(row, again)
        except Undeliverable as never:
            return self._gone(row, never)
        except LeaseLost:
            return Done("lease-lost")
        except SQLAlchemyError as error:
            if is_trouble(error) or not told:
                raise
            return self._bug(row, told, error)
        except Exception as error:
            return self._bug(row, told, error)

    # -------------------------------------------------------------- one transaction

    def _answer(self, row: Claimed, told: Told) -> Done:
        try:
            return self._act(row, told)
        except Refused as no:
            self._context.metrics.refusals.labels(no.reason.value).inc()
            return self._commit(row, told, partial(_refuse, no), "refused")

    def _act(self, row: Claimed, told: Told) -> Done:
        try:
            if self._context.database.has_one_writer and _only_asks(told):
                return self._answer_question(row, told)
            return self._commit(row, told, partial(_handle, told), "done")
        except Invalid as wrong:
            return self._commit(row, told, partial(_ask_again, wrong, told), "invalid")

    def _answer_question(self, row: Claimed, told: Told) -> Done:
        """What only asks is answered before the transaction that ends it begins."""
        with self._context.database.in_line():
            with self._context.database.reading() as session:
                turn = self._turn(session, row, told)
                says = _handle(told, turn)

            def end(session: Session) -> Sequence[Say]:
                _find_again(session, turn)
                return says

            return self._conclude(row, told, end, "done", durable=False)

    def _commit(
        self, row: Claimed, told: Told, respond: Respond, outcome: str, why: str = ""
    ) -> Done:
        def act(session: Session) -> Sequence[Say]:
            turn = self._turn(session, row, told)
            _find_again(session, turn)
            return respond(turn)

        return self._conclude(row, told, act, outcome, why)

    def _conclude(
        self, row: Claimed, told: Told, act: Act, outcome: str, why: str = "", durable: bool = True
    ) -> Done:
        for collisions_left in reversed(range(COLLISIONS)):
            try:
                return Done(outcome, self._conclude_once(row, told, act, outcome, why, durable))
            except DBAPIError as error:
                if not collisions_left or not collided(error):
                    raise
        raise AssertionError("the last collision is raised")

    def _conclude_once(
        self, row: Claimed, told: Told, act: Act, outcome: str, why: str, durable: bool
    ) -> Claimed | None:
        now = queue_now()
        pressed = Pressed(told.room_id, told.message_id) if told.inputs is not None else None
        lease = self._answers.lease(POST)
        with self._context.database.transaction(durable=durable) as session:
            connection = session.connection()
            if not queue.settle(connection, INBOX, row, now=now, outcome=outcome, why=why):
                raise LeaseLost
            said = outbox.put(
                session, act(session), now=now, pressed=pressed, event=f"e{row.id}", lease=lease
            )
        if said.waiting:
            self._context.wake.ring(OUTBOX.name)
        return said.mine

    def _turn(self, session: Session, row: Claimed, told: Told) -> Turn:
        return _turn(session, row.received_at, told, self._context.settings.operators)

    # -------------------------------------------------------------- what can go wrong

    def _later(self, row: Claimed, again: Again) -> Done:
        now = queue_now()
        if queue.stale(now, row, GIVEN_UP):
            return self._end(row, "buried", again.why)
        wait = max(again.after, backoff(row.attempts) if again.counted else 0.0)
        return self._give_back(row, wait, again.why, counted=again.counted)

    def _gone(self, row: Claimed, never: Undeliverable) -> Done:
        """Webhooks can be faster than Webex's own reading; after two minutes it isn't there."""
        if row.attempts >= len(GONE_AFTER):
            return self._end(row, "gone", str(never))
        return self._give_back(row, GONE_AFTER[row.attempts], str(never))

    def _bug(self, row: Claimed, told: Told | None, error: Exception) -> Done:
        code = f"e{row.id}"
        log.error("bug", id=code, attempts=row.attempts, exc_info=error)
        why = f"{type(error).__name__} ({code})"
        if row.attempts + 1 < BUG_TRIES:
            return self._give_back(row, backoff(row.attempts), why)
        if told is None or told.happened:
            return self._end(row, "buried", why)
        try:
            return self._commit(row, told, partial(_apologise, code), "buried", why)
        except LeaseLost:
            return Done("lease-lost")

    def _end(self, row: Claimed, outcome: str, why: str = "") -> Done:
        with self._context.database.statements() as connection:
            held = queue.settle(connection, INBOX, row, now=queue_now(), outcome=outcome, why=why)
        return Done(outcome if held else "lease-lost")

    def _give_back(self, row: Claimed, wait: float, why: str, *, counted: bool = True) -> Done:
        at = queue_now() + timedelta(seconds=wait)
        with self._context.database.statements() as connection:
            queue.again(connection, INBOX, row, at=at, counted=counted, why=why)
        self._context.wake.look_at(INBOX.name, at)
        return Done("later")

    def _is_stale(self, row: Claimed) -> bool:
        try:
            created = datetime.fromisoformat(str(row.data.get("created", "")))
        except ValueError:
            return False
        age = timedelta(days=self._context.settings.prune_days)
        return created.tzinfo is not None and row.received_at - created > age


def _turn(session: Session, now: datetime, told: Told, operators: tuple[str, ...]) -> Turn:
    person = people.known(session, told.person_id) if told.person_id else None
    space = None if told.direct else spaces.space_of(session, told.room_id)
    home = space or (home_of(session, person) if person else None)
    own = person.language if person else ""
    shared = home.language if home else ""
    language = (own or shared) if told.direct else (shared or own)
    pressed = told.message_id if told.inputs is not None else None
    return Turn(
        session,
        person,
        told.room_id,
        told.direct,
        space,
        now,
        now.astimezone(ZoneInfo(home.time_zone if home else "UTC")).date(),
        Words(language),
        rest=told.heard.rest if told.heard else "",
        thread=_thread(session, told),
        pressed=pressed,
        fetched=told.fetched,
        operators=operators,
    )


def _find_again(session: Session, turn: Turn) -> None:
    """Somebody speaks to us in a space that was gone: it is back."""
    if turn.space and turn.space.state == "gone" and turn.person:
        spaces.find_again(session, turn.room_id)


def _thread(session: Session, told: Told) -> str | None:
    """The root to answer under: in a space always, one to one only where there is a thread."""
    if told.inputs is not None:
        root = outbox.thread_of(session, told.message_id)
        return root or (None if told.direct else told.message_id)
    return told.parent_id or (None if told.direct else told.message_id or None)


def _only_asks(told: Told) -> bool:
    return bool(told.heard and (told.heard.command is None or told.heard.command.asks))


def _handle(told: Told, turn: Turn) -> Sequence[Say]:
    if told.happened:
        return [say for when in told.happened for say in when.handler(turn, told.data)]
    if turn.person is None:
        return []
    if told.inputs is not None:
        return _press(turn, told.inputs)
    if told.heard and told.heard.command:
        return told.heard.command.handler(turn)
    return [_suggest(turn, told)]


def _press(turn: Turn, inputs: Mapping[str, Any]) -> Sequence[Say]:
    form = form_of(inputs)
    route = presses.get(form.key) if form else None
    if form is None or route is None:
        return [turn.answer(turn.words("I don't know this button any more."), replace=False)]
    return route.handler(turn, form.parse(inputs, _choices(route, turn, inputs)))


def _choices(route: Press, turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return route.choices(turn, inputs) if route.choices else {}


def _suggest(turn: Turn, told: Told) -> Say:
    typed = (told.heard.typed if told.heard else "")[:40]
    if told.heard and told.heard.nearest:
        nearest = told.heard.nearest
        sentence = "I don't know “{typed}”. Did you mean *{nearest}*?"
        return turn.answer(turn.words(sentence, typed=typed, nearest=nearest))
    return turn.answer(
        turn.words("I don't know “{typed}”. Type *help* to see what I understand.", typed=typed)
    )


def _refuse(no: Refused, turn: Turn) -> Sequence[Say]:
    more = reasons.get(no.reason)
    if more is not None:
        return more(turn, no)
    zone = turn.space.time_zone if turn.space else "UTC"
    return [turn.answer(refusal(turn.words, no, zone), replace=False)]


def _ask_again(wrong: Invalid, told: Told, turn: Turn) -> Sequence[Say]:
    """The same card, filled in, with the reasons; to who made a press up, one sentence."""
    if wrong.broken:
        return [turn.answer(turn.words("I couldn't read this press."), replace=False)]
    route = presses[wrong.form.key]
    if route.again is not None:
        return route.again(turn, wrong)
    choices = _choices(route, turn, told.inputs or {})
    text, card = forms.again(turn.words, wrong, choices)
    return [turn.answer(text, card)]


def _apologise(code: str, turn: Turn) -> Sequence[Say]:
    sentence = (
        "Something went wrong on my side. I wrote it down as {code}: please tell my operator."
    )
    return [turn.answer(turn.words(sentence, code=code), replace=False)]
