"""Handle events: fetch, handle and answer each, and commit its effect exactly once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session

from bot.conversation import last_words, told
from bot.conversation.acquaintances import Acquaintances, former_id
from bot.conversation.fetching import FETCHES, Fetched
from bot.conversation.respond import (
    ask_again,
    find_again,
    handle,
    is_prepared,
    is_slow,
    may_go_on,
    refuse,
    refuse_plainly,
    source_of,
)
from bot.conversation.told import Told
from bot.conversation.turn import Turn
from bot.engine.answers import Answers, Reply
from bot.engine.claiming import Claimant
from bot.engine.context import Context
from bot.engine.errands import Fetch, FetchNeeds
from bot.engine.messengers import Brought
from bot.engine.round import Round
from bot.engine.work import Work
from bot.failures import BUG_TRIES, Again, Undeliverable, backoff
from bot.observe import log
from bot.webex.identity import Identity
from cards.kit.forms import Invalid
from store.features import spaces
from store.queues import leases, outbox
from store.queues.leases import INBOX, Claimed
from store.queues.outbox import Source
from store.refusals import Refused
from store.say import Say

GONE_AFTER = (0.5, 2.0, 8.0, 30.0, 75.0)
"""Seconds between tries to fetch an event: a webhook can arrive before Webex shows it."""

GIVEN_UP = timedelta(hours=6)

Respond = Callable[[Turn], Sequence[Say]]


class Taking(Work):
    """Handles claimed events."""

    table = INBOX

    def __init__(self, context: Context, me: Identity) -> None:
        super().__init__(context)
        self._me = me
        self._known = Acquaintances()
        self._answers = Answers(context)

    def acts(self, brought: Brought) -> bool:
        """Whether this changes more than the queues; a fetch or an answer already found doesn't."""
        if isinstance(brought.errand, Claimant):
            return brought.errand.row.resource not in FETCHES
        return not isinstance(self._answers.of(brought.errand.row), Reply)

    # -------------------------------------------------------------- from a claim to an errand

    def begin(self, round: Round, row: Claimed) -> None:
        """Fetch a claimed event's content, handle it if it needs none, or end it if it is stale."""
        if self._is_stale(row):
            self._end(round, row, "stale")
        elif row.resource in FETCHES:
            round.errands.append(self._fetch(round, row))
        elif happening := told.happening(row, self._me):
            with round.session() as session:
                happening = _with_former_id(session, row, happening)
            self._go_on(round, row, happening)
        else:
            self._end(round, row, "ignored")

    def _fetch(self, round: Round, row: Claimed) -> Fetch:
        if not self._known.remembers(row.person_id, round.now):
            with round.session() as session:
                self._known.look_up(session, row.person_id)
        known = self._known.remembers(row.person_id, round.now)
        pressed = row.resource == "attachmentActions"
        room_known = not pressed or self._known.is_direct(row.room_id) is not None
        return Fetch(row, with_person=not known, with_room=not room_known)

    def _is_stale(self, row: Claimed) -> bool:
        try:
            created = datetime.fromisoformat(str(row.data.get("created", "")))
        except ValueError:
            return False
        age = timedelta(days=self._context.settings.prune_days)
        return created.tzinfo is not None and row.received_at - created > age

    # -------------------------------------------------------------- before the round

    def look_up(self, brought: Iterable[Brought]) -> None:
        """Find the answers to questions of people whom we know."""
        fetched = [each for each in brought if isinstance(each.errand, Fetch) and each.result]
        of_known = [each for each in fetched if not each.result.person]
        new = [each for each in of_known if self._answers.of(each.errand.row) is None]
        asked = [(each.errand.row, self._understood(each)) for each in new]
        self._answers.look_up([(row, told) for row, told in asked if told])

    # -------------------------------------------------------------- results

    def take(self, round: Round, brought: Brought) -> None:
        """Continue with an event. Unexpected errors are raised and end up in `bug`."""
        row = brought.errand.row
        if isinstance(brought.failure, Again) and leases.is_stale(round.now, row, GIVEN_UP):
            self._end(round, row, "buried", brought.failure.why)
        elif isinstance(brought.failure, Again):
            self._later(round, row, brought.failure)
        elif isinstance(brought.failure, Undeliverable):
            self._gone(round, brought, brought.failure)
        elif isinstance(brought.errand, FetchNeeds):
            self._had(round, row, brought.errand.told, brought.failure or brought.result)
        elif brought.failure:
            raise brought.failure
        else:
            self._overtaking.succeeded()
            self._fetched(round, row, brought.result)

    def _fetched(self, round: Round, row: Claimed, fetched: Fetched) -> None:
        found = self._answers.of(row)
        understood = found.told if isinstance(found, Reply) else self._understand(row, fetched)
        if understood is None:
            self._end(round, row, "ignored")
            return
        if fetched.person:
            with round.session() as session:
                self._known.meet(session, fetched.person, round.now)
            if not fetched.person.get("partly"):
                round.afterwards(partial(self._known.met, understood.person_id, round.now))
        self._go_on(round, row, understood)

    def _had(self, round: Round, row: Claimed, told: Told, found: Any) -> None:
        """Continue with what was fetched, found or refused beside the desk."""
        if isinstance(found, Reply | Exception):
            self._answers.keep(row, found)
            self._answer(round, row, told)
        else:
            self._answer(round, row, replace(told, fetched=found))

    def _understand(self, row: Claimed, fetched: Fetched) -> Told | None:
        """Interpret an event; None if it comes from ourselves or another bot."""
        content, person = fetched.content, fetched.person
        if self._me.is_me(content["personId"]) or (person and person.get("type") == "bot"):
            return None
        room_id = str(content["roomId"])
        if row.resource == "messages":
            word = told.word(content, self._me)
            self._known.note_room(room_id, direct=word.direct)
            return word
        if fetched.direct is not None:
            self._known.note_room(room_id, direct=fetched.direct)
        return told.press(content, direct=bool(self._known.is_direct(room_id)))

    def _go_on(self, round: Round, row: Claimed, understood: Told) -> None:
        works = is_slow(understood) or is_prepared(understood)
        if (understood.needs or works) and self._may_go_on(round, row, understood):
            beside = partial(self._answers.beside, row, understood) if works else None
            round.errands.append(FetchNeeds(row, understood, understood.needs, beside))
        else:
            self._answer(round, row, understood)

    def _may_go_on(self, round: Round, row: Claimed, understood: Told) -> bool:
        with round.session() as session:
            return may_go_on(understood, self._answers.turn(session, row, understood))

    # -------------------------------------------------------------- the answer

    def _answer(self, round: Round, row: Claimed, told: Told) -> None:
        try:
            self._act(round, row, told)
        except Refused as no:
            reason = no.reason
            round.afterwards(lambda: self._context.metrics.refusals.labels(reason).inc())
            self._refuse(round, row, told, no)

    def _refuse(self, round: Round, row: Claimed, told: Told, no: Refused) -> None:
        """Answer a refusal; one that its answer meets, such as a lost right, ends as a sentence."""
        try:
            self._commit(round, row, told, partial(refuse, no), "refused")
        except Refused as still:
            self._commit(round, row, told, partial(refuse_plainly, still), "refused")

    def _act(self, round: Round, row: Claimed, told: Told) -> None:
        found = self._answers.take(row)
        try:
            if isinstance(found, Exception):
                raise found
            if found:
                self._say_what_was_found(round, row, told, found)
            else:
                self._commit(round, row, told, partial(handle, told), "done")
        except Invalid as wrong:
            self._commit(round, row, told, partial(ask_again, wrong, told), "invalid")

    def _say_what_was_found(self, round: Round, row: Claimed, told: Told, found: Reply) -> None:
        with round.session() as session:
            self._end(round, row, "done")
            if found.space_is_back:
                spaces.find_again(session, told.room_id)
            self._put(round, session, row, found.source, found.says)

    def _commit(
        self, round: Round, row: Claimed, told: Told, respond: Respond, outcome: str, why: str = ""
    ) -> None:
        """Settle an event, run its handler and queue the answer: all of it or nothing."""
        with round.part() as session:
            self._end(round, row, outcome, why)
            turn = self._answers.turn(session, row, told)
            find_again(session, turn)
            self._put(round, session, row, source_of(turn), respond(turn))

    def _put(
        self, round: Round, session: Session, row: Claimed, source: Source, says: Sequence[Say]
    ) -> None:
        outbox.put(session, says, now=round.now, source=source, event=f"e{row.id}")

    # -------------------------------------------------------------- failures

    def bug(self, round: Round, brought: Brought, error: Exception) -> None:
        """Handle a bug: retry a few times, then bury the event and give the person a code."""
        row, code = brought.errand.row, last_words.code_of(brought.errand.row)
        self._answers.take(row)
        log.error("unexpected error", id=code, attempts=row.attempts, exc_info=error)
        why = f"{type(error).__name__} ({code})"
        if row.attempts + 1 < BUG_TRIES:
            self._give_back(round, row, backoff(row.attempts), why)
            self._let_pass(round, row)
            return
        understood = self._understood(brought)
        if understood is None or understood.happened:
            self._end(round, row, "buried", why)
            last_words.say(round.connection, row, now=round.now)
        else:
            self._commit(round, row, understood, partial(_apologise, code), "buried", why)

    def _understood(self, brought: Brought) -> Told | None:
        """Interpret a result; None if nothing was fetched or it can't be understood."""
        if isinstance(brought.errand, FetchNeeds):
            return brought.errand.told
        if brought.failure or not isinstance(brought.errand, Fetch):
            return None
        try:
            return self._understand(brought.errand.row, brought.result)
        except Exception:
            return None  # `take` hits the same error and logs it

    def _gone(self, round: Round, brought: Brought, never: Undeliverable) -> None:
        """Retry an event that Webex doesn't show, for two minutes; meanwhile others may pass.

        If it shows the event but not what its route needs, the person is told.
        """
        row, understood = brought.errand.row, self._understood(brought)
        if row.attempts < len(GONE_AFTER):
            self._give_back(round, row, GONE_AFTER[row.attempts], str(never))
            self._let_pass(round, row)
        elif understood is None or understood.happened:
            self._end(round, row, "gone", str(never))
        else:
            self._commit(round, row, understood, partial(_lack, str(never)), "gone", str(never))

    def _let_pass(self, round: Round, row: Claimed) -> None:
        """From the second try on, set a failing event aside so that it doesn't block its lane."""
        if row.attempts and not leases.is_alone(row):
            leases.set_aside(round.connection, INBOX, row)

    def _note(self, row: Claimed, outcome: str) -> None:
        self._context.metrics.turns.labels(row.resource, outcome).inc()
        log.info("handled", id=f"e{row.id}", resource=row.resource, outcome=outcome)


def _with_former_id(session: Session, row: Claimed, happening: Told) -> Told:
    if row.event != "migrated" or "migratedFrom" in happening.data:
        return happening
    data = {**happening.data, "migratedFrom": former_id(session, row.object_id)}
    return replace(happening, data=data)


def _apologise(code: str, turn: Turn) -> Sequence[Say]:
    return [turn.answer(turn.words(last_words.SORRY, code=code), replace=False)]


def _lack(why: str, turn: Turn) -> Sequence[Say]:
    said = turn.words(
        "Webex didn't show me what I need for this ({why}). Try again later.", why=why
    )
    return [turn.answer(said, replace=False)]
