"""The command `extend`: both end dates on a card, then the trial with what is wanted."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.extend import ExtendTrial, extend_card, extended
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features.extend import EXTEND, extend
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say


@command(
    "extend", rule=with_role(EXTEND), takes="X", help=N_("Extend a trial, counting from today.")
)
def ask_days(turn: Turn) -> Sequence[Say]:
    """Show what extending would do."""
    return trial.meant(turn, "extend", _ask_days, EXTEND)


def _ask_days(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = extend_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


@on(ExtendTrial, ask_again=trial.once_more(_ask_days))
def extend_trial(turn: Turn, form: ExtendTrial) -> Sequence[Say]:
    """Ask for the extension, or record it; a refusal caused by a field is shown at that field."""
    done = extend(
        turn.session,
        form.trial,
        turn.act(form.version),
        days=form.days,
        shorten=form.shorten,
        done_on=form.done_on,
    )
    return trial.done(turn, done.trial, partial(extended, done))
