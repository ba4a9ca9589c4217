"""Changes to make in Partner Hub: their steps, the day they were made, and the true E."""

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.extend import EXTEND
from store.features.provisioned import provisioned
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Reason, Refused
from store.rules.dates import check_done_on, service_start
from store.rules.hub import steps
from store.rules.plan import Planned, counted, plans
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.transitions import ANY, Change
from store.tables import HubTask, Trial
from store.terms import HubChange, State

CONFIRM = Change("hub-done", ANY)

STEP_TICKED = HistoryKind("step")
DONE_IN_PARTNER_HUB = HistoryKind("hub-done")
END_CORRECTED = HistoryKind("end-corrected")

ENDS_TOO_EARLY = Reason("ends-too-early")

HUB_1 = ReminderKind("hub+1", after=1, urgency=180, topic=Topic.TO_DO)
HUB_3 = ReminderKind("hub+3", after=3, urgency=170, topic=Topic.TO_DO)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    for task in trial.hub_tasks:
        if task.done_on is None and _matters(task, trial):
            for kind in (HUB_1, HUB_3):
                yield counted(kind, task.saved_on, topic=f"/task{task.id}")


def _matters(task: HubTask, trial: Trial) -> bool:
    """Whether a task is still worth a reminder; on a cancelled trial only the cancellation is.

    Provisioning and conversion have their own reminders.
    """
    if task.change in (HubChange.PROVISION, HubChange.CONVERT):
        return False
    if trial.state == State.CANCELLED:
        return task.change == HubChange.CANCEL
    return trial.state not in (State.ENDED, State.CONVERTED) and not trial.let_go


def tick(
    session: Session, trial_id: int, act: Act, *, task_id: int, step: str, done: bool
) -> Trial:
    """Tick a step of a change, or untick it; a tick records who and when.

    Refused: as `hold`, NOTHING_TO_DO for a change or step that isn't open, and for a conversion,
    whose checklist asks for more than ticks.
    """
    trial = hold(session, trial_id, act)
    task = undone(trial, task_id)
    if step not in steps(trial, task.change) or task.change == HubChange.CONVERT:
        raise Refused(NOTHING_TO_DO)
    ticks = {name: tick for name, tick in task.ticks.items() if name != step}
    task.ticks = ticks | {step: {"by": act.who.id, "at": act.now.isoformat()}} if done else ticks
    after = {"change": task.change, "step": step, "done": done}
    return keep(session, trial, act, STEP_TICKED, after=after, plans=False)


def done_on(session: Session, trial_id: int, act: Act, *, task_id: int, day: date) -> Trial:
    """Record the day on which a change was made in Partner Hub.

    That day counts: an extension's E is calculated from it, it is the R of a consent request, and a
    provisioned trial starts on it.
    Refused: as `hold`, NOTHING_TO_DO, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, CONFIRM)
    today = today_in(trial.space, act.now)
    task = undone(trial, task_id)
    if task.change == HubChange.PROVISION:
        return provisioned(session, trial_id, act, day=day)
    check_done_on(day, today)
    task.done_on = day
    before = {"ends": trial.ends, "asked_on": trial.asked_on}
    _follow(trial, task, day)
    after = {"change": task.change, "day": day, "ends": trial.ends, "asked_on": trial.asked_on}
    return keep(session, trial, act, DONE_IN_PARTNER_HUB, before=before, after=after)


def correct_end(session: Session, trial_id: int, act: Act, *, ends: date, reason: str) -> Trial:
    """Set E to the date in Partner Hub.

    Refused: as `hold`, WRONG_STATUS unless it is running, ENDS_TOO_EARLY before its first day.
    """
    trial = hold(session, trial_id, act, EXTEND)
    if ends < service_start(trial):
        raise Refused(ENDS_TOO_EARLY, day=ends, not_before=service_start(trial))
    before, trial.ends = {"ends": trial.ends}, ends
    after = {"ends": ends}
    return keep(session, trial, act, END_CORRECTED, before=before, after=after, note=reason)


def undone(trial: Trial, task_id: int) -> HubTask:
    """A change of this trial that is still to be made. Refused: NOTHING_TO_DO."""
    for task in trial.hub_tasks:
        if task.id == task_id and task.done_on is None:
            return task
    raise Refused(NOTHING_TO_DO)


def _follow(trial: Trial, task: HubTask, day: date) -> None:
    if task.change == HubChange.EXTEND and trial.ends is not None:
        trial.ends = date.fromordinal(day.toordinal() + int(task.facts["days"]))
    if task.change == HubChange.REQUEST and trial.accepted_on is None:
        trial.asked_on = day
