"""Notes in a trial's history."""

from datetime import date

from cards.kit.forms import Form, Invalid, carried, text
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Words
from store.features.note import ADD_NOTE, NOTED
from store.tables import Trial

offers("note", N_("Note…"), ADD_NOTE, place=110)


class AddNote(
    Form, key="trial.note", rule=on_trial(ADD_NOTE), title=N_("Add a note"), submit=N_("Add note")
):
    """Add a note to a trial's history."""

    trial: int = carried()
    text: str = text(N_("Note"), max=1000, multiline=True)


def note_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Ask for the note."""
    return sheet(AddNote, trial, words, today, said=said, problem=problem)


# ------------------------------------------------------------------ history

tells(NOTED, N_("{who} added a note"))
