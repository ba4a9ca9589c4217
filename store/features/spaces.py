"""The Webex spaces linked to partners: found, lost or moved, and who is in them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, bindparam, col, select, update

from store import flags
from store.features.shared import people
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


def home_of(session: Session, person: Person) -> Space | None:
    """A person's first space: gives direct rooms their time zone and default language."""
    return session.exec(_HOME, params={"person_id": person.id}).first()


_HOME = (
    select(Space)
    .join(RoleRow, col(RoleRow.partner_id) == col(Space.partner_id))
    .where(col(RoleRow.person_id) == bindparam("person_id"))
    .order_by(col(Space.id))
    .limit(1)
)


def spaces_of(session: Session, partner_id: int) -> Sequence[Space]:
    """A partner's linked spaces, the first linked first."""
    return session.exec(
        select(Space)
        .where(col(Space.partner_id) == partner_id, col(Space.state) == "linked")
        .order_by(col(Space.id))
    ).all()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Webex refuses messages to a space, since when (calendar time), and if it shows it."""

    why: str
    since: datetime
    shown: bool


def lose(session: Session, room_id: str, refusal: Refusal | None = None) -> Space | None:
    """Mark a space that the bot can no longer write to; its trials stay.

    `refusal`: what Webex said, if the bot wasn't removed.
    """
    space = space_of(session, room_id)
    if space:
        space.state = "gone"
    if space and refusal:
        value = {"why": refusal.why, "at": refusal.since.isoformat(), "shown": refusal.shown}
        flags.remember(session, _refused(space), value)
    return space


def find_again(session: Session, room_id: str, title: str = "") -> Space | None:
    """Mark a known space as reachable (again), without a new `setup`."""
    space = space_of(session, room_id)
    if space:
        space.state, space.title = "linked", title or space.title
        flags.forget(session, _refused(space))
        outbox.try_again(session)
    return space


def refusals(session: Session) -> list[tuple[Space, Refusal]]:
    """The spaces to which Webex refuses messages, and why."""
    return [(space, refusal) for space, refusal in _lost(session) if refusal]


def lost_rooms(session: Session, *, shown_before: datetime, limit: int) -> list[str]:
    """The rooms of lost spaces that are worth asking Webex about again.

    Those that it showed while refusing messages are left out until `shown_before`.
    """
    return [
        space.room_id
        for space, refusal in _lost(session)
        if not (refusal and refusal.shown and refusal.since > shown_before)
    ][:limit]


def _lost(session: Session) -> list[tuple[Space, Refusal | None]]:
    gone = session.exec(select(Space).where(col(Space.state) == "gone").order_by(col(Space.id)))
    return [(space, _read(session.get(Flag, _refused(space)))) for space in gone.all()]


def _read(flag: Flag | None) -> Refusal | None:
    if flag is None:
        return None
    about = flag.value
    return Refusal(str(about["why"]), datetime.fromisoformat(about["at"]), bool(about["shown"]))


def _refused(space: Space) -> str:
    return f"refused-space/{space.id}"


def migrate(session: Session, old_room: str, new_room: str) -> None:
    """Follow a room to its new id: the space, its slots and unsent messages."""
    session.exec(update(Space).where(col(Space.room_id) == old_room).values(room_id=new_room))
    outbox.move_room(session, old_room, new_room)
    find_again(session, new_room)


def note_members(session: Session, space: Space, members: Iterable[Member]) -> list[Person]:
    """Compare a space's members with those we knew; return who left and still has a role.

    Only people with a role are remembered, and each who leaves is returned once.
    """
    here = {member.webex_id for member in members}
    staff = [person for person, _ in people.with_roles(session, space.partner_id)]
    names = {_inside(space, person): person for person in staff if person.webex_id}
    known = select(col(Flag.name)).where(col(Flag.name).in_(names))
    before = set(session.exec(known))
    now = {name for name, person in names.items() if person.webex_id in here}
    for name in sorted(now - before):
        flags.remember(session, name)
    for name in sorted(before - now):
        flags.forget(session, name)
    return [names[name] for name in sorted(before - now)]


def entered(session: Session, space: Space, webex_id: str) -> None:
    """Remember somebody with a role who joined a space."""
    person = _staff(session, space, webex_id)
    if person:
        flags.remember(session, _inside(space, person))


def left(session: Session, space: Space, webex_id: str) -> Person | None:
    """Forget somebody who left a space; return them if they have a role."""
    person = _staff(session, space, webex_id)
    if person:
        flags.forget(session, _inside(space, person))
    return person


def is_inside(session: Session, space_id: int, person_id: int) -> bool:
    """Whether somebody with a role was in a space when we last heard of them."""
    return flags.is_set(session, f"inside/{space_id}/{person_id}")


def _staff(session: Session, space: Space, webex_id: str) -> Person | None:
    person = people.known(session, webex_id)
    has_role = person and people.role_of(session, person, space.partner_id)
    return person if has_role else None


def _inside(space: Space, person: Person) -> str:
    return f"inside/{space.id}/{person.id}"


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
