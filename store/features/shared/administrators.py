"""The person whom the address of a customer's administrator means.

That is the person who last showed the address when it was entered, else the first one to show it
afterwards. From then on the person counts, whatever becomes of the address.
Rule: docs/domain.md#addresses-and-people.
"""

from sqlmodel import Session, col, select

from store.features.shared import people
from store.queues import slots
from store.say import To
from store.tables import Customer, Person, Trial, id_of


def appoint(session: Session, customer: Customer, address: str) -> None:
    """Enter the address of a customer's administrator, and the person if Webex has shown them.

    With another address, the customer's trials no longer count as unreachable.
    """
    former, customer.administrator = customer.administrator, address.strip().lower()
    if former not in ("", customer.administrator):
        _may_be_reached(session, customer)
    customer.domain = customer.administrator.rpartition("@")[2]
    person = people.shown_with(session, customer.administrator)
    customer.administrator_id = person.id if person else None


def _may_be_reached(session: Session, customer: Customer) -> None:
    trials = select(Trial).where(
        col(Trial.customer_id) == customer.id, col(Trial.customer_unreachable).is_(True)
    )
    for trial in session.exec(trials):
        trial.customer_unreachable = False


def administrator(session: Session, customer: Customer) -> Person | None:
    """A customer's administrator, if Webex has shown them."""
    if customer.administrator_id is None:
        return people.shown_with(session, customer.administrator)
    return session.get(Person, customer.administrator_id)


def is_administrator(session: Session, customer: Customer, by: Person, room_id: str) -> bool:
    """Whether a person is a customer's administrator.

    Somebody who never showed the address is, if a message to it arrived in the private chat that
    they act in.
    """
    known = administrator(session, customer)
    if known is not None:
        return known.id == by.id
    to = To.email(customer.administrator).address
    if not slots.went_to(session.connection(), to, room_id):
        return False
    customer.administrator_id = id_of(by)
    return True
