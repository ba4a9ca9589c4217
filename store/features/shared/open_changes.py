"""Changes that wait for Partner Hub: asking for one, confirming it, and taking that back.

Only a confirmation moves what Cisco decides: dates, services, state and counters.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date
from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import facts, keep, today_in
from store.history import HistoryKind
from store.refusals import Reason, Refused
from store.rules.dates import bought_on, check_done_on
from store.rules.hub import HubChange, is_quiet, open_changes, opened
from store.tables import HubTask, Trial, TrialService, id_of
from store.terms import Kind, Service, State

DONE_IN_PARTNER_HUB = HistoryKind("hub-done")
TO_BE_CANCELLED = Reason("to-be-cancelled")
TOO_LATE_TO_UNDO = Reason("too-late-to-undo")

UNDO = timedelta(minutes=10)
"""How long a confirmation can be undone."""

_MOVED = (
    "kind",
    "state",
    "first_day",
    "ends",
    "asked_on",
    "accepted_on",
    "provisioned_on",
    "cancelled_on",
    "cancelled_by",
    "outcome",
    "outcome_note",
    "extensions",
    "let_go",
    "snoozed_until",
    "licences",
    "device_licences",
    "meetings_options",
    "site",
    "site_time_zone",
    "locations",
)
"""What a confirmation may change on a trial, besides its services."""

_TOLD = {
    "services",
    "ends",
    "asked_on",
    "cancelled_by",
    "outcome",
    "outcome_note",
    "licences",
    "device_licences",
    "meetings_options",
    "site",
    "site_time_zone",
    "locations",
}
"""What history says of a confirmation, besides its day."""


def want(trial: Trial, kind: HubChange, today: date, **wanted: Any) -> HubTask:
    """Open a change; it replaces an open one of its kind."""
    if (former := opened(trial, kind)) is not None:
        trial.hub_tasks.remove(former)
    task = HubTask(trial_id=id_of(trial), change=kind, saved_on=today, facts=facts(wanted))
    trial.hub_tasks.append(task)
    return task


def check_stays(trial: Trial) -> None:
    """Refuse to go on with a trial that is to be cancelled (TO_BE_CANCELLED)."""
    if is_quiet(trial):
        raise Refused(TO_BE_CANCELLED)


def confirm(session: Session, trial: Trial, task: HubTask, act: Act, day: date) -> Trial:
    """Do what a change wanted, because it was made in Partner Hub on `day`.

    Refused: DAY_IN_FUTURE, DAY_TOO_EARLY, DAY_TOO_LATE.
    """
    kind = HubChange.of(task.change)
    check_done_on(day, today_in(trial.space, act.now), *kind.limits(trial))
    before, waiting = moved(trial), [each for each in open_changes(trial) if each is not task]
    task.done_on, task.done_at = day, act.now
    kind.confirm(session, trial, task, day)
    after = moved(trial)
    names = [name for name in before if before[name] != after[name]]
    old, new = ({name: side[name] for name in names} for side in (before, after))
    left = [each.id for each in open_changes(trial)]
    since = {"let_go": trial.let_go, "left": left}
    since |= facts({"state": trial.state, "bought": bought_on(trial)})
    task.undo = {"before": old, "after": new, **since, **_others(trial, waiting)}
    said = {"change": kind, "day": day, **_told(new)}
    return keep(session, trial, act, kind.confirmed, before=_told(old), after=said)


def arrive(trial: Trial, day: date) -> None:
    """Close the changes that led to a running trial."""
    for task in open_changes(trial):
        if HubChange.of(task.change).leads:
            task.done_on = day


def moved(trial: Trial) -> dict[str, Any]:
    """What a confirmation may change, in the form that the database stores."""
    there = {row.service for row in trial.services}
    services = [service for service in Service if service in there]
    return facts({"services": services, **{name: getattr(trial, name) for name in _MOVED}})


def put_back(trial: Trial, task: HubTask) -> None:
    """Take back what a confirmation did. Refused: TOO_LATE_TO_UNDO if something newer would go."""
    undo, now = task.undo, moved(trial)
    newer = any(now[name] != value for name, value in undo["after"].items())
    if newer or _went_on(trial, undo) or opened(trial, HubChange.of(task.change)) is not None:
        raise Refused(TOO_LATE_TO_UNDO)
    for name, value in undo["before"].items():
        if name == "services":
            put_services(trial, value)
        else:
            setattr(trial, name, _read(name, value))
    for each in trial.hub_tasks:
        if each.id in undo["closed"]:
            each.done_on = None
    for row in undo["removed"]:
        again = HubTask(trial_id=id_of(trial), **row)
        again.saved_on = date.fromisoformat(row["saved_on"])
        trial.hub_tasks.append(again)
    task.done_on, task.done_at, task.undo = None, None, {}


def _went_on(trial: Trial, undo: dict[str, Any]) -> bool:
    """Whether something has been built on a confirmation that moved the trial's state."""
    if trial.state != undo["state"]:
        return True
    if "state" not in undo["before"]:
        return False
    later = any(each.id not in undo["left"] for each in open_changes(trial))
    bought = facts({"bought": bought_on(trial)})
    return later or bought["bought"] != undo["bought"] or trial.let_go != undo["let_go"]


def put_services(trial: Trial, services: list[str]) -> None:
    """Give a trial exactly these services."""
    for row in [row for row in trial.services if row.service not in services]:
        trial.services.remove(row)
    there = {row.service for row in trial.services}
    for service in dict.fromkeys(services):
        if service not in there:
            trial.services.append(TrialService(trial_id=id_of(trial), service=Service(service)))


def _others(trial: Trial, waiting: list[HubTask]) -> dict[str, Any]:
    """The other changes that a confirmation closed or removed."""
    removed = [each for each in waiting if each not in trial.hub_tasks]
    names = ("change", "saved_on", "facts", "ticks")
    return {
        "closed": [each.id for each in waiting if each.done_on is not None],
        "removed": [facts({name: getattr(each, name) for name in names}) for each in removed],
    }


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _TOLD}


def _read(name: str, value: Any) -> Any:
    if name in _TERMS:
        return _TERMS[name](value)
    is_day = isinstance(Trial.__table__.c[name].type, Date)  # type: ignore[attr-defined]
    return date.fromisoformat(value) if is_day and value is not None else value


_TERMS = {"kind": Kind, "state": State}
