"""The partner's own access to the customer: the warning is cleared when it was given."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from bot.features.shared.mistakes import at_fields
from cards.features.access import AccessGiven
from store.features import access
from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY
from store.say import Say


@on(AccessGiven, again=trial.again)
def access_given(turn: Turn, form: AccessGiven) -> Sequence[Say]:
    """Record the day on which the customer gave full administrator access."""
    with at_fields(turn, form, _DAYS):
        trusted = access.access_given(
            turn.session, form.trial, turn.act(form.version), day=form.done_on
        )
    said = turn.words("Access given on {day}.", day=form.done_on)
    return [trial.announce(turn, trusted, said)]


_DAYS = {DAY_IN_FUTURE: "done_on", DAY_TOO_EARLY: "done_on"}
