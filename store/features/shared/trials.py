"""What every change of a trial shares: lock and rights first, history and reminders last.

An operation is a plain function of the caller's transaction; it never commits. It begins with
`hold` and ends with `keep`. `act` says who acts, when, and which version they saw; today is the
date of `act.now` in the trial's space.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import joinedload, lazyload
from sqlalchemy.orm.attributes import flag_modified, set_committed_value
from sqlmodel import Session, bindparam, col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar

from store.act import Act
from store.features.shared import people
from store.history import HistoryKind
from store.queues import outbox, reminders
from store.refusals import NOTHING_FOR_YOU, OLD_CARD, Refused
from store.rules import calendars
from store.rules.dates import consent_deadline
from store.rules.hub import open_changes
from store.rules.plan import Ring, plan, upcoming
from store.rules.reminder_kinds import ReminderKind, decided
from store.rules.rights import Action, check_may
from store.rules.shipments import out
from store.rules.statuses import status
from store.rules.transitions import Change, check
from store.tables import (
    Consent,
    History,
    HubTask,
    Reservation,
    Shipment,
    Space,
    Trial,
    TrialService,
    id_of,
    related,
)
from store.terms import Answer, State

LAST_OF_DAYS = date.max


def loading() -> SelectOfScalar[Trial]:
    """Select trials with their customer, space and partner, in one query."""
    parents = (Trial.customer, Trial.space, Trial.partner)
    return select(Trial).options(*(joinedload(related(one), innerjoin=True) for one in parents))


def hold(session: Session, trial_id: int, act: Act, change: Change | None = None) -> Trial:
    """Lock and reload a trial, and check that this person may make this change now.

    Refused: NOTHING_FOR_YOU without a role at its partner (or without such a trial), NOT_ALLOWED if
    the role isn't enough, OLD_CARD (`trial_id`) if it has changed since `act.seen`, WRONG_STATUS if
    today's status doesn't allow the change.
    """
    trial = lock(session, trial_id)
    if trial is None:
        raise Refused(NOTHING_FOR_YOU)
    today = today_in(trial.space, act.now)
    if act.by is not None:
        standing = people.standing(session, act.by, trial, today)
        if standing.role is None:
            raise Refused(NOTHING_FOR_YOU)
        needs = change.needs if change else Action.CHANGE
        check_may(standing.role, needs, own=standing.own)
    if act.seen is not None and act.seen != trial.version:
        raise Refused(OLD_CARD, trial_id=trial.id)
    if change is not None:
        check(trial, change, today)
    return trial


def read(session: Session, trial_ids: Collection[int]) -> Sequence[Trial]:
    """Read some trials, without locking them."""
    trials = session.exec(BARE.where(col(Trial.id).in_(trial_ids))).all()
    complete(session, trials)
    return trials


def lock(session: Session, trial_id: int) -> Trial | None:
    """Lock a trial until the transaction ends, and read its current state."""
    return next(iter(lock_all(session, [trial_id])), None)


def lock_all(session: Session, trial_ids: Collection[int]) -> Sequence[Trial]:
    """Lock trials in the order of their ids, which all share, and read their current state."""
    trials = session.exec(_LOCK, params={"trial_ids": list(trial_ids)}).all()
    complete(session, trials)
    return trials


def whole(session: Session, trial: Trial | None) -> Trial | None:
    """Load a trial's services, Partner Hub tasks and shipments, in one query; return the trial."""
    if trial is not None:
        complete(session, [trial])
    return trial


def complete(session: Session, trials: Sequence[Trial]) -> None:
    """Load the services, Partner Hub tasks and shipments of several trials, in one query."""
    rows: dict[int | None, list[Any]] = defaultdict(list)
    for trial_id, *parts in session.exec(
        _PARTS, params={"trial_ids": [trial.id for trial in trials]}
    ):
        rows[trial_id].append(parts)
    for trial in trials:
        for place, name in enumerate(("services", "hub_tasks", "shipments")):
            ours = {row[place].id: row[place] for row in rows[trial.id] if row[place] is not None}
            set_committed_value(trial, name, list(ours.values()))


BARE = loading().options(lazyload(related(Trial.services)), lazyload(related(Trial.hub_tasks)))
"""Select trials without the parts that `whole` and `complete` load."""

_LOCK = (
    BARE.where(col(Trial.id).in_(bindparam("trial_ids", expanding=True)))
    .order_by(col(Trial.id))
    .with_for_update(of=Trial)
    .execution_options(populate_existing=True)
)
_PARTS = (
    select(col(Trial.id), TrialService, HubTask, Shipment)
    .select_from(Trial)
    .outerjoin(related(Trial.services))
    .outerjoin(related(Trial.hub_tasks))
    .outerjoin(related(Trial.shipments))
    .where(col(Trial.id).in_(bindparam("trial_ids", expanding=True)))
    .order_by(col(TrialService.id), col(HubTask.id), col(Shipment.id))
    .execution_options(populate_existing=True)
)


