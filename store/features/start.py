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
from store.features.provisioned import PROVISIONING
from store.features.shared import insiders, people
from store.features.shared.administrators import appoint
from store.features.shared.open_changes import DONE_IN_PARTNER_HUB, confirm, want
from store.features.shared.trials import facts, keep, today_in
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
from store.rules.hub import HubChange, Step, opened
from store.rules.rights import Action, may
from store.rules.spelling import name_key, organisation
from store.tables import (
    Consent,
    Customer,
    Draft,
    HubTask,
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
from store.terms import DeviceType, Kind, MeetingsOption, Service, SkipReason, State, Status

STARTED = HistoryKind("started")
SITE_TAKEN = Reason("site-taken")
OWN_TRIAL_RUNS = Reason("own-trial-runs")
TOO_MANY_PROBES = Reason("too-many-probes")
FAR_AWAY = Reason("far-away")
ACCEPTED_IN_FUTURE = Reason("accepted-in-future")

START = HubChange(
    "start",
    (
        Step.OPEN_CUSTOMERS,
        Step.START_TRIAL,
        Step.COMPANY,
        Step.COUNTRY,
        Step.SUPPORTED_LOCATION,
        Step.NO_CONFIRMATION,
        Step.SERVICES,
        Step.SITE,
        Step.DEVICES,
        Step.SAVE,
        Step.SET_UP_NOW,
    ),
    confirmed=DONE_IN_PARTNER_HUB,
    instead={Status.PENDING_PROVISIONING: Status.TO_START},
    leads=True,
)
"""Start Trial, for a new customer (docs/domain.md#starting-for-a-new-customer)."""

ADDITION = HubChange(
    "add",
    (Step.OPEN_CUSTOMER, Step.ADD, Step.TICK_CAPABILITIES, Step.START_ADDED),
    confirmed=DONE_IN_PARTNER_HUB,
    instead={Status.PENDING_PROVISIONING: Status.TO_START},
    leads=True,
)
"""Add, for a paid customer (docs/domain.md#adding-to-a-paid-customer)."""

REQUEST = HubChange(
    "request",
    (
        Step.OPEN_CUSTOMERS,
        Step.START_TRIAL,
        Step.COMPANY,
        Step.COUNTRY,
        Step.SUPPORTED_LOCATION,
        Step.CONFIRMATION,
        Step.SERVICES,
        Step.SITE,
        Step.DEVICES,
        Step.SEND_REQUEST,
    ),
    confirmed=DONE_IN_PARTNER_HUB,
    instead={Status.PENDING_CONSENT: Status.TO_REQUEST},
    leads=True,
)
"""Send Trial Request, to an existing customer.

Rule: docs/domain.md#starting-for-an-existing-customer.
"""

STARTED_BY: dict[Kind, HubChange] = {
    Kind.NEW: START,
    Kind.EXISTING: REQUEST,
    Kind.PAID: ADDITION,
}
"""How a trial of each kind is started in Partner Hub."""


@START.confirms
@ADDITION.confirms
def _started(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    trial.state, trial.first_day, trial.ends = State.ACTIVE, day, end_of(day, trial.duration)


@REQUEST.confirms
def _requested(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    trial.asked_on = day


def unknown_to_cisco(trial: Trial) -> bool:
    """Whether a trial isn't known to be started, or its request sent, in Partner Hub."""
    return opened(trial, STARTED_BY[trial.kind]) is not None


PROBES_AN_HOUR = 10
"""How often an hour a person may learn that something is taken.

Rule: docs/domain.md#what-strangers-learn.
"""

SOON_DAYS = 90
"""A first day further away than this is probably a mistake. [ours]"""

RESERVATIONS: Table = Reservation.metadata.tables["reservation"]

TELLING = frozenset({SERVICE_TAKEN, SITE_TAKEN})
"""Refusals that reveal that something is taken: the worker counts each with `probed`."""


class NewTrial(BaseModel):
    """The finished start form; its field names are also those of a draft's `values` (as JSON).

    `first_day`: the planned one; None is the day it is saved. `far_away`: it may be more than 90
    days from today. `to_ship`: device type → {"models": {name: quantity}, "country": ISO}.
    `bought`: what the customer has bought; `trialled`: what Partner Hub shows as another partner's
    trial. `done_on`: the day it was done in Partner Hub, if it was: started, requested or, after
    consent, provisioned. `accepted_on`: the day on which an existing customer accepted already, so
    that nobody is asked again.
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
    far_away: bool = False
    accepted_on: date | None = None
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
    TOO_MANY_PROBES; FAR_AWAY (`day`, `latest`) for `first_day`, unless `far_away`; DAY_IN_FUTURE
    and DAY_TOO_EARLY for `done_on`, ACCEPTED_IN_FUTURE for `accepted_on`; BOT_ADDRESS and
    OWN_PERSON (`address`) for one of the customer's addresses. A refusal leaves nothing behind,
    even if it is caught.
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
    _check_days(form, today_in(space, now))
    with session.begin_nested():
        return _save(session, form, by=by, space=space, now=now, draft=draft)


def _check_days(form: NewTrial, today: date) -> None:
    latest = today + timedelta(days=SOON_DAYS)
    if form.first_day and form.first_day > latest and not form.far_away:
        raise Refused(FAR_AWAY, day=form.first_day, latest=latest)
    accepted = form.accepted_on if form.kind == Kind.EXISTING else None
    if accepted and accepted > today:
        raise Refused(ACCEPTED_IN_FUTURE, day=accepted)
    if form.done_on:
        check_done_on(form.done_on, today, accepted)


def places(
    session: Session, by: Person, needs: Action = Action.START
) -> list[tuple[Space, Partner]]:
    """The spaces for which a person may start trials, or may do what `needs` says, by partner.

    Refused: NOTHING_FOR_YOU without any role, NOT_ALLOWED if no role is enough, NOT_LINKED if none
    of the partners has a linked space.
    """
    roles = people.roles_of(session, by)
    if not roles:
        raise Refused(NOTHING_FOR_YOU)
    partners = [partner for partner, role in roles if may(role, needs)]
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
    act = Act(by, now)
    accepted = trial.accepted_on is not None
    task = want(trial, PROVISIONING if accepted else STARTED_BY[form.kind], today)
    consents = [] if accepted else ask(session, trial, act, _addressees(form))
    about = {"kind": form.kind, "services": form.services, "licences": form.licences}
    keep(session, trial, act, STARTED, after=facts(about | {"code": trial.code}))
    if form.done_on:
        confirm(session, trial, task, act, form.done_on)
    return Started(trial, tuple(consents))


def _trial(form: NewTrial, by: Person, space: Space, today: date) -> Trial:
    accepted_on = form.accepted_on if form.kind == Kind.EXISTING else None
    asks = form.kind == Kind.EXISTING and accepted_on is None
    enterprise = MeetingsOption.ENTERPRISE in form.meetings_options
    return Trial(
        code=uuid4().hex,
        customer_id=0,
        partner_id=space.partner_id,
        space_id=id_of(space),
        space=space,
        started_by=id_of(by),
        kind=form.kind,
        state=State.CONSENT if asks else State.PROVISIONING,
        version=0,
        sorts_on=today,
        saved_on=today,
        first_day=form.first_day or today,
        duration=form.duration,
        accepted_on=accepted_on,
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
