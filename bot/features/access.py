"""Recording the partner's access to the customer, which clears the warning."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.access import AccessGiven
from store.features import access
from store.say import Say


@on(AccessGiven, ask_again=trial.ask_again)
def access_given(turn: Turn, form: AccessGiven) -> Sequence[Say]:
    """Record the day on which the customer gave full administrator access."""
    trusted = access.access_given(
        turn.session, form.trial, turn.act(form.version), day=form.done_on
    )
    said = turn.words("Full administrator access recorded as given on {day}.", day=form.done_on)
    return [trial.announce(turn, trusted, said)]
