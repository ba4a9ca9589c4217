"""Buttons that run a command, here or in a private chat."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.conversation import guard
from bot.conversation.hear import understand
from bot.conversation.routes import Command, commands, on
from bot.conversation.turn import Turn
from cards.kit.privately import Privately
from cards.kit.word import Word
from store.say import Say, To


def _asks(command: Command | None) -> bool:
    return command is not None and command.asks


def _slow(inputs: Mapping[str, Any]) -> bool:
    command = commands.get(str(inputs.get("word")))
    return command is not None and command.slow(str(inputs.get("rest") or ""))


def _slow_alone(inputs: Mapping[str, Any]) -> bool:
    heard = understand(str(inputs.get("word")))
    return heard.command is not None and heard.command.slow(heard.rest)


@on(Word, asks=lambda inputs: _asks(commands.get(str(inputs.get("word")))), slow=_slow)
def say_word(turn: Turn, form: Word) -> Sequence[Say]:
    """Run the command as if it had been typed, by its own rule."""
    command = commands.get(form.word)
    if command is None or not command.is_simple:
        return [turn.answer(turn.words("This button no longer works."), replace=False)]
    pressed = None if form.beside else turn.pressed
    return guard.run(replace(turn, rest=form.rest, pressed=pressed), command)


@on(
    Privately,
    asks=lambda inputs: _asks(understand(str(inputs.get("word"))).command),
    slow=_slow_alone,
)
def go_on_privately(turn: Turn, form: Privately) -> Sequence[Say]:
    """Answer a command from a space in a private chat; the space gets one line."""
    heard = understand(form.word)
    if heard.command is None or not heard.command.is_simple:
        return [turn.answer(turn.words("This button no longer works."), replace=False)]
    alone = replace(turn, rest=heard.rest, thread=None, pressed=None)
    says = guard.run(alone, heard.command)
    person = To.person(turn.by)
    moved = [replace(say, to=person) if say.to == turn.here else say for say in says]
    line = turn.words("I sent that to {person} in a private chat.", person=turn.words.name(turn.by))
    return [*moved, turn.answer(line)]
