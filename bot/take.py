"""Take: an event is fetched, handled and answered in one transaction, exactly once."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

from bot.acquaint import Acquaintances
from bot.clock import queue_now
from bot.conclude import Act, Done, conclude
from bot.context import Context
from bot.deliver import CALLS
from bot.failures import Again, LeaseLost, Undeliverable, backoff
from bot.feeder import AndThen, Feeder
from bot.fetch import Told, fetch
from bot.identity import Identity
from bot.observe import log
from bot.questions import Questions
from bot.respond import choices_of, find_again, handle, only_asks, pressed_in, turn_of
from bot.routes import presses, reasons
from bot.turn import Turn
from bot.webex.gateway import Gateways
from cards import forms
from cards.forms import Invalid
from cards.refusals import refusal
from store.database.trouble import collided, is_trouble
from store.queues import leases
from store.queues.leases import INBOX, OUTBOX, Claimed
from store.queues.outbox import Pressed
from store.refusals import Refused
from store.say import Say

GONE_AFTER = (0.5, 2.0, 8.0, 30.0, 75.0)
GIVEN_UP = timedelta(hours=6)
BUG_TRIES = 4
COLLISIONS = 5

Respond = Callable[[Turn], Sequence[Say]]


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
        self._questions = Questions(context, answers)

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
            if only_asks(told):
                return _unless_they_collide(partial(self._questions.end, row, told))
            return self._commit(row, told, partial(handle, told), "done")
        except Invalid as wrong:
            return self._commit(row, told, partial(_ask_again, wrong, told), "invalid")

    def _commit(
        self, row: Claimed, told: Told, respond: Respond, outcome: str, why: str = ""
    ) -> Done:
        def act(session: Session) -> Sequence[Say]:
            turn = turn_of(session, row.received_at, told, self._context.settings.operators)
            find_again(session, turn)
            return respond(turn)

        pressed = pressed_in(told)
        return _unless_they_collide(partial(self._commit_once, row, act, outcome, why, pressed))

    def _commit_once(
        self, row: Claimed, act: Act, outcome: str, why: str, pressed: Pressed | None
    ) -> Done:
        lease = self._answers.lease(CALLS["post"])
        with self._context.database.transaction() as session:
            said = conclude(
                session, row, act, lease=lease, outcome=outcome, why=why, pressed=pressed
            )
        if said.waiting:
            self._context.wake.ring(OUTBOX.name)
        return Done(outcome, said.mine)

    # -------------------------------------------------------------- what can go wrong

    def _later(self, row: Claimed, again: Again) -> Done:
        now = queue_now()
        if leases.stale(now, row, GIVEN_UP):
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
        end = partial(leases.settle, table=INBOX, row=row, now=queue_now())
        held = self._context.database.statement(partial(end, outcome=outcome, why=why))
        return Done(outcome if held else "lease-lost")

    def _give_back(self, row: Claimed, wait: float, why: str, *, counted: bool = True) -> Done:
        at = queue_now() + timedelta(seconds=wait)
        give_back = partial(leases.again, table=INBOX, row=row, at=at, counted=counted, why=why)
        self._context.database.statement(give_back)
        self._context.wake.look_at(INBOX.name, at)
        return Done("later")

    def _is_stale(self, row: Claimed) -> bool:
        try:
            created = datetime.fromisoformat(str(row.data.get("created", "")))
        except ValueError:
            return False
        age = timedelta(days=self._context.settings.prune_days)
        return created.tzinfo is not None and row.received_at - created > age


def _unless_they_collide(end: Callable[[], Done]) -> Done:
    """End an event, once more if somebody else's transaction was in the way."""
    for collisions_left in reversed(range(COLLISIONS)):
        try:
            return end()
        except DBAPIError as error:
            if not collisions_left or not collided(error):
                raise
    raise AssertionError("the last collision is raised")


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
    choices = choices_of(route, turn, told.inputs or {})
    text, card = forms.again(turn.words, wrong, choices)
    return [turn.answer(text, card)]


def _apologise(code: str, turn: Turn) -> Sequence[Say]:
    sentence = (
        "Something went wrong on my side. I wrote it down as {code}: please tell my operator."
    )
    return [turn.answer(turn.words(sentence, code=code), replace=False)]
