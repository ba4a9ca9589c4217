"""Who can't act for a customer: the partner's own people, and bots.

Rule: docs/domain.md#customers.
"""

import base64
import binascii
from collections.abc import Iterable

from sqlmodel import Session

from store.features.shared import people
from store.refusals import Reason, Refused
from store.rules.bots import is_bot
from store.tables import Person

OWN_PERSON = Reason("own-person")
BOT_ADDRESS = Reason("bot-address")


def check_customers(
    session: Session, partner_id: int, by: Person, addresses: Iterable[str]
) -> None:
    """Refuse addresses that can't be a customer's: BOT_ADDRESS, OWN_PERSON (`address`)."""
    for address in addresses:
        if is_bot(address):
            raise Refused(BOT_ADDRESS, address=address)
        person = people.by_email(session, address)
        if person and is_insider(session, person, partner_id, by):
            raise Refused(OWN_PERSON, address=address)


def is_insider(session: Session, person: Person, partner_id: int, colleague: Person | None) -> bool:
    """Whether a person has a role at a partner, or shares the organisation of its `colleague`."""
    if people.role_of(session, person, partner_id) is not None:
        return True
    return bool(colleague and same_organisation(person, colleague))


def same_organisation(one: Person, other: Person) -> bool:
    """Whether two people belong to one organisation; the shared consumer one doesn't count."""
    return bool(one.org_id) and one.org_id == other.org_id and not is_consumer(one.org_id)


def is_consumer(org_id: str) -> bool:
    """Whether this is Webex's shared consumer organisation (an id is base64)."""
    try:
        plain = base64.urlsafe_b64decode(org_id + "=" * (-len(org_id) % 4))
    except (binascii.Error, ValueError):
        return False
    return plain.endswith(b"/consumer")
