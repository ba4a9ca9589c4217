"""Start a trial: from a finished form to a trial, its consent cards and its first reminders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Table
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, func, select

from store.act import Act
from store.codes import code
from store.database.upsert import insert_new
from store.features import drafts, spaces
from store.features.shared import insiders, people
from store.features.shared.administrators import appoint
from store.features.shared.trials import facts, keep, to_do, today_in
from store.history import HistoryKind
from store.refusals import NOT_ALLOWED, NOT_LINKED, NOTHING_FOR_YOU, Reason, Refused
from store.rules.dates import check_done_on, end_of
from store.rules.eligibility import (
    SERVICE_TAKEN,
    check_bought,
    check_services,
    check_trialled,
    reservations,
    site_url,
)
from store.rules.hub import STARTED_BY
from store.rules.rights import Action, may
from store.rules.spelling import name_key, organisation
from store.tables import (
    Consent,
    Customer,
    Draft,
    Partner,
    Person,
    Probe,
    Reservation,
    Shipment,
    Space,
    Trial,
    TrialService,
    id_of,
)
from store.terms import DeviceType, Kind, MeetingsOption, Service, SkipReason, State

STARTED = HistoryKind("started")
SITE_TAKEN = Reason("site-taken")
OWN_TRIAL_RUNS = Reason("own-trial-runs")
TOO_MANY_PROBES = Reason("too-many-probes")


PROBES_AN_HOUR = 10
"""How often an hour a person may learn that something is taken.

Rule: docs/domain.md#what-strangers-learn.
"""

RESERVATIONS: Table = Reservation.metadata.tables["reservation"]

TELLING = frozenset({SERVICE_TAKEN, SITE_TAKEN})
"""Refusals that reveal that something is taken: the worker counts each with `probed`."""


class NewTrial(BaseModel):
    """The finished start form; its field names are also those of a draft's `values` (as JSON).

    `first_day`: None is the day it is saved. `to_ship`: device type → {"models": {name: quantity},
    "country": ISO}. `bought`: what the customer has bought; `trialled`: what Partner Hub shows as
    another partner's trial. `done_on`: the day it was done in Partner Hub, if it was.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Kind
    company: str
    administrator: str
    administrator_is_full: bool = True
    full_administrators: list[str] = []
    organisation_id: str = ""
    vertical: str = ""
    vertical_note: str = ""
    country: str
    language: str = "en"
    services: list[Service]
    bought: list[Service] = []
    trialled: list[Service] = []
    meetings_options: list[MeetingsOption] = []
    site: str = ""
    site_time_zone: str = ""
    locations: int = 0
    device_licences: int = 0
    to_ship: dict[DeviceType, dict[str, Any]] = {}
    skip_reason: SkipReason | None = None
    licences: int = 100
    duration: int = 30
    customer_notices: bool = True
    first_day: date | None = None
    done_on: date | None = None
    set_up: str = "later"


@dataclass(frozen=True, slots=True)
class Started:
    """A saved trial and the consent cards to send (existing customers only)."""

    trial: Trial
    consents: tuple[Consent, ...]


def finish_draft(session: Session, draft_id: int, act: Act) -> Started:
    """Turn a draft into a trial and delete it, so that a double press makes one trial.

    Refused: as `drafts.hold` (DRAFT_GONE carries the trial that it became) and `start`.
    """
    draft = drafts.hold(session, draft_id, act)
    form = NewTrial.model_validate(draft.values)
    space = session.get_one(Space, draft.space_id)
    started = start(session, form, by=act.who, space=space, now=act.now, draft=draft)
    session.delete(draft)
    session.flush()
    return started


