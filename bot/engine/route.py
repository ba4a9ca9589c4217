"""Where a message goes: a reminder is addressed to a trial; its room is found when it is sent."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.failures import LeaseLost
from store.features import spaces
from store.features.shared import people
from store.queues import leases, outbox
from store.queues.leases import OUTBOX, Claimed
from store.say import File, Say, To
from store.tables import Space, Trial
from store.terms import Role

WAITING = timedelta(minutes=10)
INSTEAD = "instead/"
"""Slots of messages to full administrators instead of a space: `instead/<trial>/<slot>`."""

_DESTINATIONS = {"room": "roomId", "person": "toPersonId", "email": "toPersonEmail"}


@dataclass(frozen=True, slots=True)
class Route:
    """A message's destination at Webex, or `nowhere` if a trial's space is gone."""

    to: dict[str, str] = field(default_factory=dict)

    @classmethod
    def direct(cls, address: str) -> "Route":
        """Route to a room, or to a person directly."""
        kind, _, value = address.partition(":")
        return cls({_DESTINATIONS[kind]: value})

    @property
    def room_id(self) -> str:
        """The room's id; empty if it isn't known."""
        return self.to.get("roomId", "")

    @property
    def nowhere(self) -> bool:
        """Whether no space is left."""
        return not self.to


def resolve(session: Session, address: str) -> Route:
    """Find the destination: a trial's own space, else the partner's next linked space."""
    kind, _, value = address.partition(":")
    if kind != "trial":
        return Route.direct(address)
    space = session.exec(select(Space).join(Trial).where(col(Trial.id) == int(value))).one()
    room_id = room_of(session, space)
    return Route({"roomId": room_id}) if room_id else Route()


def room_of(session: Session, space: Space) -> str:
    """The room of a space or, if it is gone, of the partner's next space; empty if none is left."""
    if space.state == "linked":
        return space.room_id
    others = spaces.spaces_of(session, space.partner_id)
    return others[0].room_id if others else ""


def reroute(session: Session, letter: Claimed, *, now: datetime) -> str:
    """Send a message without a space to the partner's full administrators; with none, it waits."""
    trial_id = int(letter.address.partition(":")[2])
    partner_id = session.exec(select(Trial.partner_id).where(col(Trial.id) == trial_id)).one()
    administrators = [person for person, _ in people.with_roles(session, partner_id, Role.FULL)]
    if not administrators:
        return _wait(session, letter, "no space and no full administrator", now)
    if not leases.settle(session.connection(), OUTBOX, letter, now=now, outcome="rerouted"):
        raise LeaseLost
    says = [_to(To.person(person), trial_id, letter) for person in administrators]
    outbox.put(session, says, now=now, bell=letter.bell, event=letter.event)
    return "rerouted"


def is_rerouted(letter: Claimed) -> bool:
    """Whether a message went to full administrators because there was no space."""
    return (letter.slot or "").startswith(INSTEAD)


def no_way(session: Session, letter: Claimed, why: str, *, now: datetime) -> str:
    """Give up on an unreachable administrator; if no other has a copy, wait for a space."""
    if not outbox.has_another_copy(session.connection(), letter):
        _, trial_id, slot = letter.slot.split("/", 2)
        lane = outbox.lane(session, f"trial:{trial_id}", letter.bell)
        to = {"address": f"trial:{trial_id}", "lane": lane, "slot": slot or None}
        return _wait(session, letter, why, now, **to)
    if not leases.settle(session.connection(), OUTBOX, letter, now=now, outcome="gone", why=why):
        raise LeaseLost
    return "gone"


def _wait(session: Session, letter: Claimed, why: str, now: datetime, **to: str | None) -> str:
    at = now + WAITING
    given_back = leases.retry(
        session.connection(), OUTBOX, letter, at=at, counted=False, why=why, outcome="waiting"
    )
    if not given_back:
        raise LeaseLost
    if to:
        outbox.readdress(session.connection(), letter, **to)
    return "waiting"


def _to(to: To, trial_id: int, letter: Claimed) -> Say:
    file = File(letter.file_name, letter.file_type, letter.file) if letter.file_name else None
    slot = f"{INSTEAD}{trial_id}/{letter.slot or ''}"
    return Say(to, letter.text, letter.card, file, slot=slot, trial_id=letter.trial_id)
