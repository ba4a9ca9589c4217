"""The commands `home` and `help`: what there is to do, and for whom."""

from collections.abc import Sequence

from bot.conversation.routes import command, commands
from bot.conversation.turn import Turn
from bot.features.shared.trial import within
from cards.features.home import HelpLine, help_card, home_card, stranger_card
from cards.kit.rules import for_anybody
from cards.kit.words import N_
from store.features.roles import former_roles
from store.features.shared import people, reading
from store.refusals import NOTHING_FOR_YOU, Refused
from store.say import Say


@command(
    "home",
    rule=for_anybody(),
    help=N_("See your trials at a glance: expiring, pending, to do."),
    asks=True,
    alone={N_("hello"): "", N_("hi"): ""},
)
def home(turn: Turn) -> Sequence[Say]:
    """Show an overview to somebody with a role; tell anybody else what the bot does."""
    here = None if turn.direct else turn.space.partner_id if turn.space else 0
    roles = [
        (partner, role)
        for partner, role in people.roles_of(turn.session, turn.by)
        if here in (None, partner.id)
    ]
    if not roles and former_roles(turn.session, turn.by):
        raise Refused(NOTHING_FOR_YOU)
    if not roles:
        return [turn.answer(*stranger_card(turn.words))]
    counts = reading.counts(turn.session, by=turn.by, today=turn.today, within=within(turn))
    return [turn.answer(*home_card(roles, counts, turn.words))]


@command("help", rule=for_anybody(), help=N_("List all commands."), asks=True)
def tell(turn: Turn) -> Sequence[Say]:
    """List all commands."""
    lines = [HelpLine(each.word, each.takes, each.help) for each in commands.values()]
    return [turn.answer(*help_card(lines, turn.words))]
