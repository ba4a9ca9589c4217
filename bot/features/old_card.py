"""Presses on outdated cards: the current card replaces them."""

from collections.abc import Sequence

from bot.conversation.routes import refused
from bot.conversation.turn import Turn
from bot.features import consent, start
from bot.features.shared import trial
from cards.kit.refusals import refusal
from store.features.shared import reading
from store.refusals import OLD_CARD, Refused
from store.say import Say


@refused(OLD_CARD)
def current_card(turn: Turn, no: Refused) -> Sequence[Say]:
    """Show the current card in place of the outdated one, with a note that it has changed."""
    said = refusal(turn.words, no)
    match no.facts:
        case {"trial_id": int(trial_id)}:
            view = reading.show(turn.session, trial_id, by=turn.by, now=turn.now)
            return [trial.announce(turn, view.trial, said)]
        case {"draft_id": int(draft_id)}:
            return start.current(turn, draft_id, said)
        case {"consent_id": int()}:
            return consent.current(turn, no)
        case _:
            return [turn.answer(said, replace=False)]
