"""Questions: who changes nothing is answered together with others who ask at that moment."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from bot.conclude import Answer, Done, conclude_all
from bot.context import Context
from bot.deliver import CALLS
from bot.feeder import Feeder
from bot.fetch import Told
from bot.respond import handle, pressed_in, turn_of
from cards.forms import Invalid
from store import people, reading, spaces
from store.database.together import Together
from store.database.trouble import is_out_of_reach
from store.queues.leases import OUTBOX, Claimed
from store.queues.outbox import Put
from store.refusals import Refused


class Question(NamedTuple):
    """An event whose handler changes nothing."""

    row: Claimed
    told: Told


class Questions:
    """Answers what was asked from one look into the database for all who ask at that moment.

    Their events end in one transaction, too. `answers`: the feeder of what is said.
    """

    def __init__(self, context: Context, answers: Feeder) -> None:
        self._context = context
        self._answers = answers
        database = context.database
        self._end = Together(
            database.in_line(), self._end_all, groups=database.places, for_all=is_out_of_reach
        )

    def end(self, row: Claimed, told: Told) -> Done:
        """Answer a question. Raises `Refused`, `Invalid` and `LeaseLost`."""
        said = self._end(Question(row, told))
        if said.waiting:
            self._context.wake.ring(OUTBOX.name)
        return Done("done", said.mine)

    def _end_all(self, asked: Sequence[Question]) -> Sequence[Put | Exception]:
        found = self._look_up_all(asked)
        with self._context.database.transaction(durable=False) as session:
            answers = [each for each in found if isinstance(each, Answer)]
            ends = iter(conclude_all(session, answers) if answers else [])
        return [next(ends) if isinstance(each, Answer) else each for each in found]

    def _look_up_all(self, asked: Sequence[Question]) -> Sequence[Answer | Refused | Invalid]:
        with self._context.database.reading() as session:
            people.read_known(session, {question.told.person_id for question in asked})
            spaces.read_spaces(session, {question.told.room_id for question in asked})
            typed = [question.told.heard for question in asked if question.told.heard]
            reading.read_trials(session, [heard.rest for heard in typed])
            return [self._look_up(session, question) for question in asked]

    def _look_up(self, session: Session, question: Question) -> Answer | Refused | Invalid:
        row, told = question
        turn = turn_of(session, row.received_at, told, self._context.settings.operators)
        try:
            lease = self._answers.lease(CALLS["post"])
            return Answer(row, turn, handle(told, turn), lease, pressed_in(told))
        except (Refused, Invalid) as no:
            return no
