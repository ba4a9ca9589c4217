"""Cancelling a trial: what is lost, and the confirmation."""

from collections.abc import Iterator
from datetime import date

from cards.kit import kit
from cards.kit.forms import Form, Invalid, carried, choose, day, text, tick
from cards.kit.headline import services_of
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.refusals import explains, wrong_day
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Words
from store.features.cancel import (
    CANCEL,
    CANCELLATION,
    CANCELLATION_ASKED,
    CANCELLED,
    NOT_SURE,
    WRONG_CODE,
)
from store.rules import dates, statuses
from store.tables import HubTask, Trial
from store.terms import CancelledBy, Outcome, Service, State

offers("cancel", N_("Cancel…"), CANCEL, place=70)

_WHOSE = (
    (CancelledBy.PARTNER.value, N_("We're cancelling it")),
    (CancelledBy.CUSTOMER.value, N_("The customer cancelled it in Control Hub")),
)


class CancelTrial(
    Form,
    key="trial.cancel",
    rule=on_trial(CANCEL),
    title=N_("Cancel the trial"),
    submit=N_("Cancel trial"),
    refused_at={
        WRONG_CODE: "typed",
        NOT_SURE: "sure",
        **wrong_day("done_on"),
    },
):
    """Cancel a trial, or record that the customer cancelled it."""

    trial: int = carried()
    version: int = carried()
    whose: CancelledBy = choose(N_("Who is cancelling?"), _WHOSE, default=CancelledBy.PARTNER)
    done_on: date | None = day(
        N_("Cancelled on"),
        required=False,
        hint=N_("Leave empty if it isn't done in Partner Hub yet."),
    )
    outcome: Outcome | None = choose(N_("Why wasn't it bought?"), Outcome, required=False)
    note: str = text(N_("Anything to add?"), required=False, max=500)
    typed: str = text(N_("Type the trial's code to confirm"), required=False, max=20)
    sure: bool = tick(N_("Yes, cancel this trial"))


def cancel_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Explain what cancelling means, with the form.

    A pending trial is confirmed with a tick, any other by typing its code.
    """
    pending = statuses.status(trial, today) in statuses.PENDING
    code = words("The trial's code is {code}.", code=trial.code)
    return sheet(
        CancelTrial,
        trial,
        words,
        today,
        care=_losses(trial, words, pending),
        said=said,
        problem=problem,
        only=set(CancelTrial.fields) - {"typed" if pending else "sure"},
        below=[None if pending else kit.small(code)],
        style="destructive",
    )


def cancelled(trial: Trial, words: Words) -> Md:
    """Say what became of a cancellation."""
    if trial.state != State.CANCELLED:
        return words("To be cancelled: confirm it here when it's done in Partner Hub.")
    whose = words.term(CancelledBy, trial.cancelled_by)
    return words("Cancelled on {day}: {whose}.", day=trial.cancelled_on, whose=whose)


def _wanted(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    return words("to be cancelled")


reads(CANCELLATION, N_("Cancel the trial"), wanted=_wanted, give_up=N_("Keep it"))


def _losses(trial: Trial, words: Words, pending: bool) -> Iterator[Md]:
    if pending:
        yield words("This withdraws the request and removes the customer from your list.")
        return
    yield words(
        "Cancelling may leave no grace period. If you let it expire, you can still"
        " convert for 30 days."
    )
    if Service.CALLING in services_of(trial):
        yield words("Calling stops at once.")
    if any(not dates.all_back(shipment) for shipment in trial.shipments):
        yield words("Shipped devices must still be returned.")


# ------------------------------------------------------------------ refusals

explains(
    WRONG_CODE,
    N_("That isn't this trial's code. Type {code} to confirm."),
    N_("That isn't this trial's code. Type the code shown on the card."),
)
explains(NOT_SURE, N_("Not confirmed yet. Tick the box to confirm."))


# ------------------------------------------------------------------ history

tells(CANCELLATION_ASKED, N_("{who} asked to cancel"))
tells(
    CANCELLED, N_("{who} recorded the cancellation on {day}"), N_("{who} recorded the cancellation")
)
