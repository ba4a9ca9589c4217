"""What importing a file would do: which rows become trials, which are there, which can't be one.

Import records what Partner Hub shows: no steps, no consent is asked, no customer is written to, and
only future reminders are planned. Rule: docs/import.md#rows.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from store.act import Act
from store.database.bulk import among
from store.features.shared.insiders import same_organisation
from store.features.shared.trials import today_in
from store.features.start import (
    OWN_TRIAL_RUNS,
    PROBES_AN_HOUR,
    SITE_TAKEN,
    TOO_MANY_PROBES,
)
from store.features.uploads import answers_of, note_probes
from store.history import HistoryKind
from store.refusals import Reason, Refused
from store.rules.bots import is_bot
from store.rules.eligibility import SERVICE_TAKEN, keys_of
from store.rules.imports import Meant, Row, loaded, meant
from store.tables import (
    Address,
    Customer,
    History,
    Person,
    Probe,
    Reservation,
    RoleRow,
    Space,
    Trial,
    TrialService,
    Upload,
    id_of,
)
from store.terms import Service

IMPORTED = HistoryKind("imported")
OUR_ADDRESS = Reason("our-address")
REPEATED = Reason("repeated")


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
    taken. `sought`, `known`: what the rows were looked up by, and what was found.
    """

    trials: list["New"] = field(default_factory=list)
    there: int = 0
    unfit: list[Unfit] = field(default_factory=list)
    probes: int = 0
    sought: "Sought | None" = None
    known: "Known | None" = None


