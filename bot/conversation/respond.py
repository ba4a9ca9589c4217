"""Respond to an event: set up its turn and call its handler."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.conversation import guard
from bot.conversation.routes import Press, presses, reasons
from bot.conversation.told import Told
from bot.conversation.turn import Turn
from bot.mail.links import Links
from cards.kit.forms import Form, Invalid, corrected_card, form_of
from cards.kit.refusals import refusal
from cards.kit.word import suggestion_card
from cards.kit.words import N_, Words
from store.features import spaces
from store.features.shared import people
from store.queues import outbox
from store.queues.outbox import Source
from store.refusals import Refused
from store.say import Say

UNKNOWN = N_(
    "Webex doesn't show me who you are, so I can't help you here. Send me a private message,"
    " or ask my operator."
)


def only_asks(told: Told) -> bool:
    """Whether the event's handler is read-only."""
    if told.inputs is not None:
        route = _route_of(told.inputs)
        return route is None or route.asks(told.inputs)
    return bool(told.heard and (told.heard.command is None or told.heard.command.asks))


def is_slow(told: Told) -> bool:
    """Whether a read-only event is answered beside the desk."""
    if told.inputs is not None:
        route = _route_of(told.inputs)
        return bool(route and route.slow(told.inputs))
    command = told.heard.command if told.heard else None
    return bool(told.heard and command and command.slow(told.heard.rest))


def is_prepared(told: Told) -> bool:
    """Whether something is prepared beside the desk for the event's handler."""
    if told.inputs is not None:
        route = _route_of(told.inputs)
        return bool(route and route.prepare)
    return bool(told.heard and told.heard.command and told.heard.command.prepare)


def source_of(turn: Turn) -> Source:
    """What a turn answers, for the outbox."""
    person_id = turn.person.id if turn.person else None
    return Source(turn.room_id, turn.direct, person_id, turn.pressed)


def turn_of(
    session: Session,
    now: datetime,
    told: Told,
    operators: tuple[str, ...],
    links: Links | None = None,
) -> Turn:
    """Set up a turn: who acts, where and in which language, as this transaction sees it."""
    person = people.known(session, told.person_id) if told.person_id else None
    space = None if told.direct else spaces.space_of(session, told.room_id)
    home = space or (spaces.home_of(session, person) if person else None)
    own = person.language if person else ""
    shared = home.language if home else ""
    language = (own or shared) if told.direct else (shared or own)
    pressed = told.message_id if told.inputs is not None else None
    return Turn(
        session,
        person,
        told.room_id,
        told.direct,
        space,
        now,
        now.astimezone(ZoneInfo(home.time_zone if home else "UTC")).date(),
        Words(language),
        rest=told.heard.rest if told.heard else "",
        thread=_thread(session, told),
        pressed=pressed,
        inputs=told.inputs or {},
        fetched=told.fetched,
        operators=operators,
        links=links,
    )


def _thread(session: Session, told: Told) -> str | None:
    """The thread to answer in: always in a space, in a direct room only if there is one."""
    if told.inputs is not None:
        root = outbox.thread_of(session, told.message_id)
        return root or (None if told.direct else told.message_id)
    return told.parent_id or (None if told.direct else told.message_id or None)


def prepare(told: Told, turn: Turn) -> Mapping[str, Any]:
    """Do what a handler has prepared beside the desk. Raises `Refused` and `Invalid` like it."""
    _check_rule(told, turn)
    if told.inputs is None:
        command = told.heard.command if told.heard else None
        return command.prepare(turn) if command and command.prepare else turn.fetched
    route = _route_of(told.inputs)
    if route is None or route.prepare is None:
        return turn.fetched
    return route.prepare(turn, _filled(route, turn, told.inputs))


def find_again(session: Session, turn: Turn) -> None:
    """Restore a space that was gone, if somebody speaks to us in it."""
    if turn.space and turn.space.state == "gone" and turn.person:
        spaces.find_again(session, turn.room_id)


def may_go_on(told: Told, turn: Turn) -> bool:
    """Whether an event's rule allows it, so that what its route needs is worth fetching."""
    if told.happened:
        return True
    if turn.person is None:
        return False
    try:
        _check_rule(told, turn)
    except Refused:
        return False
    return True


def _check_rule(told: Told, turn: Turn) -> None:
    route = _route_of(told.inputs) if told.inputs is not None else None
    if route:
        guard.check(turn, route.form, told.inputs or {})
    elif told.heard and told.heard.command:
        guard.check_command(turn, told.heard.command)


def handle(told: Told, turn: Turn) -> Sequence[Say]:
    """Call the handler of a command, press or room event. Raises `Refused` and `Invalid`."""
    if told.happened:
        return [say for when in told.happened for say in when.handler(turn, told.data)]
    if turn.person is None:
        return [turn.answer(turn.words(UNKNOWN), replace=False)]
    if told.inputs is not None:
        return _press(turn, told.inputs)
    if told.heard and told.heard.command:
        return guard.run(turn, told.heard.command)
    return [_suggest(turn, told)]


def _press(turn: Turn, inputs: Mapping[str, Any]) -> Sequence[Say]:
    route = _route_of(inputs)
    if route is None:
        return [turn.answer(turn.words("This button no longer works."), replace=False)]
    guard.check(turn, route.form, inputs)
    return route.handler(turn, _filled(route, turn, inputs))


def _filled(route: Press, turn: Turn, inputs: Mapping[str, Any]) -> Form:
    return route.form.parse(inputs, _choices(route, turn, inputs))


def _route_of(inputs: Mapping[str, Any]) -> Press | None:
    form = form_of(inputs)
    return presses.get(form.key) if form else None


def _choices(route: Press, turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The choices that a form offers now."""
    return route.choices(turn, inputs) if route.choices else {}


def ask_again(wrong: Invalid, told: Told, turn: Turn) -> Sequence[Say]:
    """Show the same card, filled in, with the errors; for a forged press, one sentence.

    Raises `Refused` like the press itself.
    """
    if wrong.broken:
        return [turn.answer(turn.words("I couldn't read that button press."), replace=False)]
    guard.check(turn, wrong.form, wrong.values)
    route = presses[wrong.form.key]
    if route.ask_again is not None:
        return route.ask_again(turn, wrong)
    text, card = corrected_card(turn.words, wrong, _choices(route, turn, told.inputs or {}))
    return [turn.answer(text, card)]


def refuse(no: Refused, turn: Turn) -> Sequence[Say]:
    """Answer a refusal as its feature does, else as `refuse_plainly`. May raise `Refused`."""
    more = reasons.get(no.reason)
    return more(turn, no) if more is not None else refuse_plainly(no, turn)


def refuse_plainly(no: Refused, turn: Turn) -> Sequence[Say]:
    """Answer a refusal with its sentence."""
    zone = turn.space.time_zone if turn.space else "UTC"
    return [turn.answer(refusal(turn.words, no, zone), replace=False)]


def _suggest(turn: Turn, told: Told) -> Say:
    """Offer the nearest command with what was typed after it, one press away."""
    typed = (told.heard.typed if told.heard else "")[:40]
    if told.heard and (near := told.heard.nearest):
        card = suggestion_card(
            typed, near.word, told.heard.rest, turn.words, can_be_pressed=near.is_simple
        )
        return turn.answer(card.text, card.content)
    return turn.answer(
        turn.words("I don't know “{typed}”. Type *help* to see all commands.", typed=typed)
    )
