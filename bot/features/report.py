"""The command `report`: how trials go, as a picture and as text."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared.trial import within
from cards.features.report import report_file, report_text, summary_text
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import report
from store.features.shared import people
from store.rules.rights import Action
from store.say import Say, To
from store.tables import Space, id_of


@command(
    "report",
    rule=with_role(Action.SEE),
    help=N_("See how trials go: by status, by week, devices due, conversion rate."),
    asks=True,
)
def tell(turn: Turn) -> Sequence[Say]:
    """Send the picture with its numbers as text: Webex accepts a card only without a file."""
    here = within(turn)
    found = report.report(turn.session, turn.today, by=turn.by, within=here)
    partners = [
        partner.name
        for partner, _ in people.roles_of(turn.session, turn.by)
        if here in (None, partner.id)
    ]
    said = turn.answer(report_text(found, partners, turn.words), replace=False)
    return [replace(said, file=report_file(found, turn.words))]


def in_summary(turn: Turn, space: Space, to: To) -> Say:
    """Build the small picture that follows a space's weekly digest; next week's replaces it."""
    found = report.of_space(turn.session, space, turn.today)
    return Say(
        to,
        summary_text(found, turn.words),
        file=report_file(found, turn.words, small=True),
        slot=f"space/{id_of(space)}/report",
    )
