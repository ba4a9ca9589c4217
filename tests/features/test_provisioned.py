"""From consent to a running trial: provisioning, and the steps in Partner Hub."""

from datetime import date

from store.features.start import REQUEST
from store.tables import Trial
from store.terms import Kind, State
from tests.stage import Stage


def accepted(stage: Stage) -> Trial:
    """Start an existing customer's trial, accepted in Control Hub on the third day."""
    trial = stage.a_trial(kind=Kind.EXISTING)
    stage.clock.days(2)
    stage.tom.says(f"resend {trial.code}")
    desk = stage.tom.sees("The customer can consent until")
    desk.fills(**{"accepted.record": "yes"}).presses("Record")
    stage.tom.sees("accepted in Control Hub on Thu, 3 Dec 2026", "Pending provisioning details")
    return stage.trial(trial.code)


# ------------------------------------------------------------------ provisioning


def test_an_accepted_trial_starts_on_its_provisioning_day(stage: Stage) -> None:
    trial = accepted(stage)
    stage.clock.days(4)
    stage.tom.says(f"provisioned {trial.code}")
    form = stage.tom.sees("The trial runs for 30 days from that day", "it ends on Wed, 6 Jan 2027")
    form.fills(day="2026-12-02").presses("Mark as provisioned")
    form = stage.tom.sees("is too early", "The trial runs for 30 days")
    form.fills(day="2026-12-08").presses("Mark as provisioned")
    form = stage.tom.sees("is in the future")
    assert stage.trial(trial.code).state == State.PROVISIONING
    form.fills(day="2026-12-05").presses("Mark as provisioned")
    card = stage.tom.sees("Provisioned on Sat, 5 Dec 2026. The trial ends on Mon, 4 Jan 2027")
    card.shows("Trial active · 28 days left").lacks("To do in Partner Hub")
    assert stage.open_reminders(trial)[0] == "end-14"
    stage.tom.says(f"provisioned {trial.code}")
    stage.tom.sees("the trial's status is “Trial active”")


def test_completing_the_partner_hub_task_provisions_the_trial(stage: Stage) -> None:
    trial = accepted(stage)
    card = stage.tom.finds("Set Up Customer")
    card.presses("Done in Partner Hub today")  # type: ignore[union-attr]
    stage.tom.sees("Done in Partner Hub", "Trial active")
    assert stage.trial(trial.code).provisioned_on == date(2026, 12, 3)


def test_two_people_can_record_the_provisioning_only_once(stage: Stage) -> None:
    trial = accepted(stage)
    stage.nora.alone().says(f"provisioned {trial.code}")
    hers = stage.nora.alone().sees("The trial runs for 30 days")
    stage.tom.says(f"provisioned {trial.code}")
    stage.tom.sees("The trial runs for 30 days").presses("Mark as provisioned")
    stage.tom.sees("Provisioned on")
    hers.presses("Mark as provisioned")
    stage.nora.alone().sees("That card is out of date", "Trial active")


def test_people_without_the_right_cannot_provision(stage: Stage) -> None:
    trial = accepted(stage)
    press = {
        "form": "trial.provisioned",
        "trial": trial.id,
        "version": trial.version,
        "day": "2026-12-03",
    }
    for who in (stage.viktor, stage.ines):
        who.says(f"provisioned {trial.code}")
        who.sees("Your role doesn't allow this")
        who.finds("Set Up Customer").submits(press)  # type: ignore[union-attr]
        who.sees("Your role doesn't allow this")
    for who, word in ((stage.petra, "help"), (stage.jo, "help")):
        who.says(word)
        who.sees("start").submits(press)
        who.sees("there's nothing I can show you here").lacks("Meadow")
        who.finds("start").submits(press | {"day": "soon"})  # type: ignore[union-attr]
        who.sees("there's nothing I can show you here").lacks("Meadow")
    assert stage.trial(trial.code).state == State.PROVISIONING


# ------------------------------------------------------------------ Partner Hub


def test_steps_are_ticked_one_by_one_and_the_day_is_recorded(stage: Stage) -> None:
    trial = stage.a_trial(done_on=None)
    stage.tom.says(f"show {trial.code}")
    stage.tom.sees("0 of 9 steps done").opens("Sign in to admin.webex.com")
    stage.tom.sees("1 of 9 steps done").opens("Press *Start Trial*")
    stage.tom.sees("2 of 9 steps done").opens("Press *Start Trial*")
    card = stage.tom.sees("1 of 9 steps done")
    stage.viktor.finds("1 of 9").opens("Press *Start Trial*")  # type: ignore[union-attr]
    stage.viktor.sees("Your role doesn't allow this")
    stage.clock.days(1)
    card.fills(done_on="2026-12-03").presses("Mark as done")
    card = stage.tom.sees("is in the future", "1 of 9 steps done")
    card.fills(done_on="2026-12-02").presses("Mark as done")
    card = stage.tom.sees("Done in Partner Hub on Wed, 2 Dec 2026", "Trial active")
    card.lacks("To do in Partner Hub")
    [task] = stage.trial(trial.code).hub_tasks
    assert (list(task.ticks), task.done_on) == (["open-customers"], date(2026, 12, 2))
    assert "hub+1" not in stage.open_reminders(trial)


def test_the_end_date_from_partner_hub_is_adopted_with_a_reason(stage: Stage) -> None:
    trial = stage.a_trial(done_on=None)
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees("To do in Partner Hub")
    card.fills(done_on="2026-12-01", ends="2027-01-05").presses("Mark as done")
    card = stage.tom.sees("This is required", "To do in Partner Hub")
    card.fills(ends="2026-11-05", why="Cisco counts so").presses("Mark as done")
    card = stage.tom.sees("too early", "To do in Partner Hub")
    assert stage.trial(trial.code).ends is None
    card.fills(ends="2027-01-05").presses("Mark as done")
    stage.tom.sees("The trial ends on Tue, 5 Jan 2027, as shown in Partner Hub", "35 days left")
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("Cisco counts so", "31 Dec 2026", "5 Jan 2027")


def test_a_new_customer_found_to_exist_is_asked_for_consent(stage: Stage) -> None:
    trial = stage.a_trial(done_on=None)
    stage.tom.says(f"show {trial.code}")
    stage.tom.sees("0 of 9 steps").opens("Sign in to admin.webex.com")
    card = stage.tom.sees("1 of 9 steps", "If a confirmation screen appears")
    card.presses("The organisation exists")
    now = stage.tom.sees("so I'm asking the customer for consent", "Request to be sent")
    now.shows("1 of 8 steps done", "Press *Send Trial Request*", "If no such screen appears")
    found = stage.trial(trial.code)
    assert (found.kind, found.ends) == (Kind.EXISTING, None)
    assert [task.change for task in found.hub_tasks] == [REQUEST]
    stage.clara.sees("is asking for your consent").presses("Accept")
    stage.tom.sees("Clara Bauer accepted")
    button = {"form": "hub.exists", "trial": trial.id, "version": found.version}
    stage.tom.finds("Clara Bauer accepted").submits(button)  # type: ignore[union-attr]
    stage.tom.sees("That card is out of date", "Accepted here, not seen in Partner Hub")
