"""*Later…* on a reminder: snooze it until a day."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.snooze import Snooze
from store.features.shared import reading
from store.features.snooze import snooze
from store.say import Say


@on(Snooze)
def put_off(turn: Turn, form: Snooze) -> Sequence[Say]:
    """Snooze a trial's reminders until a day; what was put off is sent then."""
    until = snooze(turn.session, form.trial, turn.act(form.version), kind=form.kind, days=form.days)
    silent = reading.show(turn.session, form.trial, by=turn.by, now=turn.now).trial
    return [trial.announce(turn, silent, turn.words("I'll remind you again on {day}.", day=until))]
