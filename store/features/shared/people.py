"""People, and their roles at partners.

Webex's `personId` is a person's identity. A role can be given to an address before its person was
ever seen: a stand-in without `webex_id` holds it until Webex shows a person with that address. The
first one gets the role for good.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, bindparam, col, delete, select, update

from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU, Refused
from store.tables import Address, Assignment, Customer, Partner, Person, RoleRow, Trial, id_of
from store.terms import Role

_RANK = {Role.READ_ONLY: 0, Role.ADMIN: 1, Role.FULL: 2}


def known(session: Session, webex_id: str) -> Person | None:
    """The person with this `personId`, if Webex has shown them before."""
    looked_up: dict[str, Person | None] = session.info.get(_KNOWN, {})
    if webex_id in looked_up:
        return looked_up[webex_id]
    return session.exec(_BY_WEBEX_ID, params={"webex_id": webex_id}).one_or_none()


def look_up(session: Session, webex_ids: Collection[str]) -> None:
    """Cache several people in one query, for `known`; only in sessions that only read."""
    found = session.exec(_BY_WEBEX_IDS, params={"webex_ids": list(webex_ids)})
    session.info[_KNOWN] = dict.fromkeys(webex_ids) | {one.webex_id: one for one in found}


_KNOWN = "known people"


_BY_WEBEX_ID = select(Person).where(col(Person.webex_id) == bindparam("webex_id"))
_BY_WEBEX_IDS = select(Person).where(
    col(Person.webex_id).in_(bindparam("webex_ids", expanding=True))
)


def meet(
    session: Session, webex_id: str, *, emails: Sequence[str], name: str, org_id: str, now: datetime
) -> Person:
    """Store a person as Webex shows them (`emails`: all addresses, the main one first).

    They get the roles and assignments of stand-ins with these addresses, and become the customers'
    administrators whom nobody has shown yet. If addresses move to other people later, neither
    follows.
    """
    addresses = [email.strip().lower() for email in emails]
    person = known(session, webex_id)
    if person and (person.emails, person.name, person.org_id) == (addresses, name, org_id):
        return person
    try:
        with session.begin_nested():
            return _remember(session, person, webex_id, addresses, name, org_id, now)
    except IntegrityError:  # met in another room at the same moment
        return _remember(session, None, webex_id, addresses, name, org_id, now)


def meet_new(
    session: Session, webex_id: str, *, email: str, name: str, org_id: str, now: datetime
) -> None:
    """Store a person whom Webex shows for the first time, in passing, with one of their addresses.

    The rest is fetched when they act.
    """
    if known(session, webex_id) is None:
        person = meet(session, webex_id, emails=[email], name=name, org_id=org_id, now=now)
        person.seen_at = None


def by_email(session: Session, email: str) -> Person | None:
    """The last person who showed this address; until somebody does, its stand-in."""
    at = select(col(Address.person_id)).where(col(Address.email) == email.strip().lower())
    return session.exec(select(Person).where(col(Person.id) == at.scalar_subquery())).first()


def shown_with(session: Session, email: str) -> Person | None:
    """The last person who showed this address; None until Webex shows somebody with it."""
    person = by_email(session, email)
    return person if person and person.webex_id else None


def named(session: Session, ids: Collection[int]) -> dict[int, Person]:
    """People by id."""
    found = session.exec(select(Person).where(col(Person.id).in_(ids)))
    return {id_of(person): person for person in found}


def roles_of(session: Session, person: Person) -> list[tuple[Partner, Role]]:
    """Every partner at which a person has a role, by name."""
    rows = session.exec(
        select(Partner, col(RoleRow.role))
        .join(RoleRow)
        .where(col(RoleRow.person_id) == person.id)
        .order_by(col(Partner.name), col(Partner.id))
    )
    return [(partner, role) for partner, role in rows]


def role_of(session: Session, person: Person, partner_id: int) -> Role | None:
    """A person's role at a partner; None if they have none."""
    return roles(session, person).get(partner_id)


def roles(session: Session, person: Person) -> dict[int, Role]:
    """A person's roles by partner id, cached for the transaction."""
    known_roles: dict[int | None, dict[int, Role]] = session.info.setdefault(_ROLES, {})
    if person.id not in known_roles:
        rows = session.exec(_ROLES_OF, params={"person_id": person.id})
        known_roles[person.id] = {partner_id: role for partner_id, role in rows}
    return known_roles[person.id]


_ROLES = "roles"
_ROLES_OF = select(col(RoleRow.partner_id), col(RoleRow.role)).where(
    col(RoleRow.person_id) == bindparam("person_id")
)


def with_roles(
    session: Session, partner_id: int, role: Role | None = None
) -> list[tuple[Person, Role]]:
    """A partner's people (of one role), in the order of their roles, cached for the transaction."""
    staff: dict[int, list[tuple[Person, Role]]] = session.info.setdefault(_STAFF, {})
    if partner_id not in staff:
        rows = session.exec(_STAFF_OF, params={"partner_id": partner_id})
        staff[partner_id] = [(person, theirs) for person, theirs in rows]
    return [(person, theirs) for person, theirs in staff[partner_id] if role in (None, theirs)]


