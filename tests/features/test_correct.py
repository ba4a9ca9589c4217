"""`correct`: a full administrator corrects a late or wrong record in time."""

from datetime import date, timedelta

from sqlmodel import update

from store.tables import History, Trial
from store.terms import Access, CancelledBy, Kind, State
from tests.people import Message, Person
from tests.rooms import moves
from tests.stage import Stage


def correction(person: Person, trial: Trial, **values: object) -> Message:
    """Send `correct`, fill in the form and save it."""
    person.says(f"correct {trial.code}")
    form = person.sees("History keeps both")
    form.fills(**values).presses("Save correction")
    return form


def test_an_acceptance_in_time_can_be_recorded_after_the_lapse(stage: Stage) -> None:
    trial = stage.a_trial(kind=Kind.EXISTING)
    stage.clock.at(date(2026, 12, 2))
    stage.tom.says(f"resend {trial.code}").sees("The customer can consent").presses(
        "Resend request"
    )
    stage.clara.sees("Accept")
    stage.clock.at(date(2027, 1, 1))
    stage.nora.sees("cancelled: no consent within 30 days")
    assert stage.trial(trial.code).cancelled_by == CancelledBy.NO_CONSENT
    late = {"what": "accepted", "day": "2027-01-01", "full_access": True, "reason": "On leave"}
    correction(stage.nora, trial, **late)
    form = stage.nora.sees("Enter Thu, 31 Dec 2026 or earlier")
    assert stage.trial(trial.code).state == State.CANCELLED
    form.fills(day="2026-12-30").presses("Save correction")
    card = stage.nora.sees("Corrected: The customer accepted on a different day")
    card.shows("Pending provisioning details", "Consent given", "Wed, 30 Dec 2026")
    right = stage.trial(trial.code)
    assert (right.accepted_on, right.access) == (date(2026, 12, 30), Access.FULL)
    assert stage.open_reminders(trial)[0] == "accepted+7"
    stage.clara.sees("has been answered")
    stage.viktor.says(f"history {trial.code}")
    stage.viktor.sees(
        "corrected the record", "Cancelled → Pending provisioning details", "On leave"
    )


def test_an_extension_in_time_can_be_recorded_after_the_end(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 10, 2))
    stage.clock.at(date(2026, 12, 2))
    stage.nora.sees("ended")
    assert stage.trial(trial.code).state == State.ENDED
    alone = stage.nora.alone()
    correction(alone, trial, what="extended", day="2026-11-25", reason="Tom forgot")
    alone.sees("Corrected: It was extended in time", "Trial active · 23 days left")
    stage.tom.sees("Corrected: It was extended in time")
    assert stage.trial(trial.code).ends == date(2026, 12, 25)
    assert stage.open_reminders(trial)[0] == "end-14"


def test_an_ended_trial_is_not_revived_if_its_service_is_taken(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 10, 2))
    stage.clock.at(date(2026, 12, 2))
    stage.nora.sees("ended")
    theirs = stage.a_trial("petra", "other-partner-space", company="Meadow Ltd")
    correction(stage.nora, trial, what="ends", day="2026-12-20", reason="Partner Hub says so")
    stage.nora.sees("Messaging: already on trial with this customer").lacks("Summit", theirs.code)
    still = stage.trial(trial.code)
    assert (still.state, still.ends, still.version) == (
        State.ENDED,
        date(2026, 11, 1),
        still.version,
    )


def test_undoing_a_cancellation_restores_the_reminders(stage: Stage) -> None:
    trial = stage.a_trial(done_on=stage.clock.today())
    before = stage.open_reminders(trial)
    stage.tom.says(f"cancel {trial.code}")
    form = stage.tom.sees("Cancelling may leave no grace period")
    form.fills(typed=trial.code, done_on="2026-12-01").presses("Cancel trial")
    stage.tom.sees("Cancelled on")
    correction(stage.nora, trial, what="not-cancelled", reason="The wrong trial")
    stage.nora.sees("Corrected: It wasn't cancelled", "Trial active").lacks("To do in Partner Hub")
    assert stage.open_reminders(trial) == before


