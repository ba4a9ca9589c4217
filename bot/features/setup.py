"""The word `setup`, and what happens to spaces: the bot is added, people join, rooms move."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.routes import Happening, command, on, when
from bot.turn import Turn
from cards.fields import Choices
from cards.home import hello_card
from cards.setup import NEW, SetUpSpace, linked_card, onlookers_text, setup_card, setup_choices
from cards.words import N_, Words
from store import people, spaces
from store.refusals import Reason, Refused
from store.say import Say, To
from store.spaces import Member, PartnerFacts, SpaceFacts
from store.tables import Partner, Space
from store.terms import Role


@command("setup", help=N_("Link this space to a partner, with its people."), needs=("room",))
def setup(turn: Turn) -> Sequence[Say]:
    """Ask what a new space needs; show what a linked one has."""
    if turn.direct:
        said = turn.words("Please say *setup* in the space that I should link.")
        return [turn.answer(said, replace=False)]
    if turn.space and people.role_of(turn.session, turn.by, turn.space.partner_id):
        return [turn.answer(*_linked(turn, turn.space))]
    partners, new = _linkable(turn)
    if not partners and not new:
        raise Refused(Reason.SETUP_NOT_ALLOWED)
    if turn.space and turn.space.partner_id not in [partner.id for partner in partners] and not new:
        raise Refused(Reason.OTHER_PARTNERS_SPACE)
    return [turn.answer(*setup_card(partners, turn.words, new=new, by=turn.by, space=turn.space))]


def _choices(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    partners, new = _linkable(turn)
    return setup_choices(partners, turn.words, new=new)


def _linkable(turn: Turn) -> tuple[list[Partner], bool]:
    """The partners that this person may link a space to, and whether a new one, too."""
    roles = people.roles_of(turn.session, turn.by)
    mine = [partner for partner, role in roles if role is Role.FULL]
    return mine, bool(set(turn.operators) & set(turn.by.emails))


@on(SetUpSpace, needs=("room", "members"), choices=_choices)
def set_up(turn: Turn, form: SetUpSpace) -> Sequence[Say]:
    """Link the space, and tell its full administrators who reads along."""
    if turn.direct:
        raise Refused(Reason.SETUP_NOT_ALLOWED)
    new = PartnerFacts(form.name, int(form.tier), form.distributor)
    space = spaces.link_space(
        turn.session,
        room_id=turn.room_id,
        title=str(turn.fetched["room"].get("title") or ""),
        partner=new if form.partner == NEW else int(form.partner),
        space=SpaceFacts(form.time_zone, form.language, form.country, form.hour),
        roles=form.roles(),
        by=turn.by,
        operators=turn.operators,
        now=turn.now,
    )
    card = _linked(turn, space)
    return [turn.answer(*card), *_warn(turn, space, turn.fetched["members"])]


def _linked(turn: Turn, space: Space) -> Any:
    partner = turn.session.get_one(Partner, space.partner_id)
    who = people.with_roles(turn.session, space.partner_id)
    return linked_card(space, partner, who, turn.words)


# ------------------------------------------------------------------ what happens to spaces


@when(Happening.BOT_ADDED, needs=("room", "members"))
def introduce(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Say hello in a new space; in one that is known, reminders come again."""
    if turn.direct:
        return []
    title = str(turn.fetched["room"].get("title") or "")
    space = spaces.find_again(turn.session, turn.room_id, title)
    words = Words(space.language) if space else turn.words
    hello = hello_card(words, linked=space is not None)
    warnings = _warn(turn, space, turn.fetched["members"]) if space else []
    return [turn.answer(*hello), *warnings]


@when(Happening.BOT_REMOVED)
def lose(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Remember that a space is gone; its trials stay, and reminders look for another way."""
    spaces.lose(turn.session, turn.room_id)
    return []


@when(Happening.MEMBER_ADDED)
def look_at(turn: Turn, data: Mapping[str, Any]) -> Sequence[Say]:
    """Warn of somebody who joins without a role."""
    return _warn(turn, turn.space, [data]) if turn.space else []


def _warn(turn: Turn, space: Space, members: Iterable[Mapping[str, Any]]) -> list[Say]:
    """Tell the full administrators, once, one to one, who sees the cards without a role."""
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


def _member(about: Mapping[str, Any]) -> Member:
    texts = (about.get(key) for key in ("personId", "personEmail", "personDisplayName"))
    webex_id, email, name = (str(text or "") for text in texts)
    return Member(webex_id, email, name, str(about.get("personOrgId") or ""))


def _is_bot(about: Mapping[str, Any]) -> bool:
    return str(about.get("personEmail", "")).endswith(("@webex.bot", "@sparkbot.io"))