@dataclass(frozen=True, slots=True)
class Sought:
    """What the rows of a file are looked up by."""

    addresses: Set[str]
    organisations: Set[str]
    keys: Set[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What decides, besides a file, which of its rows are good.

    `ours`: the addresses of the partner's own people. `there`: what its trials are recognised by,
    for each administrator and organisation. `taken`: what trials hold: key → partner and code.
    """

    today: date
    probes_left: int
    ours: Set[str]
    there: Mapping[str, Set["KnownBy"]]
    taken: Mapping[str, tuple[int, str]]


@dataclass(slots=True)
class New:
    """A trial to be written, with the rows of its shipments and what it reserves."""

    meant: Meant
    shipments: list[Meant]
    keys: list[str]


def preview(session: Session, upload: Upload, act: Act) -> Examined:
    """What importing a file would do; what that reveals is counted once, at the first preview.

    Later previews, and the import itself, then find the same rows good.
    """
    if "probes_left" in upload.about:
        return examine(session, upload, act)
    note_probes(session, upload, PROBES_AN_HOUR - _probes(session, act))
    examined = examine(session, upload, act)
    session.add_all(Probe(person_id=id_of(act.who), at=act.now) for _ in range(examined.probes))
    session.flush()
    return examined


def examined_again(session: Session, upload: Upload, act: Act, before: Examined) -> Examined:
    """What importing a file does, in the transaction that does it.

    `before`: what it would have done when this was examined beside the desk, for the same file. It
    still holds unless something has changed that it depends on.
    """
    space = session.get_one(Space, upload.space_id)
    if before.sought and before.known == _known(session, upload, space, act, before.sought):
        return before
    return examine(session, upload, act)


def examine(session: Session, upload: Upload, act: Act) -> Examined:
    """What importing a file would do now; it changes nothing."""
    space = session.get_one(Space, upload.space_id)
    today, answers = today_in(space, act.now), answers_of(upload)
    examined, fit = Examined(), list[Meant]()
    for row in loaded(upload.rows):
        try:
            fit.append(meant(row, answers, today))
        except Refused as why:
            examined.unfit.append(Unfit(row.line, row.company, why))
    examined.sought = sought = _sought(fit)
    examined.known = known = _known(session, upload, space, act, sought)
    _Examiner(space.partner_id, examined, fit, known).examine()
    examined.unfit.sort(key=lambda each: each.line)
    return examined


class _Examiner:
    """Compares the rows of a file with each other and with what is there."""

    def __init__(
        self, partner_id: int, examined: Examined, fit: Sequence[Meant], known: Known
    ) -> None:
        self._partner = partner_id
        self._examined = examined
        self._fit = fit
        self._known = known
        self._taken = known.taken
        self._news: dict[tuple[str, date], list[New]] = defaultdict(list)
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
        if row.administrator in self._known.ours or is_bot(row.administrator):
            raise Refused(OUR_ADDRESS, address=row.administrator)
        there = (self._known.there.get(who, ()) for who in _names(row))
        if any(_is(each, one) for ones in there for one in ones):
            self._examined.there += 1
            return
        alike = self._news[row.administrator, each.first_day]
        same = next((new for new in alike if _is(each, _known_by(new.meant))), None)
        if same:
            self._add_shipment(same, each)
            return
        keys = _keys(each) if each.lives else []
        self._check_free(each, keys)
        self._claimed.update(dict.fromkeys(keys, row.line))
        new = New(each, [each] if row.device else [], keys)
        alike.append(new)
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
        if self._known.probes_left <= self._examined.probes:
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


@dataclass(frozen=True, slots=True)
class KnownBy:
    """What a trial of a customer is recognised by. `services`: those it has or came with."""

    code: str
    organisation_id: str
    first_day: date
    services: frozenset[str]


def _known_by(each: Meant) -> KnownBy:
    row = each.row
    return KnownBy(row.code, row.organisation_id, each.first_day, frozenset(each.services))


def _is(each: Meant, other: KnownBy) -> bool:
    """Whether a row means another trial of its customer.

    Its code decides, in a file that was exported here. Otherwise a trial of the same first day is
    the same one if they share a service and their organisations don't differ.
    """
    row = each.row
    if row.code and row.code == other.code:
        return True
    organisations = {row.organisation_id, other.organisation_id} - {""}
    alike = each.first_day == other.first_day and len(organisations) < 2
    return alike and not other.services.isdisjoint(each.services)


def _names(row: Row) -> set[str]:
    """What a row's customer is found by: the administrator's address, and the organisation."""
    return {row.administrator, row.organisation_id} - {""}


def _sought(fit: Sequence[Meant]) -> Sought:
    return Sought(
        {each.row.administrator for each in fit},
        {each.row.organisation_id for each in fit} - {""},
        {key for each in fit for key in _keys(each)},
    )


def _known(session: Session, upload: Upload, space: Space, act: Act, sought: Sought) -> Known:
    return Known(
        today_in(space, act.now),
        upload.about.get("probes_left", PROBES_AN_HOUR - _probes(session, act)),
        _ours(session, act.who, space.partner_id, sought.addresses),
        _there(session, space.partner_id, sought),
        _taken(session, sought.keys),
    )


def _ours(session: Session, by: Person, partner_id: int, addresses: Collection[str]) -> set[str]:
    """The addresses of the partner's own people, who can't act for a customer."""
    rows = session.exec(
        select(col(Address.email), Person, col(RoleRow.id))
        .join(Person, col(Person.id) == col(Address.person_id))
        .outerjoin(
            RoleRow,
            (col(RoleRow.person_id) == col(Person.id)) & (col(RoleRow.partner_id) == partner_id),
        )
        .where(among(session.connection(), col(Address.email), addresses))
    )
    return {mail for mail, who, role in rows if role or same_organisation(who, by)}


def _there(session: Session, partner_id: int, sought: Sought) -> dict[str, set[KnownBy]]:
    """What the partner's trials of these customers are recognised by."""
    found: defaultdict[str, set[KnownBy]] = defaultdict(set)
    for column, wanted in (
        (Customer.administrator, sought.addresses),
        (Customer.organisation_id, sought.organisations),
    ):
        theirs = (
            col(Customer.partner_id) == partner_id,
            among(session.connection(), col(column), wanted),
        )
        services = _services(session, theirs)
        found_by = col(column), col(Customer.organisation_id)
        rows = session.exec(
            select(*found_by, col(Trial.code), col(Trial.first_day))
            .join(Trial, col(Trial.customer_id) == col(Customer.id))
            .where(*theirs)
        )
        for who, organisation, code, first_day in rows:
            found[who].add(KnownBy(code, organisation, first_day, frozenset(services[code])))
    return dict(found)


def _services(
    session: Session, theirs: Sequence[ColumnElement[bool]]
) -> defaultdict[str, set[str]]:
    """By the code of a trial: the services that it has, and those with which it was imported."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    customers = (Customer, col(Customer.id) == col(Trial.customer_id))
    has = select(Trial.code, TrialService.service).join(
        TrialService, col(TrialService.trial_id) == col(Trial.id)
    )
    for code, service in session.exec(has.join(*customers).where(*theirs)):
        found[code].add(service)
    told = select(Trial.code, History.after).join(History, col(History.trial_id) == col(Trial.id))
    came = col(History.what) == str(IMPORTED)
    for code, after in session.exec(told.join(*customers).where(*theirs, came)):
        found[code].update(after.get("services", ()))
    return found


def _taken(session: Session, keys: Collection[str]) -> dict[str, tuple[int, str]]:
    """What other trials hold: key → partner and code."""
    rows = session.exec(
        select(col(Reservation.key), col(Trial.partner_id), col(Trial.code))
        .join(Trial, col(Trial.id) == col(Reservation.trial_id))
        .where(among(session.connection(), col(Reservation.key), keys))
    )
    return {key: (partner, named) for key, partner, named in rows}


def _probes(session: Session, act: Act) -> int:
    since = act.now - timedelta(hours=1)
    mine = (col(Probe.person_id) == act.who.id, col(Probe.at) > since)
    return session.exec(select(func.count()).select_from(Probe).where(*mine)).one()