def start(
    session: Session,
    form: NewTrial,
    *,
    by: Person,
    space: Space,
    now: datetime,
    draft: Draft | None = None,
) -> Started:
    """Save a trial for a space's partner.

    Refused: NOTHING_FOR_YOU, NOT_ALLOWED, LAST_SERVICE, SERVICE_BOUGHT, SERVICE_TAKEN (`services`)
    and SITE_TAKEN, which never reveal the holder; OWN_TRIAL_RUNS (`code`, `trial_id`);
    TOO_MANY_PROBES; DAY_IN_FUTURE for `done_on`; BOT_ADDRESS and OWN_PERSON (`address`) for one of
    the customer's addresses. A refusal leaves nothing behind, even if it is caught.
    """
    role = people.role_of(session, by, space.partner_id)
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    if not may(role, Action.START, own=True):
        raise Refused(NOT_ALLOWED)
    check_services(form.services)
    addresses = [form.administrator, *form.full_administrators]
    insiders.check_customers(session, space.partner_id, by, addresses)
    check_probes(session, by, now)
    if form.kind != Kind.NEW:
        check_bought(form.services, form.bought)
        check_trialled(form.services, form.trialled)
    if form.done_on:
        check_done_on(form.done_on, today_in(space, now))
    with session.begin_nested():
        return _save(session, form, by=by, space=space, now=now, draft=draft)


def places(session: Session, by: Person) -> list[tuple[Space, Partner]]:
    """The spaces for which a person may start trials, by partner.

    Refused: NOTHING_FOR_YOU without any role, NOT_ALLOWED if no role is enough, NOT_LINKED if none
    of the partners has a linked space.
    """
    roles = people.roles_of(session, by)
    if not roles:
        raise Refused(NOTHING_FOR_YOU)
    partners = [partner for partner, role in roles if may(role, Action.START)]
    if not partners:
        raise Refused(NOT_ALLOWED)
    found = [
        (space, partner)
        for partner in partners
        for space in spaces.spaces_of(session, id_of(partner))
    ]
    if not found:
        raise Refused(NOT_LINKED)
    return found


def check_probes(session: Session, by: Person, now: datetime) -> None:
    """Refuse to reveal to a person more than ten times an hour that something is taken."""
    probes = select(func.count()).where(
        col(Probe.person_id) == by.id, col(Probe.at) > now - timedelta(hours=1)
    )
    if session.exec(probes).one() >= PROBES_AN_HOUR:
        raise Refused(TOO_MANY_PROBES)


def probed(session: Session, by: Person, now: datetime) -> None:
    """Count that a person learned that something is taken.

    Called for each refusal in `TELLING`, in the transaction that answers it: the refused one is
    rolled back.
    """
    session.add(Probe(person_id=id_of(by), at=now))
    session.flush()


def reserve(session: Session, trial: Trial, keys: Iterable[str]) -> None:
    """Reserve what only one live trial may hold; if two try at once, one wins."""
    wanted = [{"key": key, "trial_id": trial.id} for key in sorted(keys)]
    if not wanted:
        return
    take = insert_new(session.connection(), RESERVATIONS).returning(RESERVATIONS.c.key)
    got = set(session.exec(take, params=wanted).scalars())
    missing = [row["key"] for row in wanted if row["key"] not in got]
    if missing:
        raise _taken(session, trial, missing)


def _taken(session: Session, trial: Trial, keys: Sequence[Any]) -> Refused:
    ours = session.exec(
        select(col(Trial.id), col(Trial.code))
        .join(Reservation)
        .where(
            col(Reservation.key).in_(keys),
            col(Trial.partner_id) == trial.partner_id,
            col(Trial.id) != trial.id,
        )
    ).first()
    if ours:
        return Refused(OWN_TRIAL_RUNS, trial_id=ours[0], code=ours[1])
    if any(key.startswith("site:") for key in keys):
        return Refused(SITE_TAKEN, site=trial.site)
    names = {key.rpartition(":")[2] for key in keys}
    return Refused(SERVICE_TAKEN, services=tuple(s for s in Service if s in names))


def _save(
    session: Session,
    form: NewTrial,
    *,
    by: Person,
    space: Space,
    now: datetime,
    draft: Draft | None,
) -> Started:
    today = today_in(space, now)
    customer = _customer(session, form, space.partner_id)
    trial = _trial(form, by, space, today)
    trial.customer_id, trial.draft_id = id_of(customer), draft.id if draft else None
    session.add(trial)
    session.flush()
    trial.code = code(id_of(trial))
    for name in ("services", "hub_tasks", "shipments"):
        set_committed_value(trial, name, [])
    _contents(trial, form)
    site = trial.site
    keys = reservations(form.services, site, form.administrator, form.organisation_id)
    reserve(session, trial, keys)
    to_do(trial, STARTED_BY[form.kind], today=today, done_on=form.done_on)
    consents = ask(session, trial, Act(by, now), _addressees(form))
    about = {"kind": form.kind, "services": form.services, "licences": form.licences}
    after = facts(about | {"ends": trial.ends, "asked_on": trial.asked_on, "code": trial.code})
    keep(session, trial, Act(by, now), STARTED, after=after)
    return Started(trial, tuple(consents))


