"""Partners and the Webex spaces that are linked to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from store import digest, people, settings
from store.queues import outbox
from store.refusals import Reason, Refused
from store.tables import Flag, Partner, Person, RoleRow, Space, id_of
from store.terms import Role


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """What `setup` says of a partner that we don't know yet; tier 2 buys through `distributor`."""

    name: str
    tier: int = 1
    distributor: str = ""


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """How a space wants to be spoken to; `country` (ISO) decides its public holidays."""

    time_zone: str = "UTC"
    language: str = "en"
    country: str = ""
    reminder_hour: int = 9


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a space, as Webex lists memberships."""

    webex_id: str
    email: str
    name: str = ""
    org_id: str = ""


def link_space(
    session: Session,
    *,
    room_id: str,
    title: str,
    partner: PartnerFacts | int,
    space: SpaceFacts,
    roles: Mapping[str, Role],
    by: Person | None,
    operators: Collection[str],
    now: datetime,
) -> Space:
    """Link a space to a new partner, or to one that is known by its id; again: change its settings.

    `roles`: e-mail address → role. `by` None: the operator at the command line.
    Refused: SETUP_NOT_ALLOWED unless by an operator's address (`operators`) or, for a known
    partner, by its full administrator; OTHER_PARTNERS_SPACE, to an operator SPACE_TAKEN, for a
    space that is linked already, unless by its partner's full administrator;
    LAST_FULL_ADMINISTRATOR if none is named.
    """
    linked = space_of(session, room_id)
    if linked and isinstance(partner, int) and partner != linked.partner_id:
        raise Refused(Reason.OTHER_PARTNERS_SPACE)
    owner = _owner(session, partner, linked, by, operators, now)
    if linked:
        settings.replan_later(session, id_of(linked))
    linked = linked or Space(partner_id=id_of(owner), room_id=room_id, linked_at=now)
    linked.title, linked.state = title, "linked"
    linked.time_zone, linked.language = space.time_zone, space.language
    linked.country, linked.reminder_hour = space.country, space.reminder_hour
    session.add(linked)
    session.flush()
    for email, role in sorted(roles.items(), key=lambda given: given[1] != Role.FULL):
        people.give(session, id_of(owner), email=email, role=role, by=None, now=now)
    if not people.with_roles(session, id_of(owner), Role.FULL):
        raise Refused(Reason.LAST_FULL_ADMINISTRATOR)
    digest.plan_next(session, linked, now)
    outbox.try_again(session)
    return linked


def space_of(session: Session, room_id: str) -> Space | None:
    """The linked (or once linked) space of a room."""
    return session.scalars(_BY_ROOM, {"room_id": room_id}).one_or_none()


_BY_ROOM = select(Space).where(col(Space.room_id) == bindparam("room_id"))


def spaces_of(session: Session, partner_id: int) -> Sequence[Space]:
    """A partner's spaces that can be written to, the first linked first."""
    return session.scalars(
        select(Space)
        .where(col(Space.partner_id) == partner_id, col(Space.state) == "linked")
        .order_by(col(Space.id))
    ).all()


def lose(session: Session, room_id: str) -> Space | None:
    """Remember that we can't write to a space any more; its trials stay."""
    space = space_of(session, room_id)
    if space:
        space.state = "gone"
    return space


def find_again(session: Session, room_id: str, title: str = "") -> Space | None:
    """Remember that a space that we know is there (again); it needs no new `setup`."""
    space = space_of(session, room_id)
    if space:
        space.state, space.title = "linked", title or space.title
        outbox.try_again(session)
    return space


def migrate(session: Session, old_room: str, new_room: str) -> None:
    """Follow a room to its new id: the space, what stands in it, and what is still to be sent."""
    session.execute(update(Space).where(col(Space.room_id) == old_room).values(room_id=new_room))
    outbox.move_room(session, old_room, new_room)
    find_again(session, new_room)


def onlookers(session: Session, space: Space, members: Iterable[Member]) -> list[Member]:
    """Those who see a space's cards without a role, or from a foreign organisation: each once.

    They are remembered, so that the full administrators are told of each only the first time.
    """
    roles = session.execute(
        select(col(Person.webex_id), col(Person.email), col(Person.org_id), col(RoleRow.role))
        .join(RoleRow, col(RoleRow.person_id) == col(Person.id))
        .where(col(RoleRow.partner_id) == space.partner_id)
    ).all()
    insiders = {webex_id or email for webex_id, email, _, _ in roles}
    homes = {org for webex_id, _, org, role in roles if role == Role.FULL and webex_id and org}
    strangers = {
        f"onlooker/{space.id}/{member.webex_id}": member
        for member in members
        if not {member.webex_id, member.email.lower()} & insiders
        or (homes and member.org_id and member.org_id not in homes)
    }
    told = session.scalars(select(col(Flag.name)).where(col(Flag.name).in_(strangers))).all()
    new = {name: member for name, member in strangers.items() if name not in told}
    session.add_all(Flag(name=name) for name in new)
    session.flush()
    return list(new.values())


def _owner(
    session: Session,
    partner: PartnerFacts | int,
    linked: Space | None,
    by: Person | None,
    operators: Collection[str],
    now: datetime,
) -> Partner:
    operator = by is None or bool({email.lower() for email in operators} & set(by.emails))
    if linked:
        reason = Reason.SPACE_TAKEN if operator else Reason.OTHER_PARTNERS_SPACE
        return _hold(session, linked.partner_id, by, reason)
    if isinstance(partner, int):
        return _hold(session, partner, None if operator else by, Reason.SETUP_NOT_ALLOWED)
    if not operator:
        raise Refused(Reason.SETUP_NOT_ALLOWED)
    owner = Partner(
        name=partner.name, tier=partner.tier, distributor=partner.distributor, created_at=now
    )
    session.add(owner)
    session.flush()
    return owner


def _hold(session: Session, partner_id: int, by: Person | None, reason: Reason) -> Partner:
    try:
        return people.hold_roles(session, partner_id, by)
    except Refused as refused:
        raise Refused(reason) from refused
