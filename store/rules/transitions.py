"""Changes to a trial: features declare them, and the statuses that allow them."""

from collections.abc import Collection
from datetime import date
from typing import Self

from store.declared import Declared
from store.refusals import WRONG_STATUS, Refused
from store.rules.rights import Action
from store.rules.statuses import status
from store.tables import Trial
from store.terms import State, Status

ANY = frozenset(Status)
NEVER_PENDING_CONSENT = ANY - {Status.TO_REQUEST, Status.PENDING_CONSENT, Status.DECLINED_HERE}
RUNNING = frozenset({Status.ACTIVE, Status.GRACE})


class Change(Declared):
    """A change to a trial.

    `when`: the statuses that allow it. `needs`: the action that the person's role must allow.
    `becomes`: the new state (None: unchanged). `records`: a date has already decided the change; it
    is recorded once, while the trial's recorded state is still this one.
    """

    when: frozenset[Status]
    needs: Action
    becomes: State | None
    records: State | None

    def __new__(
        cls,
        word: str,
        when: Collection[Status] = ANY,
        *,
        needs: Action = Action.CHANGE,
        becomes: State | None = None,
        records: State | None = None,
    ) -> Self:
        self = super().__new__(cls, word)
        self.when, self.needs = frozenset(when), needs
        self.becomes, self.records = becomes, records
        return self


def allowed(trial: Trial, change: Change, today: date) -> bool:
    """Whether the trial allows this change today."""
    recorded = change.records in (None, State(trial.state))
    return recorded and status(trial, today) in change.when


def check(trial: Trial, change: Change, today: date) -> None:
    """Refuse a change that today's status doesn't allow (WRONG_STATUS: status, change)."""
    if not allowed(trial, change, today):
        raise Refused(WRONG_STATUS, status=status(trial, today), change=change)
