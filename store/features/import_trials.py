"""What importing a file would do: which rows become trials, which are there, which can't be one.

Import records what Partner Hub shows: no steps, no consent is asked, no customer is written to, and
only future reminders are planned. Rule: docs/import.md#rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

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
from store.refusals import Reason, Refused
from store.rules.bots import is_bot
from store.rules.eligibility import SERVICE_TAKEN, keys_of
from store.rules.imports import Meant, Row, loaded, meant
from store.tables import (
    Address,
    Customer,
    Person,
    Probe,
    Reservation,
    RoleRow,
    Space,
    Trial,
    Upload,
    id_of,
)
from store.terms import Service

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


def examine(session: Session, upload: Upload, act: Act) -> Examined:
    """What importing a file would do now; it changes nothing."""
    space = session.get_one(Space, upload.space_id)
    rows = loaded(upload.rows)
    today, answers = today_in(space, act.now), answers_of(upload)
    examined, fit = Examined(), []
    for row in rows:
        try:
            fit.append(meant(row, answers, today))
        except Refused as why:
            examined.unfit.append(Unfit(row.line, row.company, why))
    left = upload.about.get("probes_left", PROBES_AN_HOUR - _probes(session, act))
    _Examiner(session, act, space, examined, fit, left).examine()
    examined.unfit.sort(key=lambda each: each.line)
    return examined


class _Examiner:
    """Compares the rows of a file with each other and with what is there."""

    def __init__(
        self,
        session: Session,
        act: Act,
        space: Space,
        examined: Examined,
        fit: list[Meant],
        probes_left: int,
    ) -> None:
        self._partner = space.partner_id
        self._examined = examined
        self._fit = fit
        addresses = {each.row.administrator for each in fit}
        self._ours = _ours(session, act.who, space.partner_id, addresses)
        self._there = _there(session, space.partner_id, fit)
        self._taken = _taken(session, {key for each in fit for key in _keys(each)})
        self._probes_left = probes_left
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


def _there(session: Session, partner_id: int, fit: Sequence[Meant]) -> set[tuple[str, date]]:
    """What the partner's trials of these customers are recognised by."""
    found: set[tuple[str, date]] = set()
    for column, wanted in (
        (Customer.administrator, {each.row.administrator for each in fit}),
        (Customer.organisation_id, {each.row.organisation_id for each in fit} - {""}),
    ):
        rows = session.exec(
            select(col(column), col(Trial.first_day))
            .join(Trial, col(Trial.customer_id) == col(Customer.id))
            .where(col(Customer.partner_id) == partner_id)
            .where(among(session.connection(), col(column), wanted))
        )
        found |= {(who, day) for who, day in rows}
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
