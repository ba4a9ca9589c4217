"""Import trials from a file: keep what was read, say what it would do, and write it in bulk.

Import records what Partner Hub shows: no steps, no consent is asked, no customer is written to, and
only future reminders are planned. Rule: docs/import.md#rows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from sqlalchemy import Table
from sqlmodel import Session, SQLModel, col, delete, func, select

from store.act import Act
from store.codes import code
from store.database.numbers import add_all, next_ids
from store.features import settings, spaces
from store.features.shared import people
from store.features.shared.insiders import same_organisation
from store.features.shared.trials import LAST_OF_DAYS, facts, today_in
from store.features.start import (
    OWN_TRIAL_RUNS,
    PROBES_AN_HOUR,
    SITE_TAKEN,
    TOO_MANY_PROBES,
)
from store.history import HistoryKind
from store.refusals import NOT_LINKED, NOTHING_FOR_YOU, OLD_CARD, Reason, Refused
from store.rules.bots import is_bot
from store.rules.columns import Column
from store.rules.dates import consent_deadline
from store.rules.eligibility import SERVICE_TAKEN, keys_of
from store.rules.imports import DEFAULT_LICENCES, Answers, Meant, Order, Row, meant
from store.rules.rights import Action, check_may, may
from store.tables import (
    Address,
    Customer,
    History,
    Partner,
    Person,
    Probe,
    Reservation,
    RoleRow,
    Serial,
    Shipment,
    Space,
    Trial,
    TrialService,
    Upload,
    id_of,
)
from store.terms import DeviceType, Kind, MeetingsOption, Service, State

IMPORTED = HistoryKind("imported")
UPLOAD_GONE = Reason("upload-gone")
MANY_SPACES = Reason("many-spaces")
OUR_ADDRESS = Reason("our-address")
REPEATED = Reason("repeated")
NOTHING_TO_IMPORT = Reason("nothing-to-import")

KEPT = timedelta(days=7)
AT_ONCE = 500
"""How many keys one query looks up."""

T = TypeVar("T")


# ------------------------------------------------------------------ what is kept


def place(session: Session, by: Person, space: Space | None) -> Space:
    """The space that an import is for: this one or, one to one, the only one that it can be.

    Refused: NOTHING_FOR_YOU, NOT_ALLOWED, NOT_LINKED, MANY_SPACES.
    """
    if space is not None:
        _check_right(session, by, space.partner_id)
        return space
    roles = people.roles(session, by)
    if not roles:
        raise Refused(NOTHING_FOR_YOU)
    able = [number for number, role in roles.items() if may(role, Action.IMPORT)]
    if not able:
        check_may(next(iter(roles.values())), Action.IMPORT)
    found = [one for number in able for one in spaces.spaces_of(session, number)]
    if not found:
        raise Refused(NOT_LINKED)
    if len(found) > 1:
        raise Refused(MANY_SPACES)
    return found[0]


def keep(
    session: Session,
    act: Act,
    space: Space,
    *,
    file_name: str,
    rows: str,
    about: Mapping[str, Any],
) -> Upload:
    """Keep a file that was read until it is confirmed; it replaces an earlier one.

    `rows`: as JSON. Refused: NOTHING_FOR_YOU, NOT_ALLOWED.
    """
    _check_right(session, act.who, space.partner_id)
    ours = (col(Upload.person_id) == act.who.id, col(Upload.partner_id) == space.partner_id)
    session.exec(delete(Upload).where(*ours))
    upload = Upload(
        person_id=id_of(act.who),
        partner_id=space.partner_id,
        space_id=id_of(space),
        file_name=file_name,
        digest="",
        rows=rows,
        about=dict(about),
        updated_at=act.now,
    )
    _sign(upload)
    session.add(upload)
    session.flush()
    return upload


def answer(session: Session, upload: Upload, act: Act, answers: Answers) -> Upload:
    """Keep what was asked once for the whole file."""
    upload.answers = facts(
        {
            "order": answers.order,
            "first_day": answers.first_day,
            "duration": answers.duration,
            "services": answers.services,
        }
    )
    upload.updated_at = act.now
    _sign(upload)
    session.flush()
    return upload


def answers_of(upload: Upload) -> Answers:
    """What was asked for a whole file."""
    kept = upload.answers
    return Answers(
        Order(kept["order"]) if kept.get("order") else None,
        date.fromisoformat(kept["first_day"]) if kept.get("first_day") else None,
        kept.get("duration"),
        tuple(Service(each) for each in kept.get("services") or ()),
    )


def hold(session: Session, upload_id: int, act: Act, *, partner_id: int, digest: str) -> Upload:
    """Lock one's own upload, as the card showed it.

    Refused: UPLOAD_GONE, also for somebody else's; OLD_CARD if it was answered anew.
    """
    _check_right(session, act.who, partner_id)
    upload = session.exec(
        select(Upload)
        .where(
            col(Upload.id) == upload_id,
            col(Upload.person_id) == act.who.id,
            col(Upload.partner_id) == partner_id,
            col(Upload.updated_at) > act.now - KEPT,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if upload is None:
        raise Refused(UPLOAD_GONE)
    if upload.digest != digest:
        raise Refused(OLD_CARD)
    return upload


def drop(session: Session, upload: Upload) -> None:
    """Discard a file that won't be imported."""
    session.delete(upload)
    session.flush()


