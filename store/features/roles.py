"""Give and take roles; a partner always keeps a full administrator."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from store import flags
from store.act import Act
from store.features.handover import handover
from store.features.shared.insiders import same_organisation
from store.features.shared.people import by_email, changed, hold_roles, role_of, role_row
from store.refusals import NO_SUCH_PERSON, NOTHING_TO_DO, Reason, Refused
from store.tables import Address, Partner, Person, RoleRow, id_of
from store.terms import Role

LAST_FULL_ADMINISTRATOR = Reason("last-full-administrator")


def give(
    session: Session, partner_id: int, *, email: str, role: Role, by: Person | None, now: datetime
) -> Person:
    """Give a person a role, or change it (`by` None: the operator).

    Refused: NOT_ALLOWED unless by a full administrator; LAST_FULL_ADMINISTRATOR.
    """
    hold_roles(session, partner_id, by)
    person = by_email(session, email) or _stand_in(session, email)
    row = role_row(session, partner_id, person)
    if row is None:
        given_by = by.id if by else None
        row = RoleRow(
            partner_id=partner_id,
            person_id=id_of(person),
            role=role,
            given_by=given_by,
            given_at=now,
        )
        session.add(row)
    elif row.role != role:
        _keep_a_full_administrator(session, row)
        row.role, row.given_by, row.given_at = role, by.id if by else None, now
    changed(session)
    return person


def take(session: Session, partner_id: int, *, person_id: int, by: Person | None) -> Person:
    """Remove a person's role. Refused: as `give`; NO_SUCH_PERSON."""
    hold_roles(session, partner_id, by)
    person = session.get(Person, person_id)
    row = role_row(session, partner_id, person) if person else None
    if person is None or row is None:
        raise Refused(NO_SUCH_PERSON)
    _keep_a_full_administrator(session, row)
    session.delete(row)
    changed(session)
    return person


# ------------------------------------------------------------------ accounts made anew


@dataclass(frozen=True, slots=True)
class FormerRole:
    """A role that a person's former account still has; both accounts showed `address`."""

    partner: Partner
    former: Person
    role: Role
    address: str


def former_roles(session: Session, person: Person) -> list[FormerRole]:
    """The roles that a person's former account has, at partners where they have none now.

    A former account belongs to the same organisation, not the shared consumer one, and was the last
    to show an address before this person. Rule: docs/domain.md#new-accounts.
    """
    rows = session.exec(
        select(Partner, Person, col(RoleRow.role))
        .join(RoleRow, col(RoleRow.partner_id) == col(Partner.id))
        .join(Person, col(RoleRow.person_id) == col(Person.id))
        .where(
            col(Person.org_id) == person.org_id,
            col(Person.id) != person.id,
            col(Person.webex_id).is_not(None),
        )
        .order_by(col(Partner.name), col(RoleRow.id))
    ).all()
    mine = [address for address in person.emails if _has_now(session, person, address)]
    return [
        FormerRole(partner, former, role, shared[0])
        for partner, former, role in rows
        if (shared := [address for address in mine if address in former.emails])
        and same_organisation(person, former)
        and role_of(session, person, id_of(partner)) is None
    ]


def is_news(session: Session, held: FormerRole, person: Person) -> bool:
    """Whether nobody has been told of a new account yet; from now on somebody has."""
    return flags.once(session, f"new-account/{held.partner.id}/{held.former.id}/{person.id}")


def follow(
    session: Session, partner_id: int, act: Act, *, former_id: int, person_id: int
) -> tuple[Person, Role]:
    """Move a former account's role and running trials to the person's new account.

    Refused: as `give`; NOTHING_TO_DO if there is nothing left behind (any more).
    """
    hold_roles(session, partner_id, act.by)
    person = session.get(Person, person_id)
    held = former_roles(session, person) if person else []
    found = [one for one in held if (one.partner.id, one.former.id) == (partner_id, former_id)]
    if person is None or not found:
        raise Refused(NOTHING_TO_DO)
    role = found[0].role
    give(session, partner_id, email=found[0].address, role=role, by=act.by, now=act.now)
    if role is not Role.READ_ONLY:
        handover(session, partner_id, act, from_id=former_id, to_id=person_id)
    take(session, partner_id, person_id=former_id, by=act.by)
    return person, role


def _has_now(session: Session, person: Person, address: str) -> bool:
    owner = by_email(session, address)
    return owner is not None and owner.id == person.id


def _keep_a_full_administrator(session: Session, row: RoleRow) -> None:
    others = select(func.count()).where(
        col(RoleRow.partner_id) == row.partner_id,
        col(RoleRow.role) == Role.FULL,
        col(RoleRow.id) != row.id,
    )
    if row.role == Role.FULL and not session.exec(others).one():
        raise Refused(LAST_FULL_ADMINISTRATOR)


def _stand_in(session: Session, email: str) -> Person:
    address = email.strip().lower()
    person = Person(email=address, emails=[address])
    session.add(person)
    session.flush()
    session.add(Address(email=address, person_id=id_of(person)))
    return person
