"""Link a space to its partner."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from store.features import digest, settings
from store.features.roles import LAST_FULL_ADMINISTRATOR, give
from store.features.shared import people
from store.features.spaces import space_of
from store.queues import outbox
from store.refusals import OTHER_PARTNERS_SPACE, Reason, Refused
from store.tables import Partner, Person, Space, id_of
from store.terms import Role

SETUP_NOT_ALLOWED = Reason("setup-not-allowed")
SPACE_TAKEN = Reason("space-taken")


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """What `setup` asks about a new partner; tier 2 buys through `distributor`."""

    name: str
    tier: int = 1
    distributor: str = ""


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """When and how the bot writes to a space; `country` (ISO) decides its public holidays.

    What is None stays as it is, or as a new space has it.
    """

    time_zone: str | None = None
    language: str | None = None
    country: str | None = None
    reminder_hour: int | None = None


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
    """Link a space to a new partner or, by id, to a known one; if linked, change its settings.

    `roles`: e-mail address → role. `by` None: the operator at the command line.
    Refused: SETUP_NOT_ALLOWED unless by an operator's address (`operators`) or, for a known
    partner, by its full administrator; OTHER_PARTNERS_SPACE for a space linked to another partner
    than the given one; for a linked space OTHER_PARTNERS_SPACE, or to an operator SPACE_TAKEN,
    unless by its partner's full administrator or with `by` None; LAST_FULL_ADMINISTRATOR if none is
    named.
    """
    linked = space_of(session, room_id)
    if linked and isinstance(partner, int) and partner != linked.partner_id:
        raise Refused(OTHER_PARTNERS_SPACE)
    owner = _owner(session, partner, linked, by, operators, now)
    if linked:
        settings.replan_later(session, id_of(linked))
    linked = linked or Space(partner_id=id_of(owner), room_id=room_id, linked_at=now)
    linked.title, linked.state = title, "linked"
    for name, value in asdict(space).items():
        if value is not None:
            setattr(linked, name, value)
    session.add(linked)
    session.flush()
    for email, role in sorted(roles.items(), key=lambda given: given[1] != Role.FULL):
        give(session, id_of(owner), email=email, role=role, by=None, now=now)
    if not people.with_roles(session, id_of(owner), Role.FULL):
        raise Refused(LAST_FULL_ADMINISTRATOR)
    digest.plan_next(session, linked, now)
    outbox.try_again(session)
    return linked


def _owner(
    session: Session,
    partner: PartnerFacts | int,
    linked: Space | None,
    by: Person | None,
    operators: Collection[str],
    now: datetime,
) -> Partner:
    operator = by is None or is_operator(by, operators)
    if linked:
        reason = SPACE_TAKEN if operator else OTHER_PARTNERS_SPACE
        return _hold(session, linked.partner_id, by, reason)
    if isinstance(partner, int):
        return _hold(session, partner, None if operator else by, SETUP_NOT_ALLOWED)
    if not operator:
        raise Refused(SETUP_NOT_ALLOWED)
    owner = Partner(
        name=partner.name, tier=partner.tier, distributor=partner.distributor, created_at=now
    )
    session.add(owner)
    session.flush()
    return owner


def check_may_link(
    session: Session, by: Person, operators: Collection[str], *, direct: bool
) -> None:
    """Refuse to link rooms (SETUP_NOT_ALLOWED) to others, and to anybody one to one.

    The operator's people may link rooms, and a partner's full administrators.
    """
    full = Role.FULL in people.roles(session, by).values()
    if direct or not (full or is_operator(by, operators)):
        raise Refused(SETUP_NOT_ALLOWED)


def is_operator(by: Person, operators: Collection[str]) -> bool:
    """Whether the operator lets this person link new partners."""
    return bool({email.lower() for email in operators} & set(by.emails))


def _hold(session: Session, partner_id: int, by: Person | None, reason: Reason) -> Partner:
    try:
        return people.hold_roles(session, partner_id, by)
    except Refused as refused:
        raise Refused(reason) from refused
