"""The morning card: all reminders due for a space in one hour are one message."""

from datetime import date, timedelta

from store.features import assign, roles, services
from store.tables import Trial
from store.terms import Kind, Role
from tests.lives import ending, happens, without_digest
from tests.people import Message
from tests.stage import Stage

E = date(2027, 1, 14)


def three(stage: Stage) -> dict[str, str]:
    """Start three trials with reminders on the same morning; return their codes by company."""
    without_digest(stage)
    many = {"Quiet Mills": E + timedelta(days=14), "Last Chance": E - timedelta(days=29)}
    ends = {"Meadow Foods": E, **many}
    return {
        company: stage.a_trial(
            company=company, administrator=f"a@{day}.example", customer_notices=False, **ending(day)
        ).code
        for company, day in ends.items()
    }


def test_three_reminders_in_an_hour_are_one_card_with_a_row_each(stage: Stage) -> None:
    codes = three(stage)
    stage.clock.at(E, 8, 59)
    before = len(stage.nora.messages())
    stage.clock.at(E)
    card = stage.nora.sees("3 reminders for today")
    assert len(stage.nora.messages()) == before + 1
    text = card.everything
    places = [text.index(name) for name in ("Last Chance", "Meadow Foods", "Quiet Mills")]
    assert places == sorted(places), "the most urgent stands first"
    assert card.raw["mentionedPeople"] == [stage.tom.about["personId"]]
    card.opens("Meadow Foods", "Show")
    assert "Cancel…" in stage.nora.sees(codes["Meadow Foods"], "expires today").buttons
    assert stage.nora.finds("3 reminders for today"), "others want to press it too"


def test_the_next_morning_card_shrinks_earlier_reminders(stage: Stage) -> None:
    codes = three(stage)
    stage.clock.at(E - timedelta(days=8))
    former = stage.nora.sees("2 reminders for today")
    stage.clock.at(E - timedelta(days=7))
    single = stage.nora.sees("Extend it, convert it to paid", codes["Meadow Foods"])
    stage.clock.at(E)
    stage.nora.sees("3 reminders for today")
    now = {m.id: m for m in stage.nora.messages()}
    now[single.id].shows(codes["Meadow Foods"], "expires on").lacks("convert it to paid")
    now[former.id].shows("2 reminders for today").lacks("Meadow Foods")
    assert now[single.id].buttons == now[former.id].buttons == []


def test_up_to_three_reminders_keep_their_full_text(stage: Stage) -> None:
    codes = three(stage)
    stage.clock.at(E)
    card = stage.tom.sees("3 reminders for today")
    card.shows("the Meetings site URL", "Talk to the customer", "last safe day")
    card.opens("Quiet Mills", "Let expire…")
    stage.tom.sees(codes["Quiet Mills"], "only remind you of the end date").presses("Let it expire")
    stage.tom.sees("You're letting this trial expire")
    assert stage.trial(codes["Quiet Mills"]).let_go


def test_after_an_outage_one_card_has_the_newest_reminder_of_each_trial(stage: Stage) -> None:
    codes = three(stage)
    trial = stage.a_trial(kind=Kind.EXISTING, company="Never Asked", administrator="n@n.example")
    before = len(stage.nora.messages())
    stage.clock.at(E + timedelta(days=2), 16)
    card = stage.nora.sees("4 reminders for today")
    assert len(stage.nora.messages()) == before + 1
    card.shows("cancelled: no consent", "ended: users", "expired on Thu, 14 Jan 2027")
    card.shows("Quiet Mills", "ends on Thu, 28 Jan 2027").lacks(
        "last safe day", "last day of the trial"
    )
    assert stage.trial(trial.code).cancelled_by == "no-consent"
    assert stage.trial(codes["Last Chance"]).state == "ended"


def test_a_mentioned_person_outside_the_space_gets_their_own_rows(stage: Stage) -> None:
    three(stage)
    theirs = stage.a_trial(company="Jo's Own", administrator="j@j.example", **ending(E))
    with stage.database.transaction() as session:
        email, now = stage.jo.email, stage.clock.now()
        jo = roles.give(session, 1, email=email, role=Role.ADMIN, by=None, now=now)
    happens(stage, assign.assign, theirs, person_id=jo.id)
    stage.clock.at(E)
    stage.nora.sees("4 reminders for today")
    stage.jo.sees("Jo's Own", "last day of the trial").lacks("Meadow", "Last Chance", "Quiet Mills")
    assert len(stage.jo.messages()) == 1


def test_other_partners_spaces_get_no_morning_card(stage: Stage) -> None:
    three(stage)
    without_digest(stage)
    stage.clock.at(E)
    assert stage.petra.finds("reminders for today") is None
    assert stage.petra.finds("Meadow") is None


# ------------------------------------------------------------------ topics


def running(stage: Stage) -> Trial:
    """A trial that ends on E, whose space has no digest."""
    without_digest(stage)
    return stage.a_trial(customer_notices=False, **ending(E))


def wants_licences(stage: Stage, trial: Trial) -> None:
    """Open a change, so that reminders about Partner Hub and about the end overlap."""
    happens(stage, services.set_licences, trial, licences=7, device_licences=None)


def test_a_reminder_shrinks_only_reminders_of_its_topic(stage: Stage) -> None:
    trial = running(stage)
    stage.clock.at(E - timedelta(days=16))
    wants_licences(stage, trial)
    stage.clock.at(E - timedelta(days=15))
    first = stage.nora.sees("Nothing changes here until you confirm", trial.code)
    stage.clock.at(E - timedelta(days=14))
    soon = stage.nora.sees("Talk to the customer", trial.code)
    stands(stage, first, "Nothing changes here")
    stage.clock.at(E - timedelta(days=13))
    third = stage.nora.sees("Cisco won't know about it", trial.code)
    shrank(stage, first, "still to do in Partner Hub")
    stands(stage, soon, "Talk to the customer")
    stage.clock.at(E - timedelta(days=7))
    stage.nora.sees("Extend it, convert it to paid", trial.code)
    shrank(stage, soon, "ends on")
    stands(stage, third, "Cisco won't know about it")


def test_a_morning_card_shrinks_only_reminders_that_it_replaces(stage: Stage) -> None:
    trial = running(stage)
    stage.clock.at(E - timedelta(days=7))
    week = stage.nora.sees("Extend it, convert it to paid", trial.code)
    wants_licences(stage, trial)
    other = stage.a_trial(company="Other", administrator="o@o.example", done_on=None)
    stage.clock.days(1)
    stage.nora.sees("2 reminders for today", other.code)
    stands(stage, week, "Extend it, convert it to paid")


def stands(stage: Stage, message: Message, *texts: str) -> None:
    """Check that the message still has its texts and buttons."""
    (now,) = [each for each in stage.nora.messages() if each.id == message.id]
    now.shows(*texts)
    assert now.buttons


def shrank(stage: Stage, message: Message, *texts: str) -> None:
    """Check that the message has shrunk to one line without buttons."""
    (now,) = [each for each in stage.nora.messages() if each.id == message.id]
    now.shows(*texts)
    assert not now.buttons
