"""Extend a trial: the new end counts from the day it is done, never from the old end.

Until it is confirmed, Cisco's end stays the old one. Rule: docs/domain.md#extending.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from store.act import Act
from store.features.shared.open_changes import check_stays, confirm, want
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules.dates import asked_until, grace_end
from store.rules.extensions import Extension, check_extension, extension
from store.rules.hub import HubChange, Step, opened
from store.rules.plan import WEEK, Planned, plans
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import RUNNING, Change
from store.tables import HubTask, Trial
from store.terms import Status

EXTEND = Change("extend", RUNNING)
EXTENSION_ASKED = HistoryKind("extension-asked")
EXTENDED = HistoryKind("extended")

STILL_UNSURE = ReminderKind("extension-weekly", urgency=35, escalates=True)


def _while_it_ran(trial: Trial) -> tuple[date | None, date | None]:
    former = [task.done_on for task in trial.hub_tasks if task.change == EXTENSION and task.done_on]
    return max([trial.first_day, *former]), grace_end(trial.ends) if trial.ends else None


EXTENSION = HubChange(
    "extend",
    (Step.OPEN_CUSTOMER, Step.EDIT, Step.DURATION, Step.SAVE_CHANGE),
    confirmed=EXTENDED,
    instead={Status.ENDED: Status.UNSURE},
    keeps=True,
    limits=_while_it_ran,
)


@EXTENSION.confirms
def _extended(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    trial.ends = day + timedelta(days=days_of(task))
    trial.extensions, trial.let_go, trial.snoozed_until = trial.extensions + 1, False, None


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    """Ask every week after grace whether it was extended in time after all."""
    if trial.ends is None or opened(trial, EXTENSION) is None:
        return
    day = grace_end(trial.ends) + timedelta(days=1)
    while day <= asked_until(trial.ends):
        yield Planned(STILL_UNSURE, day, day, day, not_before=day - WEEK)
        day += WEEK


@dataclass(frozen=True, slots=True)
class Extended:
    """A trial and its extension: both ends, days gained, warnings; `done`: it is confirmed."""

    trial: Trial
    extension: Extension
    done: bool


def extend(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    days: int,
    shorten: bool = False,
    done_on: date | None = None,
) -> Extended:
    """Ask for `days` more, from the day it will be done in Partner Hub, or was (`done_on`).

    Refused: as `hold`, WRONG_STATUS, TO_BE_CANCELLED, NOT_AN_EXTENSION_CHOICE, SHORTENS (`old`,
    `new`, `pays_from`) unless `shorten`, DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE.
    """
    trial = hold(session, trial_id, act, EXTEND)
    check_stays(trial)
    today = today_in(trial.space, act.now)
    change = extension(trial, done_on or today, days)
    check_extension(change, days, trial.partner.extension_days, shorten=shorten)
    trial.let_go = False
    task = want(trial, EXTENSION, today, days=days)
    if done_on:
        confirm(session, trial, task, act, done_on)
    else:
        keep(session, trial, act, EXTENSION_ASKED, after={"days": days})
    return Extended(trial, change, done=done_on is not None)


def days_of(task: HubTask) -> int:
    """How many days from the day it is done a wanted extension lasts."""
    return int(task.facts["days"])
