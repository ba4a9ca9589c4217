"""The morning card: all reminders due for a space in one hour are one message."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import update

from store.features import assign, cancel, let_go, roles, services
from store.queues.slots import SLOTS
from store.tables import Trial
from store.terms import Kind, Role
from tests.lives import ending, happens, without_digest
from tests.people import Message
from tests.stage import Stage

E = date(2027, 1, 14)
DAY = timedelta(days=1)


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


def test_a_morning_asks_at_once_about_all_its_trials(stage: Stage) -> None:
    two(stage)
    stage.clock.at(E - 14 * DAY)
    stage.nora.sees("2 reminders for today")
    with asked_by_the_desk() as statements:
        stage.clock.at(E - 7 * DAY)
        stage.nora.sees("2 reminders for today", "Extend it")
    first = next(n for n, statement in enumerate(statements) if "FROM assignment" in statement)
    until_said = takewhile(lambda statement: "INTO outbox" not in statement, statements[first:])
    tables = [re.findall("FROM (assignment|slot)", statement) for statement in until_said]
    assert [name for names in tables for name in names] == ["assignment", "slot"]
    assert not [each for each in statements if re.search("FROM (trial_service|hub_task)", each)]
    assert [each for each in statements if "JOIN trial_service" in each], "with the trials' rest"


def test_a_morning_asks_at_once_about_all_earlier_cards(stage: Stage) -> None:
    two(stage, third=E + 4 * DAY, fourth=E + 4 * DAY)
    stage.clock.at(E - 14 * DAY)
    first = stage.nora.sees("2 reminders for today", "Early One")
    stage.clock.at(E - 10 * DAY)
    second = stage.nora.sees("2 reminders for today", "third")
    stage.idle()
    with asked_by_the_desk() as statements:
        stage.clock.at(E - 3 * DAY)
        stage.nora.sees("4 reminders for today", "Early One", "third")
    until_said = takewhile(lambda statement: "FROM assignment" not in statement, statements)
    asked = [each for each in until_said if "FROM slot" in each]
    assert len([each for each in asked if "IN (?, ?)" in each or "named_2" in each]) == 1
    for former in (first, second):
        shrank(stage, former, "2 reminders for today")


@contextmanager
def asked_by_the_desk() -> Iterator[list[str]]:
    """Collect the statements that the bot's desk sends inside the block."""
    statements: list[str] = []

    def note(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if threading.current_thread().name == "desk":
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def test_the_next_morning_card_takes_only_what_it_replaces(stage: Stage) -> None:
    codes = three(stage)
    stage.clock.at(E - timedelta(days=8))
    former = stage.nora.sees("2 reminders for today")
    stage.clock.at(E - timedelta(days=7))
    single = stage.nora.sees("Extend it, convert it to paid", codes["Meadow Foods"])
    stage.clock.at(E)
    stage.nora.sees("3 reminders for today")
    shrank(stage, single, codes["Meadow Foods"], "expires on").lacks("convert it to paid")
    shrank(stage, former, "Reminders of Wed, 6 Jan 2027").lacks("Last Chance", "Meadow Foods")


def two(stage: Stage, **more: date) -> dict[str, str]:
    """Start trials with reminders on two mornings: first both of the early ones."""
    without_digest(stage)
    ends = {"Early One": E, "Early Two": E, **more}
    return {
        company: stage.a_trial(
            company=company, administrator=f"a@{n}.example", customer_notices=False, **ending(day)
        ).code
        for n, (company, day) in enumerate(ends.items())
    }


def test_a_morning_card_stays_if_nothing_newer_is_about_its_trials(stage: Stage) -> None:
    two(stage, third=E + DAY, fourth=E + DAY)
    stage.clock.at(E - 14 * DAY)
    former = stage.nora.sees("2 reminders for today", "Early One", "Early Two")
    stage.clock.at(E - 13 * DAY)
    stage.nora.sees("2 reminders for today", "third", "fourth")
    stands(stage, former, "2 reminders for today", "Early One", "Early Two")


def test_a_single_reminder_takes_its_row_from_an_earlier_morning_card(stage: Stage) -> None:
    codes = two(stage)
    stage.clock.at(E - 14 * DAY)
    former = stage.nora.sees("2 reminders for today")
    happens(stage, let_go.let_go, stage.trial(codes["Early Two"]))
    stage.clock.at(E - 7 * DAY)
    stage.nora.sees("Extend it, convert it to paid", codes["Early One"])
    left = stands(stage, former, "Reminders of Thu, 31 Dec 2026", "Early Two").lacks("Early One")
    left.opens("Early Two", "Show")
    stage.nora.sees(codes["Early Two"], "letting this trial expire")
    stage.clock.at(E)
    stage.nora.sees("2 reminders for today", "Early Two")
    shrank(stage, former, "Reminders of Thu, 31 Dec 2026")


def test_a_morning_card_that_cannot_be_edited_any_more_stays_whole(stage: Stage) -> None:
    two(stage)
    stage.clock.at(E - 14 * DAY)
    former = stage.nora.sees("2 reminders for today")
    with stage.database.writing() as connection:
        connection.execute(update(SLOTS).where(SLOTS.c.message_id == former.id).values(edits=10))
    stage.clock.at(E - 7 * DAY)
    stage.nora.sees("2 reminders for today", "expires on")
    stands(stage, former, "Early One", "Early Two")


def test_a_weekly_digest_on_a_morning_card_is_replaced_by_the_next(stage: Stage) -> None:
    monday = date(2026, 12, 7)
    for company, ends in (("Early", monday + 14 * DAY), ("Steady", monday + 12 * DAY)):
        stage.a_trial(
            company=company,
            administrator=f"{company}@m.example",
            customer_notices=False,
            **ending(ends),
        )
    stage.clock.at(monday - 2 * DAY)
    stage.nora.sees("Talk to the customer", "Steady")
    stage.clock.at(monday)
    former = stage.nora.sees("1 reminder for today", "Early", "Trials by days left", "Steady")
    stage.clock.at(monday + 5 * DAY)
    stage.nora.sees("expires on", "Steady")
    stage.clock.at(monday + 7 * DAY)
    stage.nora.sees("1 reminder for today", "expires on", "Trials by days left", "Steady")
    shrank(stage, former, "1 reminder for today", "7 Dec 2026")


def test_many_reminders_open_in_place_to_the_buttons_of_each(stage: Stage) -> None:
    codes = two(stage, third=E, fourth=E, fifth=E)
    stage.clock.at(E - 7 * DAY)
    card = stage.nora.sees("5 reminders for today")
    assert card.buttons.count("Extend…") == card.buttons.count("Later…") == 5
    card.opens("Early Two", "Extend…")
    stage.nora.sees(codes["Early Two"], "New end date")
    card.opens("third", "Tomorrow")
    stage.nora.sees(codes["third"], "I'll remind you again on")
    stands(stage, card, "5 reminders for today", "Early Two", "third")


def test_a_press_on_a_morning_card_leaves_it_one_to_one_too(stage: Stage) -> None:
    codes = two(stage)
    with stage.database.transaction() as session:
        email, now = stage.jo.email, stage.clock.now()
        jo = roles.give(session, 1, email=email, role=Role.ADMIN, by=None, now=now)
    for code in codes.values():
        happens(stage, assign.assign, stage.trial(code), person_id=jo.id)
    stage.clock.at(E - 7 * DAY)
    card = stage.jo.sees("2 reminders for today")
    card.opens("Early Two", "Tomorrow")
    stage.jo.sees("I'll remind you again on", codes["Early Two"])
    stage.idle()
    (still,) = [each for each in stage.jo.messages() if each.id == card.id]
    still.shows("2 reminders for today", "Early One", "Early Two")


# ------------------------------------------------------------------ customers out of reach


def test_customers_who_cannot_be_reached_are_a_row_of_the_next_morning_card(
    stage: Stage,
) -> None:
    without_digest(stage)
    trials = [
        stage.a_trial(company=f"Lost {n}", administrator=f"nobody@{n}.example", **ending(E))
        for n in range(12)
    ]
    stage.a_trial(customer_notices=False, administrator="a@a.example", **ending(E + 8 * DAY))
    stage.clock.at(E - 7 * DAY)
    stage.nora.sees("12 reminders for today")
    stage.nora.says(f"show {trials[3].code}").sees("can't reach nobody@3.example in Webex")
    before = len(stage.nora.messages())
    stage.clock.at(E - 6 * DAY)
    card = stage.nora.sees("2 reminders for today", "I can't reach these customers in Webex")
    card.shows("Lost 0", "nobody@11.example", "Talk to the customer")
    assert len(stage.nora.messages()) == before + 1
    card.opens("Lost 3")
    stage.nora.sees(trials[3].code, "Trial active")
    stage.clock.at(E - 5 * DAY)
    assert stage.nora.count("I can't reach these customers") == 1


def test_a_customer_who_is_gone_by_then_is_not_told_of(stage: Stage) -> None:
    without_digest(stage)
    lost, gone = (
        stage.a_trial(company=name, administrator=f"nobody@{name}.example", **ending(E))
        for name in ("lost", "gone")
    )
    stage.clock.at(E - 7 * DAY)
    stage.nora.sees("2 reminders for today")
    happens(stage, cancel.cancel, gone, whose="partner", typed=gone.code, done_on=E - 7 * DAY)
    stage.clock.at(E - 6 * DAY)
    card = stage.nora.sees("I can't reach nobody@lost.example").shows(lost.code)
    card.lacks("nobody@gone.example")


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


def stands(stage: Stage, message: Message, *texts: str) -> Message:
    """Check that the message still has its texts and buttons; return it as it is now."""
    (now,) = [each for each in stage.nora.messages() if each.id == message.id]
    assert now.shows(*texts).buttons
    return now


def shrank(stage: Stage, message: Message, *texts: str) -> Message:
    """Check that the message has shrunk to one line without buttons; return it as it is now."""
    (now,) = [each for each in stage.nora.messages() if each.id == message.id]
    assert not now.shows(*texts).buttons
    return now
