"""Adding and removing services of a running trial, and how many licences it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from store.policy import (
    Change,
    check,
    check_bought,
    check_done_on,
    check_services,
    check_trialled,
    reservations,
    site_url,
)
from store.start import check_probes, reserve
from store.tables import Person, Reservation, Trial, TrialService, id_of
from store.terms import Fact, HubChange, MeetingsOption, Service
from store.trials import facts, hold, keep, to_do, today_in


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a trial shall have: its services with what belongs to them.

    `bought`, `trialled`: what the customer has bought or tries with another partner by now.
    """

    services: Sequence[Service]
    meetings_options: Sequence[MeetingsOption] = ()
    site: str = ""
    site_time_zone: str = ""
    locations: int = 0
    bought: Sequence[Service] = ()
    trialled: Sequence[Service] = ()


def set_services(
    session: Session,
    trial_id: int,
    wanted: Wanted,
    *,
    by: Person,
    done_on: date | None = None,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Give a trial these services, no others; what is removed is free for others at once.

    Refused: as `hold`, WRONG_STATUS, LAST_SERVICE, SERVICE_BOUGHT, SERVICE_TAKEN, SITE_TAKEN,
    OWN_TRIAL_RUNS, TOO_MANY_PROBES, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.SERVICES, today)
    if done_on:
        check_done_on(done_on, today, trial.first_day)
    old = [row.service for row in trial.services]
    added = [service for service in wanted.services if service not in old]
    check_services(wanted.services)
    check_bought(added, wanted.bought)
    check_trialled(added, wanted.trialled)
    check_probes(session, by, now)
    before = _facts(trial)
    with session.begin_nested():
        _apply(session, trial, wanted)
    after = _facts(trial) | {"done_on": done_on}
    to_do(trial, HubChange.SERVICES, today=today, done_on=done_on, **before)
    return keep(session, trial, by=by, now=now, what=Fact.SERVICES, before=before, after=after)


def set_licences(
    session: Session,
    trial_id: int,
    *,
    licences: int,
    device_licences: int,
    by: Person,
    done_on: date | None = None,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Change how many licences each service has (devices have their own number).

    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.LICENCES, today)
    if done_on:
        check_done_on(done_on, today, trial.first_day)
    before = {"licences": trial.licences, "device_licences": trial.device_licences}
    trial.licences, trial.device_licences = licences, device_licences
    after = {"licences": licences, "device_licences": device_licences}
    to_do(trial, HubChange.SERVICES, today=today, done_on=done_on, **before)
    return keep(session, trial, by=by, now=now, what=Fact.LICENCES, before=before, after=after)


def reserve_again(session: Session, trial: Trial) -> None:
    """Hold exactly what this trial's services, site and customer need.

    Refused: SERVICE_TAKEN, SITE_TAKEN, OWN_TRIAL_RUNS if somebody else has it by now.
    """
    customer = trial.customer
    services = [row.service for row in trial.services]
    keys = reservations(services, trial.site, customer.administrator, customer.organisation_id)
    session.flush()
    session.execute(delete(Reservation).where(col(Reservation.trial_id) == trial.id))
    reserve(session, trial, keys)


def _apply(session: Session, trial: Trial, wanted: Wanted) -> None:
    for row in [row for row in trial.services if row.service not in wanted.services]:
        trial.services.remove(row)
    there = {row.service for row in trial.services}
    for service in dict.fromkeys(wanted.services):
        if service not in there:
            trial.services.append(TrialService(trial_id=id_of(trial), service=service))
    meetings = Service.MEETINGS in wanted.services
    options = list(wanted.meetings_options) if meetings else []
    enterprise = MeetingsOption.ENTERPRISE in options
    trial.meetings_options = facts({"": options})[""]
    trial.site = site_url(wanted.site) if enterprise and wanted.site else ""
    trial.site_time_zone = wanted.site_time_zone if enterprise else ""
    trial.locations = wanted.locations if Service.CALLING in wanted.services else 0
    reserve_again(session, trial)


def _facts(trial: Trial) -> dict[str, object]:
    return {"services": [row.service for row in trial.services], "site": trial.site}
