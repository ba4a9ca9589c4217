"""Change a trial's services and its number of licences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import Session, col, delete

from store.act import Act
from store.features.shared.open_changes import check_stays, confirm, put_services, want
from store.features.shared.trials import facts, hold, keep, today_in
from store.features.start import check_probes, reserve, unknown_to_cisco
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Refused
from store.rules.eligibility import (
    check_bought,
    check_kept,
    check_services,
    check_trialled,
    reservations,
    site_url,
)
from store.rules.hub import HubChange, Step, opened
from store.rules.transitions import Change
from store.tables import HubTask, Reservation, Trial
from store.terms import MeetingsOption, Service, Status

_OPEN = {
    Status.TO_START,
    Status.ACCEPTED_HERE,
    Status.PENDING_PROVISIONING,
    Status.ACTIVE,
}
CHANGE_SERVICES = Change("services", _OPEN)
CHANGE_LICENCES = Change("licences", _OPEN)
SERVICES_ASKED = HistoryKind("services-asked")
SERVICES_CHANGED = HistoryKind("services")
LICENCES_ASKED = HistoryKind("licences-asked")
LICENCES_CHANGED = HistoryKind("licences")


DEVICE_LICENCES = 5
"""Registration licences for a trial with Webex devices (docs/domain.md#licences)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The services a trial should have, with their options.

    `bought`, `trialled`: what the customer has since bought or trials with another partner.
    """

    services: Sequence[Service]
    meetings_options: Sequence[MeetingsOption] = ()
    site: str = ""
    site_time_zone: str = ""
    locations: int = 0
    bought: Sequence[Service] = ()
    trialled: Sequence[Service] = ()

    @property
    def enterprise(self) -> bool:
        """Whether the trial has a site: only with Enterprise Edition of Meetings.

        Rule: docs/domain.md#meetings-site.
        """
        meetings = Service.MEETINGS in self.services
        return meetings and MeetingsOption.ENTERPRISE in self.meetings_options


@dataclass(frozen=True, slots=True)
class Changed:
    """A trial and a change: each field's old and new value, as history keeps them.

    `done`: it is confirmed, or Cisco doesn't know of the trial yet.
    """

    trial: Trial
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    done: bool


def _while_it_runs(trial: Trial) -> tuple[date | None, date | None]:
    return trial.first_day if trial.ends else None, None


_STEPS = (Step.OPEN_CUSTOMER, Step.EDIT, Step.TICK_SERVICES, Step.SAVE_CHANGE)

SERVICE_CHANGE = HubChange(
    "services", _STEPS, confirmed=SERVICES_CHANGED, keeps=True, limits=_while_it_runs
)
"""Its facts are the wanted services and options (docs/domain.md#changing-services)."""

LICENCE_CHANGE = HubChange(
    "licences", _STEPS, confirmed=LICENCES_CHANGED, keeps=True, limits=_while_it_runs
)


@SERVICE_CHANGE.confirms
def _services_changed(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    _apply(session, trial, task.facts)


@LICENCE_CHANGE.confirms
def _licences_changed(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    for name, value in task.facts.items():
        setattr(trial, name, value)


def set_services(
    session: Session,
    trial_id: int,
    act: Act,
    wanted: Wanted,
    *,
    sure: bool = False,
    done_on: date | None = None,
) -> Changed:
    """Ask to give a trial exactly these services.

    Added ones are reserved; removed ones are held until it is confirmed. `sure`: services, or the
    site, may be taken away. What Cisco doesn't know yet is changed at once. A refusal leaves
    nothing behind, even if it is caught. Refused: as `hold`, WRONG_STATUS, TO_BE_CANCELLED,
    DAY_IN_FUTURE, DAY_TOO_EARLY, LAST_SERVICE, TAKES_AWAY unless `sure`, SERVICE_BOUGHT,
    SERVICE_TAKEN, SITE_TAKEN, OWN_TRIAL_RUNS, TOO_MANY_PROBES, NOTHING_TO_DO.
    """
    trial = hold(session, trial_id, act, CHANGE_SERVICES)
    check_stays(trial)
    _check_wanted(trial, wanted, sure=sure)
    check_probes(session, act.who, act.now)
    new = _wanted(trial, wanted)
    with session.begin_nested():
        changed = _differences(trial, _services(trial), new)
        if unknown_to_cisco(trial):
            return _at_once(session, changed, act, SERVICES_CHANGED)
        asked = {"services": new["services"], "site": new["site"], **changed.after}
        task = want(trial, SERVICE_CHANGE, today_in(trial.space, act.now), **asked)
        reserve_again(session, trial)
        return _ask(session, changed, task, act, SERVICES_ASKED, done_on)


def set_licences(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    licences: int,
    device_licences: int | None,
    done_on: date | None = None,
) -> Changed:
    """Ask for a number of licences per service; devices have their own (None: unchanged).

    Refused: as `hold`, WRONG_STATUS, TO_BE_CANCELLED, DAY_IN_FUTURE, DAY_TOO_EARLY, NOTHING_TO_DO.
    """
    trial = hold(session, trial_id, act, CHANGE_LICENCES)
    check_stays(trial)
    ours = trial.device_licences if device_licences is None else device_licences
    new = {"licences": licences, "device_licences": ours}
    changed = _differences(trial, _licences(trial), new)
    if unknown_to_cisco(trial):
        return _at_once(session, changed, act, LICENCES_CHANGED)
    wanted = {"licences": licences, **changed.after}
    task = want(trial, LICENCE_CHANGE, today_in(trial.space, act.now), **wanted)
    return _ask(session, changed, task, act, LICENCES_ASKED, done_on)


def reserve_again(session: Session, trial: Trial) -> None:
    """Reserve exactly what this trial's services, site and customer need, wanted ones included.

    Refused: SERVICE_TAKEN, SITE_TAKEN, OWN_TRIAL_RUNS if another trial has it by now.
    """
    customer = trial.customer
    sets = [([row.service for row in trial.services], trial.site)]
    if (task := opened(trial, SERVICE_CHANGE)) is not None:
        sets.append(([Service(name) for name in task.facts["services"]], task.facts["site"]))
    keys = {
        key
        for services, site in sets
        for key in reservations(services, site, customer.administrator, customer.organisation_id)
    }
    session.flush()
    session.exec(delete(Reservation).where(col(Reservation.trial_id) == trial.id))
    reserve(session, trial, keys)


def _check_wanted(trial: Trial, wanted: Wanted, *, sure: bool) -> None:
    old = [row.service for row in trial.services]
    added = [service for service in wanted.services if service not in old]
    check_services(wanted.services)
    loses_site = bool(trial.site) and not wanted.enterprise
    check_kept(old, wanted.services, loses_site=loses_site, sure=sure)
    check_bought(added, wanted.bought)
    check_trialled(added, wanted.trialled)


def _wanted(trial: Trial, wanted: Wanted) -> dict[str, Any]:
    chosen = set(wanted.services)
    options = wanted.meetings_options if Service.MEETINGS in chosen else ()
    devices = (trial.device_licences or DEVICE_LICENCES) if Service.DEVICES in chosen else 0
    about = {
        "services": [service for service in Service if service in chosen],
        "meetings_options": list(options),
        "site": site_url(wanted.site) if wanted.enterprise and wanted.site else "",
        "site_time_zone": wanted.site_time_zone if wanted.enterprise else "",
        "locations": wanted.locations if Service.CALLING in chosen else 0,
        "device_licences": devices,
    }
    return facts(about)


def _apply(session: Session, trial: Trial, new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        if name == "services":
            put_services(trial, value)
        else:
            setattr(trial, name, value)
    reserve_again(session, trial)


def _differences(trial: Trial, before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    """The fields that differ. Refused: NOTHING_TO_DO if none do."""
    names = [name for name in before if before[name] != after[name]]
    if not names:
        raise Refused(NOTHING_TO_DO)
    old, new = ({name: side[name] for name in names} for side in (before, after))
    return Changed(trial, old, new, done=False)


def _at_once(session: Session, changed: Changed, act: Act, what: HistoryKind) -> Changed:
    """Change what Cisco doesn't know yet."""
    _apply(session, changed.trial, changed.after)
    keep(session, changed.trial, act, what, before=changed.before, after=changed.after)
    return replace(changed, done=True)


def _ask(
    session: Session,
    changed: Changed,
    task: HubTask,
    act: Act,
    asked: HistoryKind,
    done_on: date | None,
) -> Changed:
    trial = changed.trial
    if done_on:
        confirm(session, trial, task, act, done_on)
        return replace(changed, done=True)
    keep(session, trial, act, asked, before=changed.before, after=changed.after)
    return changed


def _services(trial: Trial) -> dict[str, Any]:
    there = {row.service for row in trial.services}
    about = {
        "services": [service for service in Service if service in there],
        "meetings_options": trial.meetings_options,
        "site": trial.site,
        "site_time_zone": trial.site_time_zone,
        "locations": trial.locations,
        "device_licences": trial.device_licences,
    }
    return facts(about)


def _licences(trial: Trial) -> dict[str, Any]:
    return {"licences": trial.licences, "device_licences": trial.device_licences}
