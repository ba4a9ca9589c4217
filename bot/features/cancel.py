"""The command `cancel`: what is lost, and the confirmation."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features import consent
from bot.features.shared import trial
from cards.features.cancel import CancelTrial, cancel_card, cancelled
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features.cancel import CANCEL, cancel
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say


@command(
    "cancel",
    rule=with_role(CANCEL),
    takes="X",
    help=N_("Cancel a trial, or record that the customer cancelled it."),
)
def ask_code(turn: Turn) -> Sequence[Say]:
    """Show what cancelling means."""
    return trial.meant(turn, "cancel", _ask_code, CANCEL)


def _ask_code(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = cancel_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


@on(CancelTrial, ask_again=trial.once_more(_ask_code))
def cancel_trial(turn: Turn, form: CancelTrial) -> Sequence[Say]:
    """Ask to cancel the trial, or record that it was cancelled."""
    gone = cancel(
        turn.session,
        form.trial,
        turn.act(form.version),
        whose=form.whose,
        typed=form.typed,
        sure=form.sure,
        outcome=form.outcome,
        note=form.note,
        done_on=form.done_on,
    )
    return trial.done(turn, gone, partial(cancelled, gone), *consent.closed(turn, gone))
