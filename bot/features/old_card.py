"""Presses on outdated cards: the current card answers them."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import presses, refused
from bot.conversation.turn import Turn
from bot.features import consent, start
from bot.features.shared import trial
from cards.kit.forms import form_of
from cards.kit.kit import Card, topped
from cards.kit.refusals import refusal
from cards.kit.words import Md
from store.features.shared import reading
from store.features.shared.trials import today_in
from store.refusals import OLD_CARD, Refused
from store.rules.transitions import Change, allowed
from store.say import Say
from store.tables import Trial


@refused(OLD_CARD)
def current_card(turn: Turn, no: Refused) -> Sequence[Say]:
    """Show the current card instead of the outdated one, with a note that it has changed."""
    said = refusal(turn.words, no)
    match no.facts:
        case {"trial_id": int(trial_id)}:
            view = reading.show(turn.session, trial_id, by=turn.by, now=turn.now)
            return _as_typed(turn, view.trial, said) or [trial.announce(turn, view.trial, said)]
        case {"draft_id": int(draft_id)}:
            return start.current(turn, draft_id, said)
        case {"consent_id": int()}:
            return consent.current(turn, no)
        case _:
            return [turn.answer(said, replace=False)]


def _as_typed(turn: Turn, about: Trial, said: Md) -> Sequence[Say]:
    """Show the form again as it was typed, if somebody else's change has overtaken it.

    Not after one's own change: that is mostly this very form, pressed twice.
    """
    form = form_of(turn.inputs)
    route = presses.get(form.key) if form else None
    if form is None or route is None or route.ask_again is None or form.rule is None:
        return []
    change = form.rule.needs
    today = today_in(about.space, turn.now)
    if isinstance(change, Change) and not allowed(about, change, today):
        return []
    if reading.last_changed_by(turn.session, about.id or 0) == turn.by.id:
        return []
    try:
        says = route.ask_again(turn, form.unchecked(turn.inputs))
    except Refused:
        return []
    return [_noted(say, said) for say in says]


def _noted(say: Say, said: Md) -> Say:
    if say.card is None:
        return say
    card = topped(Card(Md(say.text), say.card), said)
    return replace(say, text=card.text, card=card.content)
