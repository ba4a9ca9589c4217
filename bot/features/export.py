"""The command `export`: all trials that a person may see, as a file."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.export import trials_file
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import export
from store.rules.rights import Action
from store.say import Say


@command(
    "export",
    rule=with_role(Action.SEE),
    help=N_("Get all trials as a CSV file."),
    asks=True,
    slow=True,
)
def export_trials(turn: Turn) -> Sequence[Say]:
    """Send the file in a message without a card: Webex accepts only one of the two."""
    trials = export.of_person(turn.session, turn.by, trial.within(turn))
    file = trials_file(trials.each, trials.starters, words=turn.words, now=turn.now)
    said = turn.words.plural(
        "{n} trial in a CSV file.",
        "{n} trials in a CSV file.",
        trials.count,
    )
    return [replace(turn.answer(said, replace=False), file=file)]
