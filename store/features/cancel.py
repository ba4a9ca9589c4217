"""Cancel a trial: no grace is documented, and nothing can be restored."""

from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.open_changes import confirm, want
from store.features.shared.trials import finish, hold, keep, today_in, withdraw_requests
from store.features.start import unknown_to_cisco
from store.history import HistoryKind
from store.refusals import Reason, Refused
from store.rules.dates import check_done_on
from store.rules.hub import HubChange, Step
from store.rules.spelling import code
from store.rules.statuses import LIVE, PENDING, status
from store.rules.transitions import Change
from store.tables import HubTask, Trial
from store.terms import CancelledBy, Outcome, State

CANCEL = Change("cancel", LIVE, becomes=State.CANCELLED)
CANCELLATION_ASKED = HistoryKind("cancellation-asked")
CANCELLED = HistoryKind("cancelled")
WRONG_CODE = Reason("wrong-code")
NOT_SURE = Reason("not-sure")


def _since_it_began(trial: Trial) -> tuple[date | None, date | None]:
    return trial.asked_on or (trial.first_day if trial.ends else None), None


CANCELLATION = HubChange(
    "cancel",
    (Step.OPEN_CUSTOMER, Step.TRASH, Step.YES),
    confirmed=CANCELLED,
    quiet=True,
    keeps=True,
    limits=_since_it_began,
)


@CANCELLATION.confirms
def _done(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    trial.outcome = task.facts.get("outcome") or trial.outcome
    trial.outcome_note = task.facts.get("note") or trial.outcome_note
    _cancelled(session, trial, CancelledBy.PARTNER, day)


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
    """Ask to cancel a trial, or record that the customer cancelled it in Control Hub.

    `typed` must be the trial's code; a pending trial needs only `sure`. `done_on`: the day it was
    done in Partner Hub (None: not yet) or by the customer in Control Hub (None: today). What Cisco
    doesn't know yet is cancelled at once, and so are the consent cards.
    Refused: as `hold`, WRONG_STATUS, WRONG_CODE, NOT_SURE, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, CANCEL)
    today = today_in(trial.space, act.now)
    _check_confirmed(trial, today, typed, sure)
    if whose != CancelledBy.PARTNER or unknown_to_cisco(trial):
        check_done_on(done_on or today, today, _since_it_began(trial)[0])
        trial.outcome, trial.outcome_note = outcome or trial.outcome, note or trial.outcome_note
        before = {"state": trial.state, "ends": trial.ends}
        _cancelled(session, trial, whose, done_on or today)
        after = {"by": whose, "day": trial.cancelled_on, "outcome": trial.outcome}
        return keep(session, trial, act, CANCELLED, before=before, after=after, note=note)
    withdraw_requests(session, trial)
    task = want(trial, CANCELLATION, today, outcome=outcome or "", note=note)
    if done_on:
        return confirm(session, trial, task, act, done_on)
    after = {"outcome": outcome} if outcome else {}
    return keep(session, trial, act, CANCELLATION_ASKED, after=after, note=note)


def _check_confirmed(trial: Trial, today: date, typed: str, sure: bool) -> None:
    if code(typed) == trial.code:
        return
    if status(trial, today) not in PENDING:
        raise Refused(WRONG_CODE, code=trial.code)
    if not sure:
        raise Refused(NOT_SURE)


def _cancelled(session: Session, trial: Trial, whose: CancelledBy, day: date) -> None:
    trial.state, trial.cancelled_by, trial.cancelled_on = State.CANCELLED, whose, day
    finish(session, trial)
