"""Answers found outside the desk's transaction: to read-only events, and with slow work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from bot.conversation.respond import handle, is_slow, only_asks, prepare, source_of, turn_of
from bot.conversation.told import Told
from bot.conversation.turn import Turn
from bot.engine.context import Context
from bot.failures import Again
from bot.observe import log
from store.database.trouble import collided, is_out_of_reach, is_read_only
from store.features import spaces
from store.features.shared import people
from store.queues.leases import Claimed
from store.queues.outbox import Source
from store.say import Say


class Reply(NamedTuple):
    """The answer to a read-only event."""

    told: Told
    says: Sequence[Say]
    source: Source
    space_is_back: bool


Found = Reply | Exception
Asked = tuple[Claimed, Told]


class Answers:
    """Finds answers in transactions that only read, and keeps them until the desk asks for them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: dict[int, Found] = {}

    def look_up(self, asked: Sequence[Asked]) -> None:
        """Answer those of these events that are quick questions, in one transaction."""
        questions = [(row, told) for row, told in asked if _is_quick_question(told)]
        if not questions:
            return
        try:
            with self._context.database.reading() as session:
                people.look_up(session, {told.person_id for _, told in questions})
                spaces.look_up(session, {told.room_id for _, told in questions})
                for row, told in questions:
                    self._found[row.id] = self._find(session, row, told)
        except SQLAlchemyError as error:
            # The round answers the others, each in its own savepoint.
            log.warning("lookup failed", error=type(error).__name__)

    def beside(self, row: Claimed, told: Told, fetched: Mapping[str, Any]) -> Any:
        """Answer a slow question, or prepare what its handler needs, in a messenger's thread.

        Raises `Again` if the database is failing.
        """
        told = replace(told, fetched=fetched)
        try:
            with self._context.database.reading() as session:
                if is_slow(told):
                    return self._find(session, row, told)
                return prepare(told, self.turn(session, row, told))
        except SQLAlchemyError as error:
            if is_read_only(getattr(error, "orig", None) or error):
                raise AssertionError("work beside the desk must not write") from error
            if is_out_of_reach(error) or collided(error):
                raise Again(0, type(error).__name__) from error
            raise

    def turn(self, session: Session, row: Claimed, told: Told) -> Turn:
        """Set up an event's turn."""
        context = self._context
        return turn_of(session, row.received_at, told, context.settings.operators, context.links)

    def of(self, row: Claimed) -> Found | None:
        """What was found for an event; None if nothing was looked up."""
        return self._found.get(row.id)

    def keep(self, row: Claimed, found: Found) -> None:
        """Keep what was found beside the desk."""
        self._found[row.id] = found

    def take(self, row: Claimed) -> Found | None:
        """Take what was found for an event, so that it is used only once."""
        return self._found.pop(row.id, None)

    def _find(self, session: Session, row: Claimed, told: Told) -> Found:
        try:
            turn = self.turn(session, row, told)
            back = bool(turn.space and turn.space.state == "gone" and turn.person)
            return Reply(told, handle(told, turn), source_of(turn), back)
        except SQLAlchemyError:
            raise
        except Exception as error:
            return error


def _is_quick_question(told: Told) -> bool:
    try:
        return not told.needs and only_asks(told) and not is_slow(told)
    except Exception:
        return False  # the round hits the same error and logs it
