"""Tell a partner, once, that somebody could not be reached."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from bot.conversation.routes import Undelivered, unreachables
from bot.conversation.turn import Turn
from bot.mail.links import Links
from store import flags
from store.features import spaces
from store.queues import outbox
from store.queues.leases import Claimed
from store.say import Say, To
from store.tables import Flag, Space, Trial


def tell(
    session: Session,
    letter: Claimed,
    why: str,
    *,
    calendar: datetime,
    now: datetime,
    links: Links | None = None,
) -> int:
    """Say in the trial's space that a message about it can't be delivered; return how many calls.

    Once for each trial, address and kind of message (the first part of its slot); not if the
    message was for that very space.
    """
    trial = session.get(Trial, letter.trial_id) if letter.trial_id else None
    space = _space(session, trial) if trial else None
    if trial is None or space is None or letter.address in (f"room:{space.room_id}", _own(trial)):
        return 0
    undelivered = Undelivered(letter.address, letter.slot or "", trial.id, why, letter.text)
    kind = undelivered.slot.partition("/")[0]
    if not _is_news(session, _told(trial.id or 0, letter.address), kind, why):
        return 0
    handler = unreachables.get(kind, _plainly)
    says = handler(Turn.in_space(session, space, calendar, links=links), undelivered)
    return _put(session, says, letter, now)


def _is_news(session: Session, name: str, kind: str, why: str) -> bool:
    """Note what can't be delivered; return whether the partner didn't know it yet.

    A former release noted no kinds: then every kind is known.
    """
    flag = session.get(Flag, name, populate_existing=True)
    kinds = flag.value.get("kinds") if flag else []
    if kinds is None or kind in kinds:
        return False
    flags.remember(session, name, {"why": why, "kinds": [*kinds, kind]})
    return True


def _put(session: Session, says: Iterable[Say], letter: Claimed, now: datetime) -> int:
    """Store what is said; an e-mail in place of a reminder can be withdrawn as the reminder."""
    count = 0
    for say in says:
        bell = letter.bell and say.mail is not None
        count += outbox.put(session, [say], now=now, bell=bell, event=letter.event)
    return count


def is_told(session: Session, trial_id: int, address: str) -> bool:
    """Whether the partner knows that this address can't be reached about this trial."""
    return session.get(Flag, _told(trial_id, address)) is not None


def _told(trial_id: int, address: str) -> str:
    return f"unreachable/{trial_id}/{address}"


def _plainly(turn: Turn, letter: Undelivered) -> list[Say]:
    who = letter.address.partition(":")[2]
    sentence = turn.words("I couldn't reach {who} in Webex: {why}", who=who, why=letter.why)
    return [turn.answer(sentence, trial_id=letter.trial_id)]


def _space(session: Session, trial: Trial) -> Space | None:
    own = session.get(Space, trial.space_id)
    if own and own.state == "linked":
        return own
    return next(iter(spaces.spaces_of(session, trial.partner_id)), None)


def _own(trial: Trial) -> str:
    return To.trial(trial.id or 0).address
