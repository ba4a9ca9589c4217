"""The command `note`: add a note to a trial's history."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared.trial import announce, in_place, meant
from cards.features.note import AddNote, note_card
from cards.kit.rules import with_role
from cards.kit.words import N_
from store.features.note import ADD_NOTE
from store.features.note import note as add_line
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say
from store.tables import id_of


@command(
    "note",
    rule=with_role(ADD_NOTE),
    takes=N_("X text"),
    help=N_("Add a note to a trial's history."),
)
def note(turn: Turn) -> Sequence[Say]:
    """Add the note that was typed, or ask for it."""
    named, text, *_ = [*turn.rest.split(None, 1), "", ""]
    return meant(turn, "note", partial(_note, text), text=named)


def _note(text: str, turn: Turn, view: View) -> Sequence[Say]:
    if text:
        return add_note(turn, AddNote(trial=id_of(view.trial), text=text[:1000]))
    card = note_card(view.trial, words=turn.words, today=today_in(view.trial.space, turn.now))
    return [in_place(turn, view.trial, card)]


@on(AddNote)
def add_note(turn: Turn, form: AddNote) -> Sequence[Say]:
    """Add a note, and show the trial."""
    trial = add_line(turn.session, form.trial, turn.act(), text=form.text)
    return [announce(turn, trial, turn.words("Note added."))]
