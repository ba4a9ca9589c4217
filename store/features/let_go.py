"""Let a trial expire: reminders remain only for E, E+29, E+30, E+31 and devices."""

from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.extend import EXTENSION
from store.features.shared.trials import hold, keep
from store.history import HistoryKind
from store.rules.hub import opened
from store.rules.statuses import status
from store.rules.transitions import RUNNING, Change
from store.tables import Trial
from store.terms import Outcome, Status

LET_EXPIRE = Change("let-go", RUNNING)
UNDO_LET_EXPIRE = Change("undo-let-go", RUNNING)
RECORD_OUTCOME = Change("outcome", {Status.ENDED, Status.CANCELLED})
LET_GO = HistoryKind("let-go")
LET_GO_UNDONE = HistoryKind("let-go-undone")
OUTCOME_RECORDED = HistoryKind("outcome")


def next_change(trial: Trial, today: date) -> Change:
    """What `let go` does on a day: let the trial expire, undo that, or record an outcome."""
    if status(trial, today) in (Status.ENDED, Status.CANCELLED):
        return RECORD_OUTCOME
    return UNDO_LET_EXPIRE if trial.let_go else LET_EXPIRE


def let_go(
    session: Session, trial_id: int, act: Act, *, outcome: Outcome | None = None, note: str = ""
) -> Trial:
    """Let a trial expire, with the reason it isn't bought; no extension is wanted any more.

    Refused: as `hold`, WRONG_STATUS.
    """
    trial = hold(session, trial_id, act, LET_EXPIRE)
    if (task := opened(trial, EXTENSION)) is not None:
        trial.hub_tasks.remove(task)
    trial.let_go = True
    trial.outcome, trial.outcome_note = outcome or trial.outcome, note or trial.outcome_note
    after = {"outcome": trial.outcome}
    return keep(session, trial, act, LET_GO, after=after, note=note)


def take_back(session: Session, trial_id: int, act: Act) -> Trial:
    """Turn a trial's reminders back on after `let_go`. Refused: as `hold`, WRONG_STATUS."""
    trial = hold(session, trial_id, act, UNDO_LET_EXPIRE)
    trial.let_go = False
    trial.outcome, trial.outcome_note = "", ""
    return keep(session, trial, act, LET_GO_UNDONE)


def give_outcome(
    session: Session, trial_id: int, act: Act, *, outcome: Outcome, note: str = ""
) -> Trial:
    """Record why an ended or cancelled trial wasn't bought. Refused: as `hold`, WRONG_STATUS."""
    trial = hold(session, trial_id, act, RECORD_OUTCOME)
    before = {"outcome": trial.outcome}
    trial.outcome, trial.outcome_note = outcome, note
    after = {"outcome": outcome}
    what = OUTCOME_RECORDED
    return keep(session, trial, act, what, before=before, after=after, note=note, plans=False)
