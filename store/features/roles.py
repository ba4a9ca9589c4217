"""Give and take roles; a partner always keeps a full administrator."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from store.features.shared.people import by_email, changed, hold_roles, role_row
from store.refusals import NO_SUCH_PERSON, Reason, Refused
from store.tables import Address, Person, RoleRow, id_of
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
