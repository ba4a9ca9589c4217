"""Correcting what was recorded late or wrongly, also for ended and cancelled trials."""

from collections.abc import Iterator
from datetime import date

from cards.kit import kit
from cards.kit.fields import FILL_IN, Choices
from cards.kit.forms import Form, Invalid, carried, choose, day, email, text, tick
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.refusals import explains, wrong_day
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Message, Words
from store.features.correct import CORRECT, CORRECTED
from store.features.shared.insiders import BOT_ADDRESS, OWN_PERSON
from store.refusals import NOTHING_TO_DO
from store.rules.corrections import (
    CORRECTION_IMPOSSIBLE,
    CORRECTION_TOO_LATE,
    Correction,
    corrections,
)
from store.tables import Trial
from store.terms import CancelledBy, Outcome

offers("correct", N_("Correct…"), CORRECT, place=90)

_WITHOUT_A_DAY = (Correction.ADMINISTRATOR, Correction.OUTCOME, Correction.NOT_CANCELLED)
_WHOSE = (
    (CancelledBy.PARTNER.value, N_("by us")),
    (CancelledBy.CUSTOMER.value, N_("by the customer, in Control Hub")),
)


class CorrectTrial(
    Form,
    key="trial.correct",
    rule=on_trial(CORRECT),
    title=N_("Correct"),
    submit=N_("Save correction"),
    refused_at={
        CORRECTION_IMPOSSIBLE: "what",
        NOTHING_TO_DO: "what",
        OWN_PERSON: "administrator",
        BOT_ADDRESS: "administrator",
        **wrong_day("day"),
    },
):
    """Correct a date, an address or an outcome; the history keeps both versions."""

    trial: int = carried()
    version: int = carried()
    what: Correction = choose(N_("What was wrong?"), expanded=True)
    day: date | None = day(N_("Correct date (or end date)"), required=False)
    administrator: str = email(N_("Administrator's correct e-mail"), required=False)
    outcome: Outcome | None = choose(N_("Correct reason"), Outcome, required=False)
    whose: CancelledBy = choose(N_("Cancelled"), _WHOSE, default=CancelledBy.PARTNER)
    full_access: bool = tick(N_("The customer gave us full administrator access"))
    reason: str = text(N_("Why are you correcting it?"), max=500)

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require the value that the chosen correction needs."""
        if self.what is Correction.ADMINISTRATOR and not self.administrator:
            yield "administrator", Message(FILL_IN)
        if self.what is Correction.OUTCOME and self.outcome is None:
            yield "outcome", Message(FILL_IN)
        if self.what not in _WITHOUT_A_DAY and self.day is None:
            yield "day", Message(FILL_IN)

    @property
    def true_day(self) -> date | None:
        """The correct day, if the correction has one."""
        return None if self.what in _WITHOUT_A_DAY else self.day

    @property
    def fact(self) -> str:
        """The correct address or outcome, if the correction is about one."""
        if self.what is Correction.ADMINISTRATOR:
            return self.administrator
        return str(self.outcome or "") if self.what is Correction.OUTCOME else ""


def correction_choices(trial: Trial, words: Words) -> Choices:
    """Return the corrections that are possible for this trial."""
    return [(what.value, words.term(Correction, what)) for what in corrections(trial)]


def correct_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Show the possible corrections, with the fields that any of them needs."""
    possible = corrections(trial)
    needs = {"what", "reason"}
    if set(possible) - set(_WITHOUT_A_DAY):
        needs |= {"day"}
    if Correction.ADMINISTRATOR in possible:
        needs |= {"administrator"}
    if Correction.OUTCOME in possible:
        needs |= {"outcome"}
    if Correction.CANCELLED in possible:
        needs |= {"whose"}
    if Correction.ACCEPTED in possible:
        needs |= {"full_access"}
    return sheet(
        CorrectTrial,
        trial,
        words,
        today,
        meaning=[
            words(
                "Full administrators can correct a record for 30 days. History keeps both versions."
            ),
        ],
        said=said,
        problem=problem,
        choices={"what": correction_choices(trial, words)},
        only=needs,
        below=[kit.small(words("Only the field for your choice is used."))],
    )


# ------------------------------------------------------------------ refusals

explains(
    CORRECTION_TOO_LATE,
    N_("Too late: this could be corrected until {until}. Add a note to the history instead."),
    N_("It's too late to correct this. Add a note to the history instead."),
)
explains(
    CORRECTION_IMPOSSIBLE,
    N_("That day is too late. Enter {latest} or earlier."),
    N_("That can't be corrected for this trial. Add a note to the history instead."),
)


# ------------------------------------------------------------------ history

tells(CORRECTED, N_("{who} corrected the record: {what}"), N_("{who} corrected the record"))