def prune(session: Session, *, now: datetime) -> None:
    """Delete files that nobody has touched for seven days."""
    session.exec(delete(Upload).where(col(Upload.updated_at) <= now - KEPT))


def _sign(upload: Upload) -> None:
    said = orjson.dumps([upload.rows, upload.about, upload.answers], option=orjson.OPT_SORT_KEYS)
    upload.digest = sha256(said).hexdigest()[:16]


def _check_right(session: Session, by: Person, partner_id: int) -> None:
    role = people.role_of(session, by, partner_id)
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    check_may(role, Action.IMPORT)


# ------------------------------------------------------------------ what it would do


@dataclass(frozen=True, slots=True)
class Unfit:
    """A row that can't be imported, and why."""

    line: int
    name: str
    why: Refused


@dataclass(slots=True)
class Examined:
    """What an import would do: a trial with its shipments for each good row.

    `there`: how many rows are there already. `probes`: how many rows reveal that something is
    taken.
    """

    trials: list["New"] = field(default_factory=list)
    there: int = 0
    unfit: list[Unfit] = field(default_factory=list)
    probes: int = 0


@dataclass(slots=True)
class New:
    """A trial to be written, with the rows of its shipments and what it reserves."""

    meant: Meant
    shipments: list[Meant]
    keys: list[str]


def examine(session: Session, upload: Upload, act: Act) -> Examined:
    """What importing a file would do now; it changes nothing."""
    space = session.get_one(Space, upload.space_id)
    rows = [Row(**each) for each in orjson.loads(upload.rows)]
    today, answers = today_in(space, act.now), answers_of(upload)
    examined, fit = Examined(), []
    for row in rows:
        try:
            fit.append(meant(row, answers, today))
        except Refused as why:
            examined.unfit.append(Unfit(row.line, row.company, why))
    _Examiner(session, act, space, examined, fit).examine()
    examined.unfit.sort(key=lambda each: each.line)
    return examined


def probed(session: Session, act: Act, times: int) -> None:
    """Count that a person learned so often that something is taken."""
    session.add_all(Probe(person_id=id_of(act.who), at=act.now) for _ in range(times))
    session.flush()


