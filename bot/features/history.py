"""The command `history`: who changed what in a trial, and when."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import command
from bot.conversation.turn import Turn
from bot.features.shared.trial import in_place, meant, within
from cards.features.export import history_file
from cards.features.history import history_card
from cards.kit.rules import with_role
from cards.kit.word import spellings
from cards.kit.words import N_, Words, languages
from store.features import export
from store.features.shared import reading
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.rules import spelling
from store.rules.rights import Action
from store.say import Say
from store.tables import id_of


@command(
    "history",
    rule=with_role(Action.SEE),
    takes=N_("X | export [X]"),
    help=N_("Show who changed what in a trial, and when; or get all of it as a CSV file."),
    asks=True,
    slow=lambda rest: _means_export(rest.partition(" ")[0]),
)
def history(turn: Turn) -> Sequence[Say]:
    """Show a trial's history, or send it as a file."""
    first, _, rest = turn.rest.partition(" ")
    if not _means_export(first):
        return meant(turn, "history", _history)
    if rest.strip():
        return meant(turn, "history", _file, text=rest.strip(), before="export")
    return _send(turn, None, "trials")


def _means_export(typed: str) -> bool:
    forms = (form for each in languages() for form in spellings(Words(each), "export"))
    return spelling.word(typed) in {spelling.word(form) for form in forms}


def _history(turn: Turn, view: View) -> Sequence[Say]:
    trial = view.trial
    rows = reading.history(turn.session, id_of(trial), by=turn.by, now=turn.now)
    card = history_card(trial, rows, turn.words, today_in(trial.space, turn.now))
    return [in_place(turn, trial, card)]


def _file(turn: Turn, view: View) -> Sequence[Say]:
    return _send(turn, id_of(view.trial), view.trial.code)


def _send(turn: Turn, trial_id: int | None, name: str) -> Sequence[Say]:
    entries = export.history(turn.session, turn.by, within(turn), trial_id)
    file = history_file(entries, name, words=turn.words, now=turn.now)
    said = turn.words.plural(
        "{n} entry of history in a CSV file.",
        "{n} entries of history in a CSV file.",
        len(entries),
    )
    return [replace(turn.answer(said, replace=False), file=file)]
