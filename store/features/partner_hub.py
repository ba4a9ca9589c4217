"""What must be done in Partner Hub too: steps that are ticked, the day it was done, the true E."""

from datetime import date, datetime

from sqlmodel import Session

from store.features.provisioned import provisioned
from store.features.shared.trials import hold, keep, today_in
from store.refusals import Reason, Refused
from store.rules.dates import check_done_on, service_start
from store.rules.hub import steps
from store.rules.transitions import Change, check
from store.tables import HubTask, Person, Trial
from store.terms import Fact, HubChange


def tick(
    session: Session,
    trial_id: int,
    *,
    task_id: int,
    step: str,
    done: bool,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Tick one step of a change, or take the tick back; who and when is kept.

    Refused: as `hold`, NOTHING_TO_DO for a change or step that isn't open.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    task = undone(trial, task_id)
    if step not in steps(trial, task.change):
        raise Refused(Reason.NOTHING_TO_DO)
    ticks = {name: tick for name, tick in task.ticks.items() if name != step}
    task.ticks = ticks | {step: {"by": by.id, "at": now.isoformat()}} if done else ticks
    after = {"change": task.change, "step": step, "done": done}
    return keep(session, trial, by=by, now=now, what=Fact.STEP, after=after, plans=False)


def done_on(
    session: Session,
    trial_id: int,
    *,
    task_id: int,
    day: date,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Record the day on which a change was made in Partner Hub.

    It is the true day: of an extension E counts from it, of a request for consent R is it, and
    provisioning makes the trial run from it.
    Refused: as `hold`, NOTHING_TO_DO, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.HUB_DONE, today)
    task = undone(trial, task_id)
    if task.change == HubChange.PROVISION:
        return provisioned(session, trial_id, by=by, day=day, seen=seen, now=now)
    check_done_on(day, today)
    task.done_on = day
    before = {"ends": trial.ends, "asked_on": trial.asked_on}
    _follow(trial, task, day)
    after = {"change": task.change, "day": day, "ends": trial.ends, "asked_on": trial.asked_on}
    return keep(session, trial, by=by, now=now, what=Fact.HUB_DONE, before=before, after=after)


def correct_end(
    session: Session,
    trial_id: int,
    *,
    ends: date,
    reason: str,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Set E to what Partner Hub shows.

    Refused: as `hold`, WRONG_STATUS unless it is running, DAY_TOO_EARLY before its first day.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    check(trial, Change.EXTEND, today_in(trial.space, now))
    if ends < service_start(trial):
        raise Refused(Reason.DAY_TOO_EARLY, day=ends, not_before=service_start(trial))
    before, trial.ends = {"ends": trial.ends}, ends
    after = {"ends": ends}
    return keep(
        session,
        trial,
        by=by,
        now=now,
        what=Fact.END_CORRECTED,
        before=before,
        after=after,
        note=reason,
    )


def undone(trial: Trial, task_id: int) -> HubTask:
    """A change of this trial that is still to be made. Refused: NOTHING_TO_DO."""
    for task in trial.hub_tasks:
        if task.id == task_id and task.done_on is None:
            return task
    raise Refused(Reason.NOTHING_TO_DO)


def _follow(trial: Trial, task: HubTask, day: date) -> None:
    if task.change == HubChange.EXTEND and trial.ends is not None:
        trial.ends = date.fromordinal(day.toordinal() + int(task.facts["days"]))
    if task.change == HubChange.REQUEST and trial.accepted_on is None:
        trial.asked_on = day
