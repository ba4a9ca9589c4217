"""Cancel a trial: no grace is documented, and nothing can be restored."""

from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import finish, hold, keep, to_do, today_in
from store.history import HistoryKind
from store.refusals import Reason, Refused
from store.rules.dates import check_done_on
from store.rules.spelling import code
from store.rules.statuses import LIVE, status
from store.rules.transitions import Change
from store.tables import Trial
from store.terms import CancelledBy, HubChange, Outcome, State, Status

CANCEL = Change("cancel", LIVE, becomes=State.CANCELLED)
CANCELLED = HistoryKind("cancelled")
WRONG_CODE = Reason("wrong-code")
NOT_SURE = Reason("not-sure")


_PENDING = frozenset({Status.PENDING_CONSENT, Status.PENDING_PROVISIONING})


def cancel(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    whose: CancelledBy,
    typed: str = "",
    sure: bool = False,
    outcome: Outcome | None = None,
    note: str = "",
    done_on: date | None = None,
) -> Trial:
    """Cancel a trial, or record that the customer cancelled it in Control Hub.

    `typed` must be the trial's code; a pending trial needs only `sure`. `done_on`: the day it was
    done in Partner Hub (None: not yet) or by the customer in Control Hub (None: today).
    Refused: as `hold`, WRONG_STATUS, WRONG_CODE, NOT_SURE, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, CANCEL)
    today = today_in(trial.space, act.now)
    _check_confirmed(trial, today, typed, sure)
    if done_on:
        check_done_on(done_on, today, trial.asked_on or trial.first_day)
    before = {"state": trial.state, "ends": trial.ends}
    trial.state, trial.cancelled_by, trial.cancelled_on = State.CANCELLED, whose, done_on or today
    trial.outcome, trial.outcome_note = outcome or trial.outcome, note or trial.outcome_note
    finish(session, trial)
    if whose == CancelledBy.PARTNER:
        to_do(trial, HubChange.CANCEL, today=today, done_on=done_on)
    after = {"by": whose, "day": trial.cancelled_on, "outcome": trial.outcome}
    return keep(session, trial, act, CANCELLED, before=before, after=after, note=note)


def _check_confirmed(trial: Trial, today: date, typed: str, sure: bool) -> None:
    if code(typed) == trial.code:
        return
    if status(trial, today) not in _PENDING:
        raise Refused(WRONG_CODE, code=trial.code)
    if not sure:
        raise Refused(NOT_SURE)