class _Examiner:
    """Compares the rows of a file with each other and with what is there."""

    def __init__(
        self, session: Session, act: Act, space: Space, examined: Examined, fit: list[Meant]
    ) -> None:
        self._session = session
        self._partner = space.partner_id
        self._examined = examined
        self._fit = fit
        addresses = {each.row.administrator for each in fit}
        self._ours = _ours(session, act.who, space.partner_id, addresses)
        self._there = _there(session, space.partner_id, fit)
        self._taken = _taken(session, {key for each in fit for key in _keys(each)})
        self._probes_left = PROBES_AN_HOUR - _probes(session, act)
        self._news: dict[tuple[str, date], New] = {}
        self._claimed: dict[str, int] = {}

    def examine(self) -> None:
        for each in self._fit:
            row = each.row
            try:
                self._take(each)
            except Refused as why:
                self._examined.unfit.append(Unfit(row.line, row.company, why))

    def _take(self, each: Meant) -> None:
        row = each.row
        if row.administrator in self._ours or is_bot(row.administrator):
            raise Refused(OUR_ADDRESS, address=row.administrator)
        if _identities(row, each.first_day) & self._there:
            self._examined.there += 1
            return
        identity = row.administrator, each.first_day
        if identity in self._news:
            self._add_shipment(self._news[identity], each)
            return
        keys = _keys(each) if each.lives else []
        self._check_free(each, keys)
        self._claimed.update(dict.fromkeys(keys, row.line))
        self._news[identity] = new = New(each, [each] if row.device else [], keys)
        self._examined.trials.append(new)

    def _add_shipment(self, new: New, each: Meant) -> None:
        """Add a further row of a trial, which is there for its shipment."""
        there = {one.row.device["type"] for one in new.shipments}
        if not each.row.device or each.row.device["type"] in there:
            raise Refused(REPEATED, line=new.meant.row.line)
        new.shipments.append(each)

    def _check_free(self, each: Meant, keys: Sequence[str]) -> None:
        if lines := [self._claimed[key] for key in keys if key in self._claimed]:
            raise Refused(REPEATED, line=lines[0])
        if self._probes_left <= self._examined.probes:
            raise Refused(TOO_MANY_PROBES)
        taken = [key for key in keys if key in self._taken]
        own = [self._taken[key][1] for key in taken if self._taken[key][0] == self._partner]
        if own:
            raise Refused(OWN_TRIAL_RUNS, code=own[0])
        if taken:
            self._examined.probes += 1
            if taken[-1].startswith("site:"):
                raise Refused(SITE_TAKEN, site=each.row.site)
            names = {key.rpartition(":")[2] for key in taken}
            raise Refused(SERVICE_TAKEN, services=tuple(s for s in Service if s in names))


def _keys(each: Meant) -> list[str]:
    return keys_of(each.services, each.row.holders, each.row.site)


def _identities(row: Row, first_day: date) -> set[tuple[str, date]]:
    """What a trial is recognised by: its administrator, or its organisation, and its first day."""
    found = {(row.administrator, first_day)}
    return found | {(row.organisation_id, first_day)} if row.organisation_id else found


def _some(wanted: Collection[T]) -> Iterator[list[T]]:
    """A few at a time, as many as a statement may name."""
    listed = list(wanted)
    for first in range(0, len(listed), AT_ONCE):
        yield listed[first : first + AT_ONCE]


def _ours(session: Session, by: Person, partner_id: int, addresses: Collection[str]) -> set[str]:
    """The addresses of the partner's own people, who can't act for a customer."""
    found: set[str] = set()
    for some in _some(addresses):
        rows = session.exec(
            select(col(Address.email), Person, col(RoleRow.id))
            .join(Person, col(Person.id) == col(Address.person_id))
            .outerjoin(
                RoleRow,
                (col(RoleRow.person_id) == col(Person.id))
                & (col(RoleRow.partner_id) == partner_id),
            )
            .where(col(Address.email).in_(some))
        )
        found |= {mail for mail, who, role in rows if role or same_organisation(who, by)}
    return found


def _there(session: Session, partner_id: int, fit: Sequence[Meant]) -> set[tuple[str, date]]:
    """What the partner's trials of these customers are recognised by."""
    found: set[tuple[str, date]] = set()
    for column, wanted in (
        (Customer.administrator, {each.row.administrator for each in fit}),
        (Customer.organisation_id, {each.row.organisation_id for each in fit} - {""}),
    ):
        for some in _some(wanted):
            rows = session.exec(
                select(col(column), col(Trial.first_day))
                .join(Trial, col(Trial.customer_id) == col(Customer.id))
                .where(col(Customer.partner_id) == partner_id, col(column).in_(some))
            )
            found |= {(who, day) for who, day in rows}
    return found


def _taken(session: Session, keys: Collection[str]) -> dict[str, tuple[int, str]]:
    """What other trials hold: key → partner and code."""
    found: dict[str, tuple[int, str]] = {}
    for some in _some(keys):
        rows = session.exec(
            select(col(Reservation.key), col(Trial.partner_id), col(Trial.code))
            .join(Trial, col(Trial.id) == col(Reservation.trial_id))
            .where(col(Reservation.key).in_(some))
        )
        found |= {key: (partner, named) for key, partner, named in rows}
    return found


