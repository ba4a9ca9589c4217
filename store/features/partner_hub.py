"""Changes to make in Partner Hub: their steps, their confirmation or withdrawal, and the true E."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlmodel import Session

from store.act import Act
from store.features.cancel import CANCELLATION
from store.features.convert import CONVERSION, converted
from store.features.expiry import end
from store.features.extend import EXTEND, EXTENSION
from store.features.services import reserve_again
from store.features.shared.open_changes import TOO_LATE_TO_UNDO, UNDO, confirm, put_back
from store.features.shared.trials import hold, keep, replan, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Reason, Refused
from store.rules.dates import service_start
from store.rules.hub import HubChange, open_changes, steps
from store.rules.plan import Planned, counted, plans, weekly
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.transitions import ANY, Change
from store.tables import HubTask, Trial, id_of
from store.terms import State

CONFIRM = Change("hub-done", ANY)

STEP_TICKED = HistoryKind("step")
WITHDRAWN = HistoryKind("hub-withdrawn")
CONFIRMATION_UNDONE = HistoryKind("hub-undone")
END_CORRECTED = HistoryKind("end-corrected")

ENDS_TOO_EARLY = Reason("ends-too-early")

HUB_1 = ReminderKind("hub+1", after=1, urgency=180, topic=Topic.TO_DO)
HUB_3 = ReminderKind("hub+3", after=3, urgency=170, topic=Topic.TO_DO)
HUB_WEEKLY = ReminderKind("hub-weekly", urgency=175, topic=Topic.TO_DO)
HUB_FORMER = ReminderKind("hub-former", after=0, urgency=185, topic=Topic.TO_DO)

_THREE_DAYS = timedelta(days=3)
_LIVE = (State.CONSENT, State.PROVISIONING, State.ACTIVE)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    """Remind of each open change; of an extension only until E, when the end's reminders do."""
    for task in open_changes(trial):
        if _matters(task, trial):
            for planned in _of_change(task, until):
                if task.change != EXTENSION or trial.ends is None or planned.day <= trial.ends:
                    yield planned


@plans
def _of_the_former_release(trial: Trial, until: date) -> Iterator[Planned]:
    """List once the changes that were open when confirmations came in (migration 0009)."""
    for task in trial.hub_tasks:
        if task.done_on is None and (day := task.facts.get("list_on")) is not None:
            yield counted(HUB_FORMER, date.fromisoformat(day), topic=f"/task{task.id}")


def _matters(task: HubTask, trial: Trial) -> bool:
    """Whether a change has these reminders; while a trial may expire, only its cancellation."""
    if not HubChange.of(task.change).rings:
        return False
    return task.change == CANCELLATION or not trial.let_go


def _of_change(task: HubTask, until: date) -> Iterator[Planned]:
    topic = f"/task{task.id}"
    for kind in (HUB_1, HUB_3):
        yield counted(kind, task.saved_on, topic)
    yield from weekly(HUB_WEEKLY, task.saved_on + _THREE_DAYS, until, topic)


def tick(
    session: Session, trial_id: int, act: Act, *, task_id: int, step: str, done: bool
) -> Trial:
    """Tick a step of a change, or untick it; a tick records who and when.

    Refused: as `hold`, NOTHING_TO_DO for a change or step that isn't open, and for a conversion,
    whose checklist asks for more than ticks.
    """
    trial = hold(session, trial_id, act)
    task = waiting(trial, task_id)
    if step not in steps(trial, task) or task.change == CONVERSION:
        raise Refused(NOTHING_TO_DO)
    ticks = {name: tick for name, tick in task.ticks.items() if name != step}
    task.ticks = ticks | {step: {"by": act.who.id, "at": act.now.isoformat()}} if done else ticks
    after = {"change": task.change, "step": step, "done": done}
    return keep(session, trial, act, STEP_TICKED, after=after, plans=False)


def done_on(
    session: Session, trial_id: int, act: Act, *, task_id: int, day: date | None = None
) -> Trial:
    """Confirm that a change was made in Partner Hub, today or on `day`: only this moves dates.

    Refused: as `hold`, NOTHING_TO_DO, DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE.
    """
    trial = hold(session, trial_id, act, CONFIRM)
    task, today = waiting(trial, task_id), today_in(trial.space, act.now)
    if task.change == CONVERSION:
        return converted(session, trial_id, act, day=day or today)
    return confirm(session, trial, task, act, day or today)


def withdraw(session: Session, trial_id: int, act: Act, *, task_id: int) -> Trial:
    """Give up a change that wasn't made in Partner Hub; what only it reserved is free again.

    Refused: as `hold`, NOTHING_TO_DO, also for a change that can't be given up.
    """
    trial = hold(session, trial_id, act, CONFIRM)
    task = waiting(trial, task_id)
    if not HubChange.of(task.change).keeps:
        raise Refused(NOTHING_TO_DO)
    trial.hub_tasks.remove(task)
    reserve_again(session, trial)
    keep(session, trial, act, WITHDRAWN, after={"change": task.change})
    end(session, trial_id, now=act.now)
    return trial


def undo(session: Session, trial_id: int, act: Act, *, task_id: int) -> Trial:
    """Take back a confirmation within ten minutes.

    Refused: as `hold`, TOO_LATE_TO_UNDO, also if something newer would be lost; SERVICE_TAKEN,
    SITE_TAKEN or OWN_TRIAL_RUNS if another trial took what this one needs again.
    """
    trial = hold(session, trial_id, act, CONFIRM)
    task = undoable(trial, act.now)
    if task is None or task.id != task_id:
        raise Refused(TOO_LATE_TO_UNDO)
    confirmed_at = task.done_at
    with session.begin_nested():
        put_back(trial, task)
        if trial.state in _LIVE:
            reserve_again(session, trial)
    after = {"change": task.change}
    keep(session, trial, act, CONFIRMATION_UNDONE, after=after, plans=False)
    replan(session, trial, act.now, since=confirmed_at)
    return trial


def undoable(trial: Trial, now: datetime) -> HubTask | None:
    """The newest confirmation, if it is at most ten minutes old."""
    done = [(task.done_at, id_of(task), task) for task in trial.hub_tasks if task.done_at]
    at, _, task = max(done, default=(None, 0, None))
    return task if at is not None and now - at <= UNDO else None


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


def waiting(trial: Trial, task_id: int) -> HubTask:
    """An open change of this trial. Refused: NOTHING_TO_DO."""
    for task in open_changes(trial):
        if task.id == task_id:
            return task
    raise Refused(NOTHING_TO_DO)
