"""Letting a trial expire, turning its reminders back on, and why it wasn't bought."""

from datetime import date

from cards.kit.forms import Form, Invalid, carried, choose, text
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Words
from store.features.let_go import (
    LET_EXPIRE,
    LET_GO,
    LET_GO_UNDONE,
    OUTCOME_RECORDED,
    RECORD_OUTCOME,
    UNDO_LET_EXPIRE,
)
from store.rules import statuses
from store.tables import Trial
from store.terms import Outcome, Status

offers("let go", N_("Let expire…"), LET_EXPIRE, place=40)
offers("let go", N_("Add reason…"), RECORD_OUTCOME, place=40)


class LetGo(
    Form,
    key="trial.let-go",
    rule=on_trial(LET_EXPIRE),
    title=N_("Let the trial expire"),
    submit=N_("Let it expire"),
):
    """Let a trial expire: only its final deadlines and its devices are reminded of."""

    trial: int = carried()
    version: int = carried()
    outcome: Outcome | None = choose(N_("Why wasn't it bought?"), Outcome, required=False)
    note: str = text(N_("Anything to add?"), required=False, max=500)


class TakeBack(
    Form, key="trial.take-back", rule=on_trial(UNDO_LET_EXPIRE), submit=N_("Turn reminders back on")
):
    """Turn a trial's reminders back on."""

    trial: int = carried()
    version: int = carried()


class GiveOutcome(
    Form,
    key="trial.outcome",
    rule=on_trial(RECORD_OUTCOME),
    title=N_("Why wasn't it bought?"),
    submit=N_("Save reason"),
):
    """Record why an ended or cancelled trial wasn't bought."""

    trial: int = carried()
    version: int = carried()
    outcome: Outcome = choose(N_("Why wasn't it bought?"), Outcome)
    note: str = text(N_("Anything to add?"), required=False, max=500)


def let_go_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Let the trial expire, undo that, or record the reason, as its status allows."""
    over = statuses.status(trial, today) in (Status.ENDED, Status.CANCELLED)
    form: type[LetGo | TakeBack | GiveOutcome]
    if over:
        form, meaning = GiveOutcome, words("This helps you see why trials aren't bought.")
    elif trial.let_go:
        form, meaning = (
            TakeBack,
            words("You're letting this trial expire. You can turn all reminders back on."),
        )
    else:
        form, meaning = (
            LetGo,
            words(
                "I'll only remind you of the end date, the last two days of grace and"
                " device returns. You can undo this."
            ),
        )
    return sheet(
        form,
        trial,
        words,
        today,
        meaning=[meaning],
        said=said,
        problem=problem,
        values={"outcome": trial.outcome, "note": trial.outcome_note},
    )


# ------------------------------------------------------------------ history

tells(LET_GO, N_("{who} decided to let the trial expire"))
tells(LET_GO_UNDONE, N_("{who} turned reminders back on"))
tells(
    OUTCOME_RECORDED,
    N_("{who} recorded why it wasn't bought: {outcome}"),
    N_("{who} recorded why it wasn't bought"),
)
