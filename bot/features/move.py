"""A trial moves to another space of its partner, from the card that assigns it."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features import assign
from bot.features.shared import trial
from bot.features.shared.mistakes import at_fields
from cards.features.move import MoveTrial
from store.features import move
from store.refusals import NOT_FOUND, OTHER_PARTNERS_SPACE
from store.say import Say


@on(MoveTrial, again=trial.once_more(assign.ask))
def move_trial(turn: Turn, form: MoveTrial) -> Sequence[Say]:
    """Speak of it in another space from now on; that space is told."""
    reasons = (OTHER_PARTNERS_SPACE, NOT_FOUND)
    with at_fields(turn, form, dict.fromkeys(reasons, "space")):
        moved = move.move(turn.session, form.trial, turn.act(form.version), space_id=form.space)
    said = turn.words("I speak of it in the space “{space}” from now on.", space=moved.space.title)
    return [trial.announce(turn, moved, said), *trial.tell_space(turn, moved, said)]
