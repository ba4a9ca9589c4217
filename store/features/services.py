"""Change a running trial's services and its number of licences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, delete

from store.act import Act
from store.features.shared.trials import facts, hold, keep, to_do, today_in
from store.features.start import check_probes, reserve
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Refused
from store.rules.dates import check_done_on
from store.rules.eligibility import (
    check_bought,
    check_kept,
    check_services,
    check_trialled,
    reservations,
    site_url,
)
from store.rules.transitions import Change
from store.tables import Person, Reservation, Trial, TrialService, id_of
from store.terms import HubChange, MeetingsOption, Service, Status

_OPEN = {Status.PENDING_PROVISIONING, Status.ACTIVE}
CHANGE_SERVICES = Change("services", _OPEN)
CHANGE_LICENCES = Change("licences", _OPEN)
SERVICES_CHANGED = HistoryKind("services")
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
    """A trial and what changed: each field's old and new value, as history keeps them."""

    trial: Trial
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def set_services(
    session: Session,
    trial_id: int,
    act: Act,
    wanted: Wanted,
    *,
    sure: bool = False,
    done_on: date | None = None,
) -> Changed:
    """Give a trial exactly these services; removed ones are free for others at once.

    `sure`: services, or the site, may be taken away. A refusal leaves nothing behind, even if it is
    caught. Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY, LAST_SERVICE,
    TAKES_AWAY unless `sure`, SERVICE_BOUGHT, SERVICE_TAKEN, SITE_TAKEN, OWN_TRIAL_RUNS,
    TOO_MANY_PROBES, NOTHING_TO_DO.
    """
    trial = hold(session, trial_id, act, CHANGE_SERVICES)
    _check_day(trial, done_on, act.now)
    _check_wanted(trial, wanted, sure=sure)
    check_probes(session, act.who, act.now)
    before = _services(trial)
    with session.begin_nested():
        _apply(session, trial, wanted)
        return _keep(
            session, trial, SERVICES_CHANGED, before, _services(trial), act.who, done_on, act.now
        )


def set_licences(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    licences: int,
    device_licences: int | None,
    done_on: date | None = None,
) -> Changed:
    """Set the number of licences per service; devices have their own (None: unchanged).

    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY, NOTHING_TO_DO.
    """
    trial = hold(session, trial_id, act, CHANGE_LICENCES)
    _check_day(trial, done_on, act.now)
    before = _licences(trial)
    trial.licences = licences
    if device_licences is not None:
        trial.device_licences = device_licences
    return _keep(
        session, trial, LICENCES_CHANGED, before, _licences(trial), act.who, done_on, act.now
    )


def reserve_again(session: Session, trial: Trial) -> None:
    """Reserve exactly what this trial's services, site and customer need.

    Refused: SERVICE_TAKEN, SITE_TAKEN, OWN_TRIAL_RUNS if another trial has it by now.
    """
    customer = trial.customer
    services = [row.service for row in trial.services]
    keys = reservations(services, trial.site, customer.administrator, customer.organisation_id)
    session.flush()
    session.exec(delete(Reservation).where(col(Reservation.trial_id) == trial.id))
    reserve(session, trial, keys)


def _check_day(trial: Trial, done_on: date | None, now: datetime) -> None:
    if done_on:
        check_done_on(done_on, today_in(trial.space, now), trial.first_day)


def _check_wanted(trial: Trial, wanted: Wanted, *, sure: bool) -> None:
    old = [row.service for row in trial.services]
    added = [service for service in wanted.services if service not in old]
    check_services(wanted.services)
    loses_site = bool(trial.site) and not wanted.enterprise
    check_kept(old, wanted.services, loses_site=loses_site, sure=sure)
    check_bought(added, wanted.bought)
    check_trialled(added, wanted.trialled)


def _apply(session: Session, trial: Trial, wanted: Wanted) -> None:
    for row in [row for row in trial.services if row.service not in wanted.services]:
        trial.services.remove(row)
    there = {row.service for row in trial.services}
    for service in dict.fromkeys(wanted.services):
        if service not in there:
            trial.services.append(TrialService(trial_id=id_of(trial), service=service))
    options = wanted.meetings_options if Service.MEETINGS in wanted.services else ()
    trial.meetings_options = [option.value for option in options]
    trial.site = site_url(wanted.site) if wanted.enterprise and wanted.site else ""
    trial.site_time_zone = wanted.site_time_zone if wanted.enterprise else ""
    trial.locations = wanted.locations if Service.CALLING in wanted.services else 0
    devices = Service.DEVICES in wanted.services
    trial.device_licences = (trial.device_licences or DEVICE_LICENCES) if devices else 0
    reserve_again(session, trial)


def _keep(
    session: Session,
    trial: Trial,
    what: HistoryKind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: Person,
    done_on: date | None,
    now: datetime,
) -> Changed:
    """Finish a change, recording only the fields that differ. Refused: NOTHING_TO_DO if none do."""
    names = [name for name in before if before[name] != after[name]]
    if not names:
        raise Refused(NOTHING_TO_DO)
    old, new = ({name: side[name] for name in names} for side in (before, after))
    today = today_in(trial.space, now)
    to_do(trial, HubChange.SERVICES, today=today, done_on=done_on, **old)
    more = {"done_on": done_on} if done_on else {}
    keep(session, trial, Act(by, now), what, before=old, after=new | more)
    return Changed(trial, old, new)


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
