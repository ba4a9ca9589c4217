"""The command `list` and its filters, paged on a card."""

from collections.abc import Sequence

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared.trial import within
from cards.features.lists import FILTER_WORDS, ListOn, list_card
from cards.kit.rules import with_role
from cards.kit.word import spellings
from cards.kit.words import N_, Words, languages
from store.features.shared import reading
from store.features.shared.trials import today_in
from store.refusals import NOTHING_FOR_YOU, OLD_CARD, Refused
from store.rules import spelling
from store.rules.rights import Action
from store.say import Say
from store.terms import Filter


@command(
    "list",
    rule=with_role(Action.SEE),
    takes=N_("[active|expiring|pending|expired|devices|todo|mine]"),
    help=N_("List trials by days left."),
    asks=True,
    alone={word: word for word in FILTER_WORDS.values()},
)
def list_trials(turn: Turn) -> Sequence[Say]:
    """Show the first page of the list that was typed."""
    which = _filter(turn)
    if which is None:
        known = ", ".join(spellings(turn.words, word)[0] for word in FILTER_WORDS.values())
        said = turn.words(
            "There's no list called “{typed}”. Try one of these: {known}.",
            typed=turn.rest[:40],
            known=known,
        )
        return [turn.answer(said, replace=False)]
    return [_page(turn, which, "")]


@on(ListOn, asks=True)
def go_on(turn: Turn, form: ListOn) -> Sequence[Say]:
    """Show another page."""
    if form.which not in set(Filter):
        raise Refused(OLD_CARD)
    return [_page(turn, Filter(form.which), form.after)]


def _filter(turn: Turn) -> Filter | None:
    typed = spelling.word(turn.rest)
    if not typed:
        return Filter.LIVE
    for which, word in FILTER_WORDS.items():
        for words in map(Words, languages()):
            if typed in map(spelling.word, spellings(words, word)):
                return which
    return None


def _page(turn: Turn, which: Filter, after: str) -> Say:
    partner_id = within(turn)
    if not reading.partners_of(turn.session, turn.by, partner_id):
        raise Refused(NOTHING_FOR_YOU)
    found = reading.page(
        turn.session, which, by=turn.by, today=turn.today, within=partner_id, after=after or None
    )
    trials = [(trial, today_in(trial.space, turn.now)) for trial in found.trials]
    card = list_card(
        which, trials, turn.words, after=found.after, first=not after, shared=not turn.direct
    )
    return turn.answer(card.text, card.content)
