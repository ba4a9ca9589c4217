"""The command `history`: who changed what in a trial, and when."""

from collections.abc import Sequence

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared.trial import in_place, meant
from cards.features.history import history_card
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features.shared import reading
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.rights import Action
from store.say import Say
from store.tables import id_of


@command(
    "history",
    rule=with_role(Action.SEE),
    takes=N_("X"),
    help=N_("Show who changed what in a trial, and when."),
    asks=True,
)
def history(turn: Turn) -> Sequence[Say]:
    """Show a trial's history."""
    return meant(turn, "history", _history)


def _history(turn: Turn, view: View) -> Sequence[Say]:
    trial = view.trial
    rows = reading.history(turn.session, id_of(trial), by=turn.by, now=turn.now)
    card = history_card(trial, rows, turn.words, today_in(trial.space, turn.now))
    return [in_place(turn, trial, card)]
