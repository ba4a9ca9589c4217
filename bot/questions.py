"""Questions: who changes nothing is answered together with others who ask at that moment."""

import threading
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from bot.conclude import Done, conclude
from bot.context import Context
from bot.deliver import CALLS
from bot.failures import LeaseLost
from bot.feeder import Feeder
from bot.fetch import Told
from bot.respond import find_again, handle, turn_of
from bot.turn import Turn
from cards.forms import Invalid
from store import people, spaces
from store.outbox import Put
from store.queue import OUTBOX, Claimed
from store.refusals import Refused
from store.say import Say
from store.together import Together


class Question(NamedTuple):
    """An event whose handler changes nothing."""

    row: Claimed
    told: Told


class Answer(NamedTuple):
    """What is said to a question, before it is put."""

    turn: Turn
    says: Sequence[Say]


class Questions:
    """Answers what was asked from one look into the database for all who ask at that moment.

    Where only one at a time can change something, their events end in one transaction, too; else
    each ends its own, since it could wait for rows that somebody else holds. `answers`: the feeder
    of what is said.
    """

    def __init__(self, context: Context, answers: Feeder) -> None:
        self._context = context
        self._answers = answers
        self._end = Together(context.database.in_line(), self._end_all)
        self._look = Together(threading.Lock(), self._look_up_all)

    def end(self, row: Claimed, told: Told) -> Done:
        """Answer a question. Raises `Refused`, `Invalid` and `LeaseLost`."""
        question = Question(row, told)
        if self._context.database.has_one_writer:
            said = self._end(question)
        else:
            answer = self._look(question)
            with self._context.database.transaction() as session:
                said = self._conclude(session, question, answer)
        if said.waiting:
            self._context.wake.ring(OUTBOX.name)
        return Done("done", said.mine)

    def _end_all(self, asked: Sequence[Question]) -> Sequence[Put | Exception]:
        answers = self._look_up_all(asked)
        with self._context.database.transaction(durable=False) as session:
            return [
                self._end_one(session, question, answer)
                for question, answer in zip(asked, answers, strict=True)
            ]

    def _end_one(
        self, session: Session, question: Question, answer: Answer | Exception
    ) -> Put | Exception:
        if isinstance(answer, Exception):
            return answer
        try:
            return self._conclude(session, question, answer)
        except LeaseLost as lost:
            return lost

    def _look_up_all(self, asked: Sequence[Question]) -> Sequence[Answer | Refused | Invalid]:
        with self._context.database.reading() as session:
            people.read_known(session, {question.told.person_id for question in asked})
            spaces.read_spaces(session, {question.told.room_id for question in asked})
            return [self._look_up(session, question) for question in asked]

    def _look_up(self, session: Session, question: Question) -> Answer | Refused | Invalid:
        operators = self._context.settings.operators
        turn = turn_of(session, question.row.received_at, question.told, operators)
        try:
            return Answer(turn, handle(question.told, turn))
        except (Refused, Invalid) as no:
            return no

    def _conclude(self, session: Session, question: Question, answer: Answer) -> Put:
        def act(session: Session) -> Sequence[Say]:
            find_again(session, answer.turn)
            return answer.says

        return conclude(session, question.row, act, lease=self._answers.lease(CALLS["post"]))
