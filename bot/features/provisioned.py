"""The command `provisioned`: an accepted trial runs from the day on which it was provisioned."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.provisioned import Provisioned, provisioned_card
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_, Md, Words
from store.features import provisioned
from store.features.provisioned import PROVISION
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say
from store.tables import Trial


@command(
    "provisioned",
    rule=with_role(PROVISION),
    takes="X",
    help=N_("Record when an accepted trial was provisioned."),
)
def ask_day(turn: Turn) -> Sequence[Say]:
    """Ask for the day on which it was provisioned."""
    return trial.meant(turn, "provisioned", _ask_day, PROVISION)


def _ask_day(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = provisioned_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


@on(Provisioned, ask_again=trial.once_more(_ask_day))
def record_day(turn: Turn, form: Provisioned) -> Sequence[Say]:
    """Record the day; the trial's end date follows from it."""
    running = provisioned.provisioned(
        turn.session, form.trial, turn.act(form.version), day=form.day
    )
    return trial.done(turn, running, partial(_provisioned, running))


def _provisioned(running: Trial, words: Words) -> Md:
    day, ends = running.provisioned_on, running.ends
    return words("Provisioned on {day}. The trial ends on {ends}.", day=day, ends=ends)
