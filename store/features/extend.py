"""Extend a trial: the new end counts from the day it is done, never from the old end.

Rule: docs/domain.md#extending.
"""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep, to_do, today_in
from store.history import HistoryKind
from store.rules.dates import check_done_on
from store.rules.extensions import Extension, check_extension, extension
from store.rules.transitions import RUNNING, Change
from store.tables import Trial
from store.terms import HubChange

EXTEND = Change("extend", RUNNING)
EXTENDED = HistoryKind("extended")


@dataclass(frozen=True, slots=True)
class Extended:
    """An extended trial and the effect: both ends, days gained, warnings."""

    trial: Trial
    extension: Extension


def extend(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    days: int,
    shorten: bool = False,
    done_on: date | None = None,
) -> Extended:
    """Move a trial's end to `days` after today, or after the day it was done in Partner Hub.

    Refused: as `hold`, WRONG_STATUS, NOT_AN_EXTENSION_CHOICE, SHORTENS (`old`, `new`, `pays_from`)
    unless `shorten`, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, EXTEND)
    today = today_in(trial.space, act.now)
    if done_on:
        check_done_on(done_on, today, trial.first_day)
    change = extension(trial, done_on or today, days)
    check_extension(change, days, trial.partner.extension_days, shorten=shorten)
    trial.ends, trial.extensions, trial.let_go = change.new, trial.extensions + 1, False
    trial.snoozed_until = None
    to_do(trial, HubChange.EXTEND, today=today, done_on=done_on, days=days, old=change.old)
    before, after = {"ends": change.old}, {"ends": change.new, "days": days, "done_on": done_on}
    keep(session, trial, act, EXTENDED, before=before, after=after)
    return Extended(trial, change)
