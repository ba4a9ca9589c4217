"""Tell a partner's full administrators why the bot no longer writes to one of its spaces."""

from datetime import datetime

from sqlmodel import Session

from cards.kit.words import Md, Words
from store.features.shared import people
from store.queues import outbox
from store.say import Say, To
from store.tables import Space
from store.terms import Role


def tell(session: Session, space: Space, why: str, *, now: datetime) -> None:
    """Tell each full administrator, privately; `why`: what Webex said. `now`: queue time."""
    full = people.with_roles(session, space.partner_id, Role.FULL)
    says = [
        Say(To.person(person), _sentence(space, why, Words(person.language or space.language)))
        for person, _ in full
    ]
    outbox.put(session, says, now=now)


def _sentence(space: Space, why: str, words: Words) -> Md:
    return words(
        "I can't write to the space “{space}”: Webex says “{why}”. Until I can, its reminders go"
        " to your other space or to you. If I'm no longer a member, add me again.",
        space=space.title,
        why=why,
    )