def _trial(form: NewTrial, by: Person, space: Space, today: date) -> Trial:
    first_day = form.first_day or form.done_on or today
    asked = form.kind == Kind.EXISTING
    enterprise = MeetingsOption.ENTERPRISE in form.meetings_options
    return Trial(
        code=uuid4().hex,
        customer_id=0,
        partner_id=space.partner_id,
        space_id=id_of(space),
        space=space,
        started_by=id_of(by),
        kind=form.kind,
        state=State.CONSENT if asked else State.ACTIVE,
        version=0,
        sorts_on=today,
        saved_on=today,
        first_day=first_day,
        duration=form.duration,
        ends=None if asked else end_of(first_day, form.duration),
        asked_on=(form.done_on or today) if asked else None,
        licences=form.licences,
        device_licences=form.device_licences,
        meetings_options=facts({"": form.meetings_options})[""],
        site=site_url(form.site) if enterprise and form.site else "",
        site_time_zone=form.site_time_zone if enterprise else "",
        locations=form.locations,
        to_ship={str(device): what for device, what in form.to_ship.items()},
        skip_reason=form.skip_reason or "",
        set_up=form.set_up,
        customer_notices=form.customer_notices,
    )


def _contents(trial: Trial, form: NewTrial) -> None:
    for service in dict.fromkeys(form.services):
        trial.services.append(TrialService(trial_id=id_of(trial), service=service))
    for device, wanted in form.to_ship.items():
        models, country = wanted.get("models", {}), wanted.get("country", form.country)
        shipment = Shipment(trial_id=id_of(trial), type=device, models=models, country=country)
        trial.shipments.append(shipment)


def _customer(session: Session, form: NewTrial, partner_id: int) -> Customer:
    customer = _known_customer(session, form, partner_id) or Customer(
        partner_id=partner_id, administrator="", domain="", company="", company_key=""
    )
    if customer.administrator_id is None:
        appoint(session, customer, form.administrator)
    customer.company, customer.company_key = form.company, name_key(form.company)
    customer.organisation_id = organisation(form.organisation_id) or customer.organisation_id
    customer.vertical, customer.vertical_note = form.vertical, form.vertical_note
    customer.country, customer.language = form.country, form.language
    customer.full_administrators = [email.lower() for email in form.full_administrators]
    session.add(customer)
    session.flush()
    return customer


def _known_customer(session: Session, form: NewTrial, partner_id: int) -> Customer | None:
    """The partner's customer with this administrator: the same person at the same address."""
    address = form.administrator.strip().lower()
    here = (col(Customer.partner_id) == partner_id) & (col(Customer.administrator) == address)
    customers = select(Customer).where(here).order_by(col(Customer.id)).limit(1)
    if person := people.shown_with(session, address):
        who = col(Customer.administrator_id)
        customers = customers.where(who.is_(None) | (who == person.id))
    return session.exec(customers).first()


def _addressees(form: NewTrial) -> dict[str, bool]:
    """The people asked for consent: address → whether a full administrator.

    Rule: docs/domain.md#whom-cisco-asks.
    """
    if form.kind != Kind.EXISTING:
        return {}
    asked = {form.administrator.strip().lower(): form.administrator_is_full}
    if not form.administrator_is_full:
        named = (email.strip().lower() for email in form.full_administrators)
        asked = asked | dict.fromkeys(named, True)
    return asked


def ask(session: Session, trial: Trial, act: Act, addressees: dict[str, bool]) -> list[Consent]:
    """Create a consent card for each address; the value: whether a full administrator's."""
    consents = [
        Consent(
            trial_id=id_of(trial),
            email=email,
            full_administrator=full,
            asked_at=act.now,
            asked_by=act.by.id if act.by else None,
        )
        for email, full in addressees.items()
    ]
    session.add_all(consents)
    session.flush()
    return consents
