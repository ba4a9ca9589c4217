"""Events in spaces: the bot is added or removed, people join, rooms are renamed or migrate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.conversation.routes import Happening, when
from bot.conversation.turn import Turn
from cards.features.home import hello_card
from cards.features.roles import left_card
from cards.features.setup import onlookers_text
from cards.kit.words import Words
from store.features import spaces
from store.features.shared import people
from store.features.spaces import Member
from store.rules.bots import is_bot
from store.say import Say, To
from store.tables import Partner, Person, Space
from store.terms import Role


@when(Happening.BOT_ADDED, needs=("room", "members"))
def introduce(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Introduce the bot to a new space; in a known one, reminders start again."""
    if turn.direct:
        return []
    space = spaces.find_again(turn.session, turn.room_id, _title(turn))
    words = Words(space.language) if space else turn.words
    hello = turn.answer(*hello_card(words, linked=space is not None))
    members = turn.fetched["members"]
    if space is None:
        return [hello]
    warnings = tell_of_onlookers(turn, space, members)
    return [hello, *warnings, *tell_of_absent(turn, space, members)]


@when(Happening.BOT_REMOVED)
def lose(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Record that a space is gone; its trials stay, and their reminders are redirected."""
    spaces.lose(turn.session, turn.room_id)
    return []


@when(Happening.ROOM_CHANGED, needs=("room",))
def rename(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Update a space's title."""
    if turn.space:
        turn.space.title = _title(turn)
    return []


@when(Happening.ROOM_MIGRATED)
def migrate(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Update a room's id in our records and in the messages waiting to be sent there."""
    spaces.migrate(turn.session, data["migratedFrom"], turn.room_id)
    return []


@when(Happening.MEMBER_ADDED)
def look_at(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Store somebody new, and warn about them if they join without a role.

    A private chat has its members from its first message on, so this is also how we learn who has
    an address that we write to.
    """
    new = _member(data)
    if new.webex_id and not is_bot(new.email):
        about = {"email": new.email, "name": new.name, "org_id": new.org_id}
        people.meet_new(turn.session, new.webex_id, **about, now=turn.now)
    if turn.space:
        spaces.entered(turn.session, turn.space, new.webex_id)
    return tell_of_onlookers(turn, turn.space, [data]) if turn.space else []


@when(Happening.MEMBER_REMOVED)
def look_after(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Tell the full administrators if somebody else removed a person who has a role.

    People may leave a space themselves: they still get their reminders one to one.
    """
    webex_id, actor = str(data.get("personId", "")), str(data.get("actorId", ""))
    person = spaces.left(turn.session, turn.space, webex_id) if turn.space else None
    if turn.space is None or person is None or actor == webex_id:
        return []
    remover = people.known(turn.session, actor)
    return _tell_of_left(turn, turn.space, person, remover.name if remover else "")


def tell_of_absent(turn: Turn, space: Space, members: Iterable[Mapping[str, Any]]) -> list[Say]:
    """Tell the full administrators, once, who has a role and is no longer in a space."""
    absent = spaces.note_members(turn.session, space, map(_member, members))
    return [say for person in absent for say in _tell_of_left(turn, space, person)]


def _tell_of_left(turn: Turn, space: Space, person: Person, by: str = "") -> list[Say]:
    staff = people.with_roles(turn.session, space.partner_id)
    partner = turn.session.get_one(Partner, space.partner_id)
    role = next(theirs for each, theirs in staff if each.id == person.id)
    slot, says = f"left/{space.id}/{person.id}", []
    for other, theirs in staff:
        if theirs is Role.FULL and other.id != person.id:
            words = Words(other.language or space.language)
            card = left_card(person, role, space, partner, words=words, by=by)
            says.append(Say(To.person(other), card.text, card.content, slot=slot))
    return says


def tell_of_onlookers(turn: Turn, space: Space, members: Iterable[Mapping[str, Any]]) -> list[Say]:
    """Tell the full administrators, once, privately, who sees the cards without a role."""
    seen = [_member(about) for about in members if not is_bot(str(about.get("personEmail", "")))]
    strangers = spaces.onlookers(turn.session, space, seen)
    if not strangers:
        return []
    names = [f"{stranger.name} ({stranger.email})" for stranger in strangers]
    full = people.with_roles(turn.session, space.partner_id, Role.FULL)
    return [
        Say(
            To.person(person),
            onlookers_text(names, space, Words(person.language or space.language)),
        )
        for person, _ in full
    ]


def _title(turn: Turn) -> str:
    return str(turn.fetched["room"].get("title") or "")


def _member(about: Mapping[str, Any]) -> Member:
    texts = (about.get(key) for key in ("personId", "personEmail", "personDisplayName"))
    webex_id, email, name = (str(text or "") for text in texts)
    return Member(webex_id, email, name, str(about.get("personOrgId") or ""))
