"""Linking, losing and restoring spaces; onlookers."""

from typing import Any

from sqlmodel import Session, select

from store.features import spaces
from store.features.roles import LAST_FULL_ADMINISTRATOR
from store.features.setup import SETUP_NOT_ALLOWED, PartnerFacts, SpaceFacts, link_space
from store.features.shared import people
from store.features.spaces import Member
from store.refusals import OTHER_PARTNERS_SPACE
from store.tables import Partner, Person, Reminder, Space
from store.terms import Role
from tests.store.cast import NOW, House, a_house, at, meet, refused


def link(session: Session, by: Person | None, room: str = "new-room", **changes: Any) -> Space:
    facts: dict[str, Any] = {
        "room_id": room,
        "title": "More trials",
        "partner": PartnerFacts("Newcomer"),
        "space": SpaceFacts(),
        "roles": {"boss@new.example": Role.FULL},
        "operators": ("op@x.example",),
    }
    return link_space(session, by=by, now=NOW, **(facts | changes))


def test_only_an_operator_can_link_a_new_partner(session: Session, house: House) -> None:
    with refused(SETUP_NOT_ALLOWED):
        link(session, house.full)
    operator = meet(session, "op@x.example", "org-x")
    space = link(session, operator)
    boss = meet(session, "boss@new.example", "org-new")
    assert people.role_of(session, boss, space.partner_id) is Role.FULL


def test_a_partner_needs_a_full_administrator(session: Session) -> None:
    with refused(LAST_FULL_ADMINISTRATOR):
        link(session, None, roles={"x@new.example": Role.ADMIN})


def test_a_full_administrator_can_link_more_spaces_of_their_partner(
    session: Session, house: House
) -> None:
    space = link(session, house.full, partner=house.partner.id, roles={})
    assert space.partner_id == house.partner.id
    with refused(SETUP_NOT_ALLOWED):
        link(session, house.admin, "third", partner=house.partner.id, roles={})


def test_a_space_of_another_partner_cannot_be_linked(session: Session, house: House) -> None:
    summit = a_house(session, "summit")
    with refused(OTHER_PARTNERS_SPACE):
        link(session, summit.full, house.space.room_id, partner=summit.partner.id, roles={})
    with refused(OTHER_PARTNERS_SPACE):
        link(session, summit.full, house.space.room_id)


def test_a_second_setup_changes_the_space_and_creates_no_partner(
    session: Session, house: House
) -> None:
    room = house.space.room_id
    again = link(session, house.full, room, space=SpaceFacts(time_zone="Asia/Tokyo"), roles={})
    assert (again.id, again.time_zone) == (house.space.id, "Asia/Tokyo")
    assert len(session.exec(select(Partner)).all()) == 1


def test_a_lost_space_is_restored_without_setup(session: Session, house: House) -> None:
    spaces.lose(session, house.space.room_id)
    assert spaces.spaces_of(session, house.partner.id) == []
    spaces.find_again(session, house.space.room_id, "Back again")
    assert [space.title for space in spaces.spaces_of(session, house.partner.id)] == ["Back again"]


def test_each_onlooker_is_reported_once(session: Session, house: House) -> None:
    guest = Member("id-guest", "guest@else.example", "Guest", "org-else")
    insider = Member(house.admin.webex_id, house.admin.email, "Admin", house.admin.org_id)
    assert spaces.onlookers(session, house.space, [guest, insider]) == [guest]
    assert spaces.onlookers(session, house.space, [guest]) == []


def test_a_person_with_a_role_from_another_organisation_is_an_onlooker(
    session: Session, house: House
) -> None:
    contractor = Member(house.reader.webex_id, house.reader.email, "R", "org-elsewhere")
    assert spaces.onlookers(session, house.space, [contractor]) == [contractor]


def test_a_linked_spaces_next_digest_is_planned_once(session: Session, house: House) -> None:
    from store.features import digest

    for day in (0, 1, 5, 6):
        digest.plan_next(session, house.space, at(day))
    rows = session.exec(select(Reminder).where(Reminder.kind == "digest")).all()
    assert [row.rings_at.isoformat() for row in rows] == [
        "2026-12-07T07:00:00+00:00",  # a Monday that has arrived and hasn't rung yet
        "2026-12-14T07:00:00+00:00",
    ]
    house.space.weekly_digest = False
    digest.plan_next(session, house.space, at(7))
    assert session.exec(select(Reminder).where(Reminder.kind == "digest")).all() == []