def today_in(space: Space, now: datetime) -> date:
    """The date of an instant in a space."""
    return now.astimezone(ZoneInfo(space.time_zone)).date()


def keep(
    session: Session,
    trial: Trial,
    act: Act,
    what: HistoryKind,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
    plans: bool = True,
) -> Trial:
    """Finish a change: write history, raise the version, update sort keys and replan reminders.

    `plans` False: no date or reminder depends on the change. Changes inside `trial.extras` are
    saved, too.
    """
    trial.version += 1
    outbox.note_change(session, id_of(trial))
    flag_modified(trial, "extras")
    sort(trial)
    session.add(
        History(
            trial_id=id_of(trial),
            at=act.now,
            by=act.by.id if act.by else None,
            what=what,
            before=facts(before or {}),
            after=facts(after or {}),
            note=note,
        )
    )
    session.flush()
    if plans:
        replan(session, trial, act.now)
    return trial


def facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the form that history stores."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value


def sort(trial: Trial) -> None:
    """Update the fields that order lists."""
    trial.sorts_on = LAST_OF_DAYS
    if trial.state == State.CONSENT and trial.asked_on is not None:
        trial.sorts_on = consent_deadline(trial.asked_on)
    elif trial.ends is not None:
        trial.sorts_on = trial.ends
    trial.todo_since = min((task.saved_on for task in open_changes(trial)), default=None)
    due = [shipment.expires_on or LAST_OF_DAYS for shipment in out(trial)]
    trial.devices_due = min(due, default=None)


# ------------------------------------------------------------------ the end


def finish(session: Session, trial: Trial) -> None:
    """Release what only a live trial holds: reservations, open steps and open consent cards."""
    session.exec(delete(Reservation).where(col(Reservation.trial_id) == trial.id))
    for task in [task for task in trial.hub_tasks if task.done_on is None]:
        trial.hub_tasks.remove(task)
    withdraw_requests(session, trial)


def withdraw_requests(session: Session, trial: Trial) -> None:
    """Close the open consent cards."""
    session.exec(
        update(Consent)
        .where(col(Consent.trial_id) == trial.id, col(Consent.answer) == Answer.ASKED)
        .values(answer=Answer.WITHDRAWN)
    )


# ------------------------------------------------------------------ reminders


def replan(session: Session, trial: Trial, now: datetime, since: datetime | None = None) -> None:
    """Bring a trial's open reminders in line with its plan; those that have rung stay.

    Reminders from before `since` (None: `now`) aren't added. An unsent message of a reminder that
    the plan no longer has is withdrawn, unless it reports something that is still true. Kinds of a
    newer release are left alone.
    """
    connection = session.connection()
    wanted = {ring.key: ring for ring in _plan(trial, now)}
    there = reminders.planned_for(connection, id_of(trial))
    gone = [row for row in there if ReminderKind.knows(row.kind) and row.key not in wanted]
    reminders.withdraw(connection, [row.id for row in gone if not row.settled])
    today = today_in(trial.space, now)
    untrue = [f"r{row.id}" for row in gone if row.settled and not _is_so(trial, row.kind, today)]
    if untrue:
        outbox.withdraw_reminders(session, id_of(trial), untrue, now=now)
    waiting = [row for row in there if not row.settled and row.key in wanted]
    times = {row.id: (row.rings_at, wanted[row.key].rings_at) for row in waiting}
    reminders.ring_at(connection, {n: new for n, (old, new) in times.items() if old != new})
    known = {row.key for row in there}
    ahead = upcoming(wanted.values(), trial.space, since or now)
    fresh = [ring for ring in ahead if ring.key not in known]
    reminders.add(connection, fresh, space_id=trial.space_id, trial_id=id_of(trial), now=now)


def _plan(trial: Trial, now: datetime) -> list[Ring]:
    """Plan a trial's reminders by the calendar of its space's country."""
    space = trial.space
    holidays, weekend = calendars.holidays(space, now), calendars.weekend(space)
    return plan(trial, space, now=now, holidays=holidays, weekend=weekend)


def _is_so(trial: Trial, kind: str, today: date) -> bool:
    """Whether a reminder reported what a date has decided, and that still holds."""
    outcome = decided.get(ReminderKind.of(kind))
    return outcome is not None and status(trial, today) is outcome.status
