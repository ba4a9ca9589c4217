"""What may happen to a trial: each feature declares its changes, and when they are allowed."""

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
NEVER_PENDING_CONSENT = ANY - {Status.PENDING_CONSENT}
RUNNING = frozenset({Status.ACTIVE, Status.GRACE})
LIVE = RUNNING | {Status.PENDING_CONSENT, Status.PENDING_PROVISIONING}


class Change(Declared):
    """Something that can happen to a trial.

    `when`: the statuses that allow it. `needs`: what a person's role must allow. `becomes`: the
    state that it moves the trial to (None: it stays). `records`: a date has decided it, and it only
    remains to be written down, once, while the trial is still recorded in this state.
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
    """Whether this may happen to the trial today."""
    recorded = change.records in (None, State(trial.state))
    return recorded and status(trial, today) in change.when


def check(trial: Trial, change: Change, today: date) -> None:
    """Refuse what the trial's status of today doesn't allow (WRONG_STATUS: status, change)."""
    if not allowed(trial, change, today):
        raise Refused(WRONG_STATUS, status=status(trial, today), change=change)
