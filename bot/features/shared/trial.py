"""Trials in a conversation: finding the one that is meant, and showing its card."""

from collections.abc import Callable, Sequence
from typing import Protocol

from bot.conversation.turn import Turn
from cards.features.shared.trial import trial_card
from cards.features.shared.which import which_card
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.words import Words
from store.features.partner_hub import undoable
from store.features.shared import reading
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.refusals import (
    NOT_FOUND,
    NOT_LINKED,
    NOTHING_FOR_YOU,
    Refused,
)
from store.rules.rights import check_may
from store.rules.transitions import Change, check
from store.say import Say, To
from store.tables import Trial, id_of
from store.terms import Filter, Role

Ask = Callable[[Turn, View], Sequence[Say]]


class AskAgain(Protocol):
    """A function that shows a trial's form, also again after an invalid submission."""

    def __call__(self, turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]: ...


# ------------------------------------------------------------------ finding a trial


def meant(
    turn: Turn,
    word: str,
    ask: Ask,
    change: Change | None = None,
    text: str | None = None,
    before: str = "",
) -> Sequence[Say]:
    """Continue with the trial named after a command; if several match, ask which one.

    `text`: the part of the input that names the trial, if not all of it; if it is empty, running
    trials are offered. `before`: what stands between the command and the trial.
    Refused: NOTHING_FOR_YOU, NOT_LINKED, NOT_FOUND (`text`); with a `change` as `open_to`.
    """
    wanted = turn.rest if text is None else text
    trials = _found(turn, wanted)
    if len(trials) > 1 or not wanted:
        found = [(each, today_in(each.space, turn.now)) for each in trials]
        card = which_card(found, word, turn.words, before)
        return [turn.answer(card.text, card.content)]
    view = seen(turn, trials[0])
    if change is not None:
        open_to(turn, view, change)
    return ask(turn, view)


def _found(turn: Turn, wanted: str) -> Sequence[Trial]:
    partner_id = within(turn)
    if not reading.partners_of(turn.session, turn.by, partner_id):
        raise Refused(NOTHING_FOR_YOU)
    if wanted:
        trials = reading.find(turn.session, wanted, by=turn.by, within=partner_id)
    else:
        trials = reading.page(
            turn.session, Filter.LIVE, by=turn.by, today=turn.today, within=partner_id
        ).trials
    if not trials:
        raise Refused(NOT_FOUND, **({"text": wanted} if wanted else {}))
    return trials


def within(turn: Turn) -> int | None:
    """Return the partner whose trials may be shown here; None in a private chat.

    Refused: NOT_LINKED.
    """
    if turn.direct:
        return None
    if turn.space is None:
        raise Refused(NOT_LINKED)
    return turn.space.partner_id


def seen(turn: Turn, trial: Trial) -> View:
    """Return a trial as this person may see it; the guard has checked the place.

    Refused, which also undoes what was changed in this turn: NOTHING_FOR_YOU.
    """
    return reading.view(turn.session, trial, by=turn.by, now=turn.now)


def open_to(turn: Turn, view: View, change: Change) -> None:
    """Refuse to ask for what can't be done: NOT_ALLOWED by this person, WRONG_STATUS today."""
    check_may(view.standing.role, change.needs, own=view.standing.own)
    check(view.trial, change, today_in(view.trial.space, turn.now))


# ------------------------------------------------------------------ its card


def announce(turn: Turn, trial: Trial, said: str = "", problem: Invalid | None = None) -> Say:
    """Show the trial's current card here; every change of a trial ends with it.

    `said`: what has just happened. Refused: as `seen`.
    """
    view = seen(turn, trial)
    card = _card(turn, trial, turn.words, view.standing.role, view.standing.own, said, problem)
    return in_place(turn, trial, card)


def done(
    turn: Turn,
    trial: Trial,
    said: Callable[[Words], str],
    *more: Say,
    shows: Sequence[Say] | None = None,
) -> Sequence[Say]:
    """End a handler: show the trial here with what has just happened, and tell its space.

    `more`: further messages. `shows`: show this instead of the trial's card. Refused: as `seen`.
    """
    here = shows if shows is not None else [announce(turn, trial, said(turn.words))]
    there = said(Words(trial.space.language))
    return [*here, *more, *tell_space(turn, trial, there)]


def news(turn: Turn, trial: Trial, said: str) -> Say:
    """Post the trial's card in its space, because of something that happened elsewhere.

    It fills no slot, so that no later message replaces it.
    """
    card = _card(turn, trial, Words(trial.space.language), Role.ADMIN, True, said)
    to = To.trial(id_of(trial))
    return Say(to, card.text, card.content, trial_id=id_of(trial))


def tell_space(turn: Turn, trial: Trial, said: str) -> list[Say]:
    """Post the news in the trial's space; nothing if it happened there."""
    return [] if turn.room_id == trial.space.room_id else [news(turn, trial, said)]


def in_place(turn: Turn, trial: Trial, card: Card) -> Say:
    """Answer with a card about a trial.

    A person has only one at a time in a room, so that they don't press an outdated one. Nobody
    else's card replaces it.
    """
    slot = f"trial/{trial.id}/card/{turn.by.id}"
    return turn.answer(card.text, card.content, slot=slot, trial_id=id_of(trial))


def ask_again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    """Show a trial's card again with its form after an invalid submission."""
    trial = _carried(turn, problem).trial
    return [announce(turn, trial, problem=problem)]


def once_more(ask: AskAgain) -> Callable[[Turn, Invalid], Sequence[Say]]:
    """Return a handler that shows a trial's form again after an invalid submission."""

    def show(turn: Turn, problem: Invalid) -> Sequence[Say]:
        return ask(turn, _carried(turn, problem), problem=problem)

    return show


def _carried(turn: Turn, problem: Invalid) -> View:
    trial_id = int(problem.values["trial"])
    return seen(turn, reading.show(turn.session, trial_id, by=turn.by, now=turn.now).trial)


def _card(
    turn: Turn,
    trial: Trial,
    words: Words,
    role: Role | None,
    own: bool,
    said: str,
    problem: Invalid | None = None,
) -> Card:
    today = today_in(trial.space, turn.now)
    return trial_card(
        trial,
        role=role,
        own=own,
        words=words,
        today=today,
        actors=reading.actors(turn.session, trial, today),
        problem=problem,
        said=said,
        undo=undoable(trial, turn.now),
    )
