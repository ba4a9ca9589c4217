"""Moving a trial to another space of its partner, from the card that assigns it."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features import assign
from bot.features.shared import trial
from cards.features.move import MoveTrial
from cards.kit.words import N_
from store.features import move
from store.say import Say


@on(MoveTrial, ask_again=trial.once_more(assign.ask))
def move_trial(turn: Turn, form: MoveTrial) -> Sequence[Say]:
    """Move the trial to another space, and tell that space."""
    moved = move.move(turn.session, form.trial, turn.act(form.version), space_id=form.space)
    said = N_("From now on, I'll post about this trial in the space “{space}”.")
    return trial.done(turn, moved, lambda words: words(said, space=moved.space.title))
