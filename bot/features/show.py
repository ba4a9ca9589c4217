"""The command `show`: a trial, found by anything that identifies it."""

from collections.abc import Sequence

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared.trial import announce, meant
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.rules.rights import Action
from store.say import Say


@command(
    "show",
    rule=with_role(Action.SEE),
    takes=N_("X"),
    help=N_("Show a trial: its dates and what you can do next."),
    asks=True,
)
def show(turn: Turn) -> Sequence[Say]:
    """Show the trial that was named."""
    return meant(turn, "show", lambda turn, view: [announce(turn, view.trial)])
