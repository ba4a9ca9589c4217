"""Events in spaces: the bot is added or removed, people join, rooms are renamed or migrate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.conversation.routes import Happening, when
from bot.conversation.turn import Turn
from cards.features.home import hello_card
from cards.features.setup import onlookers_text
from cards.kit.words import Words
from store.features import spaces
from store.features.shared import people
from store.features.spaces import Member
from store.say import Say, To
from store.tables import Space
from store.terms import Role

BOTS = ("@webex.bot", "@sparkbot.io")


@when(Happening.BOT_ADDED, needs=("room", "members"))
def introduce(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Introduce the bot to a new space; in a known one, reminders start again."""
    if turn.direct:
        return []
    space = spaces.find_again(turn.session, turn.room_id, _title(turn))
    words = Words(space.language) if space else turn.words
    hello = turn.answer(*hello_card(words, linked=space is not None))
    warnings = tell_of_onlookers(turn, space, turn.fetched["members"]) if space else []
    return [hello, *warnings]


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
    """Warn about somebody who joins without a role."""
    return tell_of_onlookers(turn, turn.space, [data]) if turn.space else []


def tell_of_onlookers(turn: Turn, space: Space, members: Iterable[Mapping[str, Any]]) -> list[Say]:
    """Tell the full administrators, once, privately, who sees the cards without a role."""
    seen = [_member(about) for about in members if not _is_bot(about)]
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


def _is_bot(about: Mapping[str, Any]) -> bool:
    return str(about.get("personEmail", "")).endswith(BOTS)
