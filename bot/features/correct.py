"""The command `correct`: a full administrator corrects what was recorded late or wrongly."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features import consent
from bot.features.shared import trial
from cards.features.correct import CorrectTrial, correct_card
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_, Md, Words
from store.features import consent as consents
from store.features.correct import CORRECT, Truth, correct
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY, NOTHING_TO_DO, Reason
from store.rules.corrections import CORRECTION_IMPOSSIBLE, Correction
from store.say import Say
from store.tables import Trial, id_of
from store.terms import Answer, State


@command(
    "correct",
    rule=with_role(CORRECT),
    takes="X",
    help=N_("Correct something that was recorded late or wrongly."),
)
def ask_truth(turn: Turn) -> Sequence[Say]:
    """Show what can be corrected."""
    return trial.meant(turn, "correct", _ask_truth, CORRECT)


def _ask_truth(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = correct_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


@on(CorrectTrial, ask_again=trial.once_more(_ask_truth))
def correct_trial(turn: Turn, form: CorrectTrial) -> Sequence[Say]:
    """Correct the record; a correction about consent also updates the customer's cards."""
    truth = Truth(form.true_day, form.fact, form.full_access, whose=form.whose)
    right = correct(
        turn.session,
        form.trial,
        turn.act(form.version),
        what=form.what,
        truth=truth,
        reason=form.reason,
    )
    return [
        *trial.done(turn, right, partial(_corrected, form)),
        *_customers_cards(turn, right, form.what),
    ]


def _corrected(form: CorrectTrial, words: Words) -> Md:
    return words("Corrected: {what}.", what=words.term(Correction, form.what))


def _customers_cards(turn: Turn, right: Trial, what: Correction) -> Iterator[Say]:
    if what not in _OF_CONSENT:
        return
    if right.state == State.CONSENT:
        cards = consents.consents(turn.session, id_of(right))
        asked = [card for card in cards if card.answer == Answer.ASKED]
        yield from consent.requests(turn, right, asked)
    else:
        yield from consent.closed(turn, right)


_OF_CONSENT = (
    Correction.ACCEPTED,
    Correction.DECLINED,
    Correction.CANCELLED,
    Correction.NOT_CANCELLED,
)
_FIELDS: Mapping[Reason, str] = {
    CORRECTION_IMPOSSIBLE: "what",
    NOTHING_TO_DO: "what",
    DAY_IN_FUTURE: "day",
    DAY_TOO_EARLY: "day",
}
