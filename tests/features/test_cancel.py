"""Cancelling: typing the code, the list of losses, and a record of who cancelled."""

from datetime import date

from store.terms import Kind, State
from tests.stage import Stage


def test_a_running_trial_is_cancelled_by_typing_its_code(stage: Stage) -> None:
    trial = stage.a_trial(services=["calling"])
    stage.tom.says(f"cancel {trial.code}")
    form = stage.tom.sees("Cancelling may leave no grace period", "Calling stops at once")
    form.fills(typed="T-0000").presses("Cancel trial")
    again = stage.tom.sees("That isn't this trial's code", "Cancelling may leave no grace period")
    assert stage.trial(trial.code).state == State.ACTIVE
    again.fills(typed=trial.code.lower(), outcome="price", note="too dear").presses("Cancel trial")
    card = stage.tom.sees("To be cancelled", "to be cancelled", "Trial active · 30 days left")
    card.shows("To do in Partner Hub: Cancel the trial", "trash icon", "Yes")
    assert stage.trial(trial.code).state == State.ACTIVE
    assert stage.open_reminders(trial)[:4] == ["hub+1", "hub+3", "hub-weekly", "end"]
    card.presses("Done in Partner Hub today")
    card = stage.tom.sees("Done in Partner Hub on Tue, 1 Dec 2026", "Cancelled")
    card.shows("Price", "too dear", "By the partner").lacks("To do in Partner Hub")
    assert stage.open_reminders(trial) == []


def test_a_trial_to_be_cancelled_can_be_kept(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"cancel {trial.code}")
    stage.tom.sees("Cancelling may leave").fills(typed=trial.code).presses("Cancel trial")
    stage.tom.sees("To be cancelled")
    stage.tom.says(f"extend {trial.code}").sees("Extending today").presses("Extend")
    stage.tom.sees("This trial is to be cancelled")
    stage.tom.says(f"show {trial.code}").sees("to be cancelled").presses("Keep it")
    stage.tom.sees("Withdrawn", "Trial active").lacks("to be cancelled")
    assert "end-7" in stage.open_reminders(trial)


def test_a_cancellation_by_the_customer_in_control_hub_is_recorded(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(5)
    stage.tom.says(f"cancel {trial.code}")
    form = stage.tom.sees("Who is cancelling?")
    form.fills(whose="customer", done_on="2026-11-30", typed=trial.code).presses("Cancel trial")
    form = stage.tom.sees("too early")
    form.fills(done_on="2026-12-04").presses("Cancel trial")
    stage.tom.sees("By the customer, in Control Hub", "4 Dec 2026").lacks("To do in Partner Hub")
    assert stage.trial(trial.code).cancelled_on == date(2026, 12, 4)
    assert stage.open_reminders(trial) == []


def test_cancelling_a_pending_trial_needs_only_the_tick(stage: Stage) -> None:
    trial = stage.a_trial(kind=Kind.EXISTING)
    alone = stage.nora.alone()
    alone.says(f"cancel {trial.code}").sees("removes the customer from your list").presses(
        "Cancel trial"
    )
    form = alone.sees("Tick the box")
    assert stage.trial(trial.code).state == State.CONSENT
    form.fills(sure=True).presses("Cancel trial")
    alone.sees("To be cancelled")
    stage.tom.sees("To be cancelled")
    assert stage.trial(trial.code).state == State.CONSENT


def test_a_cancelled_trial_can_be_neither_cancelled_nor_extended(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.nora.says(f"cancel {trial.code}")
    form = stage.nora.sees("Cancelling may leave no grace period")
    alone = stage.tom.alone()
    old = alone.says(f"cancel {trial.code}").sees("Cancelling may leave no grace period")
    form.fills(typed=trial.code, done_on="2026-12-01").presses("Cancel trial")
    stage.nora.sees("Cancelled on")
    old.fills(typed=trial.code).presses("Cancel trial")
    alone.sees("That card is out of date", "Cancelled")
    for word in ("cancel", "extend"):
        stage.tom.says(f"{word} {trial.code}").sees("“Cancelled”")


def test_only_people_who_may_change_the_trial_can_cancel_it(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.ines.says(f"cancel {trial.code}").sees("Your role doesn't allow this")
    free = {"form": "trial.cancel", "trial": trial.id, "version": 1, "typed": trial.code}
    for stranger in (stage.petra, stage.jo):
        stranger.says("help").sees("help").submits(free)
        stranger.sees("Sorry").lacks("Meadow")
    assert stage.trial(trial.code).state == State.ACTIVE