_STAFF = "staff"
_STAFF_OF = (
    select(Person, col(RoleRow.role))
    .join(RoleRow, col(RoleRow.person_id) == col(Person.id))
    .where(col(RoleRow.partner_id) == bindparam("partner_id"))
    .order_by(col(RoleRow.id))
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides a person's rights on a trial: the role, and whether the trial is theirs."""

    role: Role | None
    own: bool


def standing(session: Session, person: Person, trial: Trial, today: date) -> Standing:
    """A person's role at a trial's partner, and whether the trial is theirs.

    It is theirs if they started it or are assigned to it today. Assignments count only for partner
    administrators.
    """
    role = role_of(session, person, trial.partner_id)
    if role is not Role.ADMIN:
        return Standing(role, role is not None and trial.started_by == person.id)
    return Standing(role, owns(session, person, trial, today))


def owns(session: Session, person: Person, trial: Trial, today: date) -> bool:
    """Whether a person started a trial or is assigned to it on a day."""
    return trial.started_by == person.id or person.id in owners(session, trial, today)


def owners(session: Session, trial: Trial, today: date) -> set[int | None]:
    """The ids of the person who started a trial and of those assigned to it on a day."""
    return owners_of(session, [trial], today)[id_of(trial)]


def owners_of(session: Session, trials: Iterable[Trial], today: date) -> dict[int, set[int | None]]:
    """The owners of several trials, by the trial's id."""
    found: dict[int, set[int | None]] = {id_of(trial): {trial.started_by} for trial in trials}
    if not found:
        return found
    for trial_id, person_id, until in session.exec(_ASSIGNED, params={"trial_ids": list(found)}):
        if until is None or until >= today:
            found[trial_id].add(person_id)
    return found


_ASSIGNED = select(
    col(Assignment.trial_id), col(Assignment.person_id), col(Assignment.until)
).where(col(Assignment.trial_id).in_(bindparam("trial_ids", expanding=True)))


def hold_roles(session: Session, partner_id: int, by: Person | None) -> Partner:
    """Lock a partner for a change that only its full administrators or the operator may make.

    Refused: NOTHING_FOR_YOU, NOT_ALLOWED.
    """
    role = role_of(session, by, partner_id) if by else Role.FULL
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    if role != Role.FULL:
        raise Refused(NOT_ALLOWED, role=Role.FULL)
    partner = session.exec(
        select(Partner)
        .where(col(Partner.id) == partner_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    session.info.pop(_STAFF, None)  # read before the lock
    return partner


def changed(session: Session) -> None:
    """Drop the cached roles, because this transaction has changed them."""
    session.flush()
    session.info.pop(_ROLES, None)
    session.info.pop(_STAFF, None)


def role_row(session: Session, partner_id: int, person: Person) -> RoleRow | None:
    """The row of a person's role at a partner."""
    return session.exec(
        select(RoleRow).where(
            col(RoleRow.partner_id) == partner_id, col(RoleRow.person_id) == person.id
        )
    ).first()


def _remember(
    session: Session,
    person: Person | None,
    webex_id: str,
    addresses: list[str],
    name: str,
    org_id: str,
    now: datetime,
) -> Person:
    waiting = session.exec(
        select(Person)
        .join(Address)
        .where(col(Address.email).in_(addresses), col(Person.webex_id).is_(None))
        .order_by(col(Person.id))
    ).all()
    stand_ins = list({row.id: row for row in waiting}.values())
    person = person or known(session, webex_id) or (stand_ins[0] if stand_ins else Person(email=""))
    person.webex_id, person.name, person.org_id = webex_id, name, org_id
    person.email, person.emails = (addresses or [person.email])[0], addresses
    person.seen_at = now
    session.add(person)
    session.flush()
    for email in addresses:
        session.merge(Address(email=email, person_id=id_of(person)))
    session.exec(
        update(Customer)
        .where(col(Customer.administrator).in_(addresses), col(Customer.administrator_id).is_(None))
        .values(administrator_id=person.id)
    )
    session.flush()
    for stand_in in stand_ins:
        if stand_in is not person:
            _merge(session, stand_in, person)
    return person


def _merge(session: Session, stand_in: Person, person: Person) -> None:
    """Move a stand-in's roles and assignments to the person; it has nothing else."""
    for row in session.exec(select(RoleRow).where(col(RoleRow.person_id) == stand_in.id)).all():
        held = role_row(session, row.partner_id, person)
        if held is None:
            row.person_id = id_of(person)
            continue
        held.role = max(held.role, row.role, key=_RANK.__getitem__)
        session.delete(row)
    taken = select(col(Assignment.trial_id)).where(col(Assignment.person_id) == person.id)
    waiting = col(Assignment.person_id) == stand_in.id
    session.flush()
    session.exec(delete(Assignment).where(waiting, col(Assignment.trial_id).in_(taken)))
    session.exec(update(Assignment).where(waiting).values(person_id=person.id))
    session.exec(
        update(Address).where(col(Address.person_id) == stand_in.id).values(person_id=person.id)
    )
    session.delete(stand_in)
    changed(session)
