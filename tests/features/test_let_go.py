"""Letting a trial expire: only last-day reminders, undone at any time, a reason at the end."""

from datetime import date

from tests.stage import Stage


def test_a_trial_let_go_keeps_only_its_last_day_reminders(stage: Stage) -> None:
    trial = stage.a_trial(services=["calling"])
    stage.tom.says(f"let go {trial.code}")
    stage.tom.sees("only remind you of the end date").fills(outcome="no-need").presses(
        "Let it expire"
    )
    stage.tom.sees("You're letting this trial expire", "No need")
    kept = ["customer-end", "end", "end+29", "end+30", "end+31"]
    assert sorted(stage.open_reminders(trial)) == sorted(kept)


def test_letting_go_can_be_undone(stage: Stage) -> None:
    trial = stage.a_trial()
    everything = stage.open_reminders(trial)
    alone = stage.tom.alone()
    alone.says(f"let go {trial.code}").sees("only remind you").presses("Let it expire")
    alone.sees("You're letting this trial expire").presses("Let expire…")
    stage.nora.sees("You're letting this trial expire: I'll only remind")
    alone.sees("You can turn all reminders back on").presses("Turn reminders back on")
    alone.sees("All reminders are on again").lacks("You're letting this trial expire")
    stage.nora.sees("All reminders are on again")
    assert stage.open_reminders(trial) == everything


def test_an_ended_trial_asks_for_a_reason(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 9, 1))
    stage.tom.says(f"show {trial.code}").sees("Ended").presses("Add reason…")
    form = stage.tom.sees("Why wasn't it bought?")
    form.presses("Save reason")
    form = stage.tom.sees("This is required")
    form.fills(outcome="competitor", note="cheaper").presses("Save reason")
    stage.tom.sees("Chose a competitor", "cheaper")
    assert stage.trial(trial.code).outcome == "competitor"


def test_only_people_who_may_change_the_trial_can_let_it_go(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.viktor.says(f"let go {trial.code}").sees("Your role doesn't allow this")
    for form in ("trial.let-go", "trial.take-back", "trial.outcome"):
        free = {"form": form, "trial": trial.id, "version": 1, "outcome": "price"}
        stage.petra.says("help").sees("help").submits(free)
        stage.petra.sees("Sorry").lacks("Meadow")
    assert not stage.trial(trial.code).let_go