def test_an_address_and_an_outcome_are_corrected(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.nora.alone()
    correction(alone, trial, what="administrator", reason="A typing error")
    form = alone.sees("This is required")
    form.fills(administrator="Lena@Meadow.example").presses("Save correction")
    alone.sees("Corrected: The administrator's address", "lena@meadow.example")
    stage.a_trial(company="Another Meadow")  # the old address is free again
    stage.tom.says(f"cancel {trial.code}").sees("Cancelling may leave no grace").fills(
        typed=trial.code, outcome="price", done_on="2026-12-01"
    ).presses("Cancel trial")
    stage.tom.sees("Cancelled on")
    correction(alone, trial, what="outcome", outcome="competitor", reason="They told us")
    alone.sees("Corrected: The reason was wrong", "Chose a competitor")
    alone.says(f"history {trial.code}").sees("Price → Chose a competitor", "They told us")


def test_the_partners_own_people_and_bots_are_no_administrators(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.nora.alone()
    correction(alone, trial, what="administrator", administrator=stage.ines.email, reason="x")
    form = alone.sees(f"{stage.ines.email} belongs to your own people")
    form.fills(administrator="echobot@webex.bot").presses("Save correction")
    alone.sees("echobot@webex.bot is a bot")
    assert stage.trial(trial.code).version == trial.version


def test_an_address_corrected_to_itself_means_whoever_has_it_now(stage: Stage) -> None:
    stage.clara.says("home").sees("You need a role")
    trial = stage.a_trial()
    old = stage.clara.email
    moves(stage.clara, "clara.weiss@meadow.example")
    moves(stage.samir, old)
    stage.samir.says("home").sees("You need a role")
    alone = stage.nora.alone()
    correction(alone, trial, what="administrator", administrator=old, reason="Samir took over")
    alone.sees("Corrected: The administrator's address", old)
    buy = {"form": "customer.buy", "trial": trial.id}
    stage.samir.finds("You need a role").submits(buy)  # type: ignore[union-attr]
    stage.samir.sees("Thank you. I've let Harbour Networks know")
    stage.clara.finds("You need a role").submits(buy)  # type: ignore[union-attr]
    stage.clara.sees("Sorry")


def test_only_full_administrators_correct_and_only_for_thirty_days(stage: Stage) -> None:
    trial = stage.a_trial(kind=Kind.EXISTING)
    stage.nora.says(f"correct {trial.code}")
    stage.nora.sees("History keeps both")
    filled = {"what": "declined", "day": "2026-12-01", "reason": "x"}
    for bystander in (stage.tom, stage.viktor):
        bystander.says(f"correct {trial.code}").sees("Role needed: Partner full administrator")
        bystander.finds("History keeps both").fills(**filled).presses("Save correction")
        bystander.sees("Role needed: Partner full administrator")
    free = {"form": "trial.correct", "trial": trial.id, "version": trial.version, **filled}
    for stranger in (stage.petra, stage.jo, stage.clara):
        stranger.says("help").sees("help").submits(free)
        stranger.sees("Sorry").lacks("Meadow", trial.code)
    assert stage.trial(trial.code).version == trial.version
    with stage.database.transaction() as session:
        session.get_one(Trial, trial.id).asked_on = stage.clock.today() - timedelta(days=62)
        session.exec(update(History).values(at=stage.clock.now() - timedelta(days=62)))
    correction(stage.nora, trial, what="accepted", day="2026-10-20", reason="Too late")
    stage.nora.sees("this could be corrected until Mon, 30 Nov 2026")
    assert stage.trial(trial.code).version == trial.version


def test_corrections_are_validated_and_an_old_form_changes_nothing(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.nora.alone()
    form = correction(alone, trial, what="ends", reason="-")
    again = alone.sees("This is required")
    again.fills(day="2026-12-31").presses("Save correction")
    again = alone.sees("Nothing to change")
    again.fills(what="converted", day="2026-12-02").presses("Save correction")
    alone.sees("Wed, 2 Dec 2026 is in the future")
    stage.tom.says(f"note {trial.code} They like it").sees("Note added")
    form.fills(what="ends", day="2027-01-05", reason="-").presses("Save correction")
    alone.sees("That card is out of date")
    assert stage.trial(trial.code).ends == date(2026, 12, 31)
