"""The Webex spaces linked to partners: found, lost or moved, and their onlookers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, bindparam, col, select, update

from store.queues import outbox
from store.tables import Flag, Person, RoleRow, Space
from store.terms import Role


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a space, from Webex's memberships."""

    webex_id: str
    email: str
    name: str = ""
    org_id: str = ""


def space_of(session: Session, room_id: str) -> Space | None:
    """The space of a room, if it is or was linked."""
    looked_up: dict[str, Space | None] = session.info.get(_KNOWN, {})
    if room_id in looked_up:
        return looked_up[room_id]
    return session.exec(_BY_ROOM, params={"room_id": room_id}).one_or_none()


def look_up(session: Session, room_ids: Collection[str]) -> None:
    """Cache several spaces in one query, like `people.look_up`; only in sessions that only read."""
    found = session.exec(_BY_ROOMS, params={"room_ids": list(room_ids)})
    session.info[_KNOWN] = dict.fromkeys(room_ids) | {one.room_id: one for one in found}


_KNOWN = "known spaces"


_BY_ROOM = select(Space).where(col(Space.room_id) == bindparam("room_id"))
_BY_ROOMS = select(Space).where(col(Space.room_id).in_(bindparam("room_ids", expanding=True)))


def spaces_of(session: Session, partner_id: int) -> Sequence[Space]:
    """A partner's linked spaces, the first linked first."""
    return session.exec(
        select(Space)
        .where(col(Space.partner_id) == partner_id, col(Space.state) == "linked")
        .order_by(col(Space.id))
    ).all()


def lose(session: Session, room_id: str) -> Space | None:
    """Mark a space that the bot can no longer write to; its trials stay."""
    space = space_of(session, room_id)
    if space:
        space.state = "gone"
    return space


def find_again(session: Session, room_id: str, title: str = "") -> Space | None:
    """Mark a known space as reachable (again), without a new `setup`."""
    space = space_of(session, room_id)
    if space:
        space.state, space.title = "linked", title or space.title
        outbox.try_again(session)
    return space


def migrate(session: Session, old_room: str, new_room: str) -> None:
    """Follow a room to its new id: the space, its slots and unsent messages."""
    session.exec(update(Space).where(col(Space.room_id) == old_room).values(room_id=new_room))
    outbox.move_room(session, old_room, new_room)
    find_again(session, new_room)


def onlookers(session: Session, space: Space, members: Iterable[Member]) -> list[Member]:
    """Members without a role or from a foreign organisation, who see a space's cards.

    Each is returned and stored only once, so that the full administrators are told only once.
    """
    roles = session.exec(
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
    told = session.exec(select(col(Flag.name)).where(col(Flag.name).in_(strangers))).all()
    new = {name: member for name, member in strangers.items() if name not in told}
    session.add_all(Flag(name=name) for name in new)
    session.flush()
    return list(new.values())