def _probes(session: Session, act: Act) -> int:
    since = act.now - timedelta(hours=1)
    mine = (col(Probe.person_id) == act.who.id, col(Probe.at) > since)
    return session.exec(select(func.count()).select_from(Probe).where(*mine)).one()


# ------------------------------------------------------------------ writing it


def write(session: Session, upload: Upload, act: Act) -> Examined:
    """Write every good row in bulk statements, and forget the file.

    The reminders of the first trials are planned at once, the others in batches
    (`settings.replan_some`). Refused: NOTHING_TO_IMPORT.
    """
    session.exec(select(Partner).where(col(Partner.id) == upload.partner_id).with_for_update())
    examined = examine(session, upload, act)
    if not examined.trials:
        raise Refused(NOTHING_TO_IMPORT)
    space = session.get_one(Space, upload.space_id)
    customers = _write_customers(session, space, examined.trials)
    numbers = next_ids(session.connection(), _table(Trial), len(examined.trials))
    trials = dict(zip(numbers, examined.trials, strict=True))
    _add(session, Trial, _trials(session, space, act, trials, customers))
    _write_parts(session, upload.file_name, act, trials)
    _write_shipments(session, [(n, one) for n, new in trials.items() for one in new.shipments])
    session.delete(upload)
    session.flush()
    settings.replan_from(session, id_of(space), min(numbers), since=act.now)
    settings.replan_some(session, now=act.now)
    return examined


def _write_customers(session: Session, space: Space, news: Sequence[New]) -> dict[str, int]:
    """The ids of the customers by their administrator's address; the new ones are added."""
    wanted = {each.meant.row.administrator: each.meant.row for each in reversed(news)}
    known, shown = _known_customers(session, space.partner_id, wanted)
    new = [row for address, row in wanted.items() if address not in known]
    numbers = next_ids(session.connection(), _table(Customer), len(new))
    blank = _blank(Customer(partner_id=0, company="", company_key="", administrator="", domain=""))
    _add(
        session,
        Customer,
        (
            blank
            | {
                "id": number,
                "partner_id": space.partner_id,
                "company": row.company,
                "company_key": row.company_key,
                "administrator": row.administrator,
                "administrator_id": shown.get(row.administrator),
                "domain": row.administrator.rpartition("@")[2],
                "organisation_id": row.organisation_id,
                "country": row.country,
                "language": row.language or space.language,
                "full_administrators": row.full_administrators,
            }
            for number, row in zip(numbers, new, strict=True)
        ),
    )
    return known | {row.administrator: n for n, row in zip(numbers, new, strict=True)}


