"""Buttons that run a command, here or in a private chat."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import guard
from bot.conversation.hear import understand
from bot.conversation.routes import Command, commands, on
from bot.conversation.turn import Turn
from cards.kit.privately import Privately
from cards.kit.word import Word
from store.say import Say, To


def _asks(command: Command | None) -> bool:
    return command is not None and command.asks


@on(Word, asks=lambda inputs: _asks(commands.get(str(inputs.get("word")))))
def say_word(turn: Turn, form: Word) -> Sequence[Say]:
    """Run the command as if it had been typed, by its own rule."""
    command = commands.get(form.word)
    if command is None or command.needs:
        return [turn.answer(turn.words("This button no longer works."), replace=False)]
    pressed = None if form.beside else turn.pressed
    return guard.run(replace(turn, rest=form.rest, pressed=pressed), command)


@on(Privately, asks=lambda inputs: _asks(understand(str(inputs.get("word"))).command))
def go_on_privately(turn: Turn, form: Privately) -> Sequence[Say]:
    """Answer a command from a space in a private chat; the space gets one line."""
    heard = understand(form.word)
    if heard.command is None or heard.command.needs:
        return [turn.answer(turn.words("This button no longer works."), replace=False)]
    alone = replace(turn, rest=heard.rest, thread=None, pressed=None)
    says = guard.run(alone, heard.command)
    person = To.person(turn.by)
    moved = [replace(say, to=person) if say.to == turn.here else say for say in says]
    line = turn.words("I sent that to {person} in a private chat.", person=turn.words.name(turn.by))
    return [*moved, turn.answer(line)]
