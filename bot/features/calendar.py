"""The command `calendar`: a trial's deadlines as a file for one's own calendar."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.calendar import calendar_file, calendar_text
from cards.kit.rules import with_role
from cards.kit.words import N_, Words, paragraphs
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules.rights import Action
from store.say import Say


@command(
    "calendar",
    rule=with_role(Action.SEE),
    takes="X",
    help=N_("Get a trial's deadlines as a calendar file."),
    asks=True,
)
def calendar(turn: Turn) -> Sequence[Say]:
    """Send the file in a message without a card: Webex accepts only one of the two."""
    return trial.meant(turn, "calendar", _send)


def _send(turn: Turn, view: View) -> Sequence[Say]:
    about = view.trial
    today = today_in(about.space, turn.now)
    own = Words(turn.by.language or turn.words.language)
    file = calendar_file(about, words=own, today=today, now=turn.now)
    names = {"company": about.customer.company, "code": about.code}
    if file is None:
        said = turn.words(
            "{company} ({code}) has no deadlines for your calendar right now.", **names
        )
    else:
        head = turn.words("{company} ({code}): deadlines for your calendar.", **names)
        said = paragraphs(head, calendar_text(about, words=turn.words, today=today))
    return [replace(turn.answer(said, replace=False), file=file)]
