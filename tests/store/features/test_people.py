"""People: a role given to an address is pinned to the first person shown with it."""

from sqlmodel import Session

from store.act import Act
from store.features.roles import LAST_FULL_ADMINISTRATOR, give, take
from store.features.shared import people
from store.features.shared.administrators import administrator, is_administrator
from store.features.shared.people import known, meet, role_of, roles_of
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU
from store.tables import Slot
from store.terms import Role, Service
from tests.store.cast import NOW, House, a_house, a_trial, at, refused


def see(session: Session, webex_id: str, *emails: str, name: str = "Someone"):
    return meet(session, webex_id, emails=emails, name=name, org_id="org", now=NOW)


def test_a_role_is_pinned_to_the_first_person_shown_with_its_address(
    session: Session, house: House
) -> None:
    give(session, house.partner.id, email="New@X.example", role=Role.ADMIN, by=house.full, now=NOW)
    first = see(session, "first", "new@x.example")
    second = see(session, "second", "new@x.example")
    see(session, "first", "renamed@x.example")
    assert role_of(session, first, house.partner.id) is Role.ADMIN
    assert role_of(session, second, house.partner.id) is None


def test_a_role_given_to_a_second_address_reaches_its_owner(session: Session, house: House) -> None:
    known_person = see(session, "two", "main@x.example", "alias@x.example")
    given = give(
        session, house.partner.id, email="alias@x.example", role=Role.ADMIN, by=None, now=NOW
    )
    assert given.id == known_person.id


def test_roles_at_two_addresses_of_one_person_are_merged(session: Session, house: House) -> None:
    other = a_house(session, "summit")
    for where, email, role in [
        (house, "a@x.example", Role.READ_ONLY),
        (house, "b@x.example", Role.ADMIN),
        (other, "b@x.example", Role.FULL),
    ]:
        give(session, where.partner.id, email=email, role=role, by=None, now=NOW)
    person = see(session, "both", "a@x.example", "b@x.example")
    found = {partner.name: role for partner, role in roles_of(session, person)}
    assert found == {"harbour": Role.ADMIN, "summit": Role.FULL}
    assert people.by_email(session, "b@x.example").id == person.id


def test_meeting_a_person_again_updates_the_name(session: Session) -> None:
    person = see(session, "same", "s@x.example")
    again = see(session, "same", "s@x.example", name="New Name")
    assert (again.id, known(session, "same").name) == (person.id, "New Name")


def test_the_last_full_administrator_cannot_be_removed(session: Session, house: House) -> None:
    partner_id = house.partner.id
    with refused(LAST_FULL_ADMINISTRATOR):
        take(session, partner_id, person_id=house.full.id, by=house.full)
    with refused(LAST_FULL_ADMINISTRATOR):
        give(session, partner_id, email=house.full.email, role=Role.ADMIN, by=house.full, now=NOW)
    give(session, partner_id, email=house.admin.email, role=Role.FULL, by=house.full, now=NOW)
    take(session, partner_id, person_id=house.full.id, by=house.admin)
    assert role_of(session, house.full, partner_id) is None


def test_only_full_administrators_can_give_roles(session: Session, house: House) -> None:
    outsider = see(session, "out", "out@x.example")
    for by, reason in [
        (house.admin, NOT_ALLOWED),
        (house.reader, NOT_ALLOWED),
        (outsider, NOTHING_FOR_YOU),
        (a_house(session, "summit").full, NOTHING_FOR_YOU),
    ]:
        with refused(reason):
            give(session, house.partner.id, email="x@x.example", role=Role.FULL, by=by, now=NOW)


def test_an_assignment_is_valid_through_its_last_day(session: Session, house: House) -> None:
    from datetime import date

    from store.features.assign import assign

    trial = a_trial(session, house)
    until = date(2026, 12, 10)
    assign(
        session,
        trial.id,
        Act(house.full, at(0), trial.version),
        person_id=house.other.id,
        until=until,
    )
    assert people.owns(session, house.other, trial, until)
    assert not people.owns(session, house.other, trial, date(2026, 12, 11))


def test_a_customers_administrator_is_the_first_person_shown_with_the_address(
    session: Session, house: House
) -> None:
    customer = a_trial(session, house, administrator="Clara@meadow.example").customer
    assert administrator(session, customer) is None
    clara = see(session, "clara", "clara@meadow.example")
    see(session, "clara", "weiss@meadow.example")
    samir = see(session, "samir", "clara@meadow.example")
    assert administrator(session, customer) is clara
    assert is_administrator(session, customer, clara, "any")
    assert not is_administrator(session, customer, samir, "any")


def test_a_customer_is_known_again_by_address_and_person(session: Session, house: House) -> None:
    services = iter(Service)
    first, again = (
        a_trial(session, house, services=[next(services)], administrator="clara@meadow.example")
        for _ in range(2)
    )
    assert first.customer_id == again.customer_id
    see(session, "clara", "clara@meadow.example")
    see(session, "samir", "clara@meadow.example")
    other = a_trial(session, house, services=[next(services)], administrator="clara@meadow.example")
    assert other.customer_id != first.customer_id
    assert administrator(session, other.customer).webex_id == "samir"
    assert administrator(session, first.customer).webex_id == "clara"


def test_who_acts_where_a_message_to_the_address_arrived_is_the_administrator(
    session: Session, house: House
) -> None:
    customer = a_trial(session, house, administrator="clara@meadow.example").customer
    address = "email:clara@meadow.example"
    session.add(Slot(address=address, name="customer/1/service", room_id="hers"))
    session.flush()
    clara = see(session, "clara", "weiss@meadow.example")
    assert not is_administrator(session, customer, clara, "elsewhere")
    assert is_administrator(session, customer, clara, "hers")
    assert administrator(session, customer) is clara
