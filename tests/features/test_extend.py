"""Extending: it counts from the day it is done, and the card shows both dates."""

from datetime import date, timedelta

from store.tables import Partner
from store.terms import Kind
from tests.stage import Stage


def test_an_extension_counts_from_today_and_shows_both_dates(stage: Stage) -> None:
    trial = stage.a_trial(services=["messaging", "calling"])
    stage.clock.days(25)
    stage.tom.says(f"extend {trial.code}")
    form = stage.tom.sees("Thu, 31 Dec 2026", "Mon, 25 Jan 2027", "+25 days")
    form.lacks("shorter").presses("Extend")
    card = stage.tom.sees("Extension wanted", "To do in Partner Hub: Extend the trial")
    card.shows("Thu, 31 Dec 2026 → Mon, 25 Jan 2027 (+25 days)", "Trial active · 5 days left")
    assert stage.trial(trial.code).ends == date(2026, 12, 31)
    card.presses("Done in Partner Hub today")
    stage.tom.sees("Done in Partner Hub on Sat, 26 Dec 2026", "Trial active · 30 days left")
    assert stage.trial(trial.code).ends == date(2027, 1, 25)
    stage.tom.says(f"history {trial.code}")
    card = stage.tom.sees("Tom Okafor asked to extend")
    card.shows("Tom Okafor confirmed: Thu, 31 Dec 2026 → Mon, 25 Jan 2027")


def test_an_open_extension_is_reckoned_anew_each_day(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(20)
    stage.tom.says(f"extend {trial.code}").sees("Extending today").presses("Extend")
    stage.tom.sees("→ Wed, 20 Jan 2027 if done today")
    stage.clock.days(3)
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees("→ Sat, 23 Jan 2027 if done today (+23 days)", "7 days left")
    card.presses("Not extended")
    stage.tom.sees("Withdrawn", "Trial active").lacks("if done today")
    assert (stage.trial(trial.code).extensions, stage.trial(trial.code).todo_since) == (0, None)


def test_a_mistaken_confirmation_is_undone_for_ten_minutes(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(20)
    stage.tom.says(f"extend {trial.code}").sees("Extending today").presses("Extend")
    stage.tom.sees("if done today").presses("Done in Partner Hub today")
    stage.tom.sees("30 days left").presses("Undo: Extend the trial")
    card = stage.tom.sees("Taken back", "if done today", "10 days left")
    card.presses("Done in Partner Hub today")
    card = stage.tom.sees("30 days left")
    stage.clock.to(stage.clock.now() + timedelta(minutes=11))
    card.presses("Undo: Extend the trial")
    stage.tom.sees("It's too late to undo this")
    assert stage.trial(trial.code).extensions == 1


def test_an_earlier_extension_in_partner_hub_counts_from_that_day(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(25)
    stage.tom.says("extend meadow")
    stage.tom.sees("Done in Partner Hub on").fills(done_on="2026-12-30").presses("Extend")
    form = stage.tom.sees("Wed, 30 Dec 2026 is in the future")
    form.fills(done_on="2026-12-24").presses("Extend")
    stage.tom.sees("→ Sat, 23 Jan 2027").lacks("To do in Partner Hub")
    assert stage.trial(trial.code).ends == date(2027, 1, 23)


def test_shortening_a_trial_needs_the_tick_and_shows_when_it_gains_days(stage: Stage) -> None:
    trial = stage.a_trial(duration=60)
    stage.tom.says(f"extend {trial.code}")
    form = stage.tom.sees("You gain nothing before", "−30 days", "before Fri, 1 Jan 2027")
    form.presses("Extend")
    again = stage.tom.sees("tick the box", "Thu, 31 Dec 2026 instead of Sat, 30 Jan 2027")
    assert stage.trial(trial.code).ends == date(2027, 1, 30)
    again.fills(shorten=True, done_on="2026-12-01").presses("Extend")
    stage.tom.sees("→ Thu, 31 Dec 2026", "−30 days")
    assert stage.trial(trial.code).ends == date(2026, 12, 31)


def test_only_the_partners_extension_lengths_are_accepted(stage: Stage) -> None:
    trial = stage.a_trial(duration=60)
    with stage.database.transaction() as session:
        session.get_one(Partner, trial.partner_id).extension_days = [30, 90]
    stage.tom.says(f"extend {trial.code}")
    form = stage.tom.sees("30 days from today", "90 days from today: Mon, 1 Mar 2027")
    form.fills(days=365).presses("Extend")
    stage.tom.sees("(days): 30 and 90").fills(days=90).presses("Extend")
    stage.tom.sees("→ Mon, 1 Mar 2027")


def test_a_second_extension_past_120_days_and_in_grace_gets_warnings(stage: Stage) -> None:
    trial = stage.a_trial(duration=90)
    for _ in range(2):
        stage.clock.days(89 if stage.trial(trial.code).extensions == 0 else 31)
        stage.tom.says(f"extend {trial.code}")
        form = stage.tom.sees("Extending today would move")
        form.fills(done_on=stage.clock.today()).presses("Extend")
        card = stage.tom.sees("Extended:")
    card.shows("already extended", "more than 120 days", "only conversion to paid is documented")
    assert stage.trial(trial.code).extensions == 2


def test_an_extension_cancels_reminders_of_the_old_date(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 11, 10), customer_notices=False)
    stage.clock.at(date(2026, 12, 3))
    stage.nora.sees("7 days left").presses("Extend…")
    stage.nora.sees("Extending today").presses("Extend")
    stage.nora.sees("→ Sat, 2 Jan 2027").presses("Done in Partner Hub today")
    stage.clock.at(date(2026, 12, 18))
    assert stage.nora.count("expires today") == 0
    assert stage.open_reminders(trial)[:3] == ["end-14", "end-7", "end"]


def test_only_people_who_may_change_the_trial_can_extend_it(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(20)
    stage.tom.says(f"extend {trial.code}")
    stage.tom.sees("Extending today would move")
    for bystander in (stage.viktor, stage.ines):
        bystander.says(f"extend {trial.code}").sees("Your role doesn't allow this")
        bystander.finds("Extending today would move").presses("Extend")
        bystander.sees("Your role doesn't allow this")
    free = {"form": "trial.extend", "trial": trial.id, "version": trial.version, "days": 30}
    for stranger in (stage.petra, stage.jo, stage.clara):
        stranger.says("help").sees("help").submits(free)
        stranger.sees("Sorry").lacks("Meadow", trial.code)
    assert stage.trial(trial.code).extensions == 0


def test_a_press_on_an_old_card_shows_the_current_one(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(20)
    alone = stage.tom.alone()
    alone.says(f"extend {trial.code}")
    form = alone.sees("Extending today would move")
    stage.nora.says(f"extend {trial.code}")
    stage.nora.sees("Extending today would move").presses("Extend")
    stage.nora.sees("Extension wanted:")
    form.presses("Extend")
    alone.sees("That card is out of date", "if done today")
    assert len(stage.trial(trial.code).hub_tasks) == 2


def test_a_trial_without_an_end_cannot_be_extended(stage: Stage) -> None:
    trial = stage.a_trial(kind=Kind.EXISTING)
    stage.tom.says(f"extend {trial.code}").sees("Trial pending customer consent")
