"""The words `show`, `history` and `note`."""

from collections.abc import Sequence
from functools import partial

from bot.features.trial import announce, in_place, meant
from bot.routes import command, on
from bot.turn import Turn
from cards.history import history_card
from cards.notes import AddNote, note_card
from cards.words import N_
from store import notes, reading
from store.reading import View
from store.say import Say
from store.tables import id_of
from store.trials import today_in


@command("show", takes=N_("X"), help=N_("A trial: its dates, and what can be done."), asks=True)
def show(turn: Turn) -> Sequence[Say]:
    """Show the trial that was typed."""
    return meant(turn, "show", lambda turn, view: [announce(turn, view.trial)])


@command("history", takes=N_("X"), help=N_("Who changed what of a trial, and when."), asks=True)
def history(turn: Turn) -> Sequence[Say]:
    """Show what happened to a trial."""
    return meant(turn, "history", _history)


def _history(turn: Turn, view: View) -> Sequence[Say]:
    trial = view.trial
    rows = reading.history(turn.session, id_of(trial), by=turn.by, now=turn.now)
    card = history_card(trial, rows, turn.words, today_in(trial.space, turn.now))
    return [in_place(turn, trial, card)]


@command("note", takes=N_("X text"), help=N_("Add a line to a trial's history."))
def note(turn: Turn) -> Sequence[Say]:
    """Add what was typed, or ask for it."""
    named, _, text = turn.rest.partition(" ")
    return meant(turn, "note", partial(_note, text.strip()), text=named)


def _note(text: str, turn: Turn, view: View) -> Sequence[Say]:
    if text:
        return add_note(turn, AddNote(trial=id_of(view.trial), text=text[:1000]))
    card = note_card(view.trial, words=turn.words, today=today_in(view.trial.space, turn.now))
    return [in_place(turn, view.trial, card)]


@on(AddNote)
def add_note(turn: Turn, form: AddNote) -> Sequence[Say]:
    """Add a line, and show the trial."""
    trial = notes.note(turn.session, form.trial, by=turn.by, text=form.text, now=turn.now)
    return [announce(turn, trial, turn.words("Noted."))]
