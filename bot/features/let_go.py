"""The command `let go`: let a trial expire, undo that, or record why it wasn't bought."""

from collections.abc import Sequence

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.let_go import GiveOutcome, LetGo, TakeBack, let_go_card
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features import let_go
from store.features.let_go import LET_EXPIRE
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say
from store.terms import Outcome


@command(
    "let go",
    rule=with_role(LET_EXPIRE),
    takes="X",
    help=N_("Let a trial expire, undo that, or record why it wasn't bought."),
)
def ask_reason(turn: Turn) -> Sequence[Say]:
    """Show the form that the trial's status allows."""
    return trial.meant(turn, "let go", _ask_reason)


def _ask_reason(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    trial.open_to(turn, view, let_go.next_change(view.trial, today))
    card = let_go_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


_again = trial.once_more(_ask_reason)


@on(LetGo, ask_again=_again)
def let_it_go(turn: Turn, form: LetGo) -> Sequence[Say]:
    """Let the trial expire: only final deadlines and device returns are reminded of."""
    gone = let_go.let_go(
        turn.session, form.trial, turn.act(form.version), outcome=form.outcome, note=form.note
    )
    return trial.done(
        turn,
        gone,
        lambda words: words(
            "You're letting this trial expire: I'll only remind you of"
            " the final deadlines and device returns."
        ),
    )


@on(TakeBack)
def take_back(turn: Turn, form: TakeBack) -> Sequence[Say]:
    """Turn the trial's reminders back on."""
    kept = let_go.take_back(turn.session, form.trial, turn.act(form.version))
    return trial.done(turn, kept, lambda words: words("All reminders are on again."))


@on(GiveOutcome, ask_again=_again)
def give_outcome(turn: Turn, form: GiveOutcome) -> Sequence[Say]:
    """Record why the trial wasn't bought."""
    known = let_go.give_outcome(
        turn.session, form.trial, turn.act(form.version), outcome=form.outcome, note=form.note
    )
    said = turn.words("Reason saved: {reason}.", reason=turn.words.term(Outcome, form.outcome))
    return [trial.announce(turn, known, said)]