def _known_customers(
    session: Session, partner_id: int, addresses: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """By address: the partner's first customer with it, and the person whom it means."""
    known: dict[str, int] = {}
    shown: dict[str, int] = {}
    for some in _some(addresses):
        ours = (col(Customer.partner_id) == partner_id, col(Customer.administrator).in_(some))
        customers = select(col(Customer.administrator), col(Customer.id)).where(*ours)
        rows = session.exec(customers.order_by(col(Customer.id).desc()))
        known |= {address: number for address, number in rows if number is not None}
        seen = session.exec(
            select(col(Address.email), col(Person.id))
            .join(Person, col(Person.id) == col(Address.person_id))
            .where(col(Address.email).in_(some), col(Person.webex_id).is_not(None))
        )
        shown |= {address: number for address, number in seen if number is not None}
    return known, shown


def _trials(
    session: Session,
    space: Space,
    act: Act,
    trials: Mapping[int, New],
    customers: Mapping[str, int],
) -> Iterator[dict[str, Any]]:
    today = today_in(space, act.now)
    blank = _blank(
        Trial(
            code="",
            partner_id=space.partner_id,
            space_id=id_of(space),
            customer_id=0,
            started_by=id_of(act.who),
            kind=Kind.NEW,
            state=State.ACTIVE,
            sorts_on=today,
            saved_on=today,
            first_day=today,
            customer_notices=session.get_one(Partner, space.partner_id).customer_notices,
        )
    )
    for number, new in trials.items():
        customer_id = customers[new.meant.row.administrator]
        ids = {"id": number, "code": code(number), "customer_id": customer_id}
        yield blank | _trial(new) | ids


def _trial(new: New) -> dict[str, Any]:
    each, row = new.meant, new.meant.row
    runs = each.ends is not None
    return {
        "kind": each.kind,
        "state": each.state,
        "sorts_on": _sorts_on(each),
        "devices_due": min(map(_due, filter(_is_out, new.shipments)), default=None),
        "first_day": each.first_day,
        "duration": each.duration,
        "ends": each.ends,
        "asked_on": each.asked_on,
        "accepted_on": each.accepted_on,
        "provisioned_on": each.first_day if runs and each.kind is Kind.EXISTING else None,
        "ended_on": each.ended_on,
        "licences": DEFAULT_LICENCES if row.licences is None else row.licences,
        "device_licences": row.device_licences or 0,
        "meetings_options": [MeetingsOption.ENTERPRISE.value] if row.site else [],
        "site": row.site,
        "site_time_zone": row.site_time_zone if row.site else "",
        "locations": row.locations or 0,
        "order_number": row.order_number,
        "extensions": row.extensions or 0,
    }


def _sorts_on(each: Meant) -> date:
    if each.state is State.CONSENT and each.asked_on is not None:
        return consent_deadline(each.asked_on)
    return each.ends or LAST_OF_DAYS


def _is_out(each: Meant) -> bool:
    return Column.RETURNED_ON not in each.shipped


def _due(each: Meant) -> date:
    return each.shipped.get(Column.DEVICES_UNTIL, LAST_OF_DAYS)


def _write_parts(session: Session, file_name: str, act: Act, trials: Mapping[int, New]) -> None:
    """Add the services, reservations and history of new trials."""
    services = (
        {"trial_id": number, "service": service}
        for number, new in trials.items()
        for service in new.meant.services
    )
    held = ({"key": key, "trial_id": number} for number, new in trials.items() for key in new.keys)
    about = {"at": act.now, "by": id_of(act.who), "what": str(IMPORTED), "before": {}, "note": ""}
    history = (
        {**about, "trial_id": number, "after": _told(new.meant, file_name)}
        for number, new in trials.items()
    )
    _add(session, TrialService, services)
    _add(session, Reservation, held)
    _add(session, History, history)


def _told(each: Meant, file_name: str) -> dict[str, Any]:
    about = {"kind": each.kind, "services": each.services, "ends": each.ends, "file": file_name}
    return facts({name: value for name, value in about.items() if value is not None})


def _write_shipments(session: Session, wanted: Sequence[tuple[int, Meant]]) -> None:
    numbers = next_ids(session.connection(), _table(Shipment), len(wanted))
    blank = _blank(Shipment(trial_id=0, type=DeviceType.OTHER))
    numbered = list(zip(numbers, wanted, strict=True))
    _add(
        session,
        Shipment,
        (
            blank | {"id": number, "trial_id": trial_id} | _shipment(each)
            for number, (trial_id, each) in numbered
        ),
    )
    _add(
        session,
        Serial,
        (
            {
                "shipment_id": number,
                "serial": serial,
                "returned_on": each.shipped.get(Column.RETURNED_ON),
            }
            for number, (_, each) in numbered
            for serial in each.row.device.get("serials", ())
        ),
    )


def _shipment(each: Meant) -> dict[str, Any]:
    device, days = each.row.device, each.shipped
    return {
        "type": device["type"],
        "models": device.get("models", {}),
        "order_number": device.get("order_number", ""),
        "country": device.get("country") or each.row.country,
        "shipped_on": days.get(Column.SHIPPED_ON),
        "trial_started_on": days.get(Column.DEVICES_FROM),
        "expires_on": days.get(Column.DEVICES_UNTIL),
        "returned_on": days.get(Column.RETURNED_ON),
    }


def _add(session: Session, kind: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    add_all(session.connection(), _table(kind), rows)


def _blank(row: SQLModel) -> dict[str, Any]:
    """A row's defaults, by column."""
    names = [column.name for column in _table(type(row)).c]
    return {name: getattr(row, name) for name in names if name != "id"}


def _table(kind: type[SQLModel]) -> Table:
    table: Table = kind.__table__  # type: ignore[attr-defined]
    return table
