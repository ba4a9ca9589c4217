"""`calendar`: a trial's deadlines as an iCalendar file."""

from datetime import date
from typing import Any

import requests
from icalendar import Calendar, Component
from sqlmodel import select

from cards.kit.words import Words
from store.tables import Person as Row
from store.tables import Shipment, Trial
from store.terms import DeviceType, Kind
from tests.people import Message, Person
from tests.stage import Stage


def the_file(person: Person, message: Message) -> dict[str, Component]:
    """The events in a message's attached file, by UID."""
    assert message.card is None
    [url] = message.raw["files"]
    token = {"Authorization": f"Bearer {person.about['token']}"}
    answer = requests.get(url, headers=token, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["UID"]): event for event in events}


def with_phones(stage: Stage, **form: Any) -> Trial:
    """A trial with phones due back on 18 January."""
    trial = stage.a_trial(**form)
    with stage.database.transaction() as session:
        phones = Shipment(
            trial_id=trial.id,
            type=DeviceType.PHONE,
            models={"8865": 2},
            expires_on=date(2027, 1, 4),
        )
        session.add(phones)
    return trial


def test_deadlines_are_all_day_events_with_stable_uids(stage: Stage) -> None:
    trial = with_phones(stage, company="Meadow & Foods, Ltd; *x*")
    stage.viktor.says(f"calendar {trial.code}")
    first = the_file(stage.viktor, stage.viktor.sees("deadlines for your calendar"))
    days = {uid: event.start for uid, event in first.items()}
    assert days == {
        f"{trial.code}-end@trialbot": date(2026, 12, 31),
        f"{trial.code}-grace@trialbot": date(2027, 1, 29),
        f"{trial.code}-return-phone@trialbot": date(2027, 1, 18),
    }
    end = first[f"{trial.code}-end@trialbot"]
    assert end["DTSTART"].params["VALUE"] == "DATE"
    assert (end.end - end.start).days == 1
    assert str(end["SUMMARY"]).startswith(f"Meadow & Foods, Ltd; *x* ({trial.code}): trial ex")
    stage.clock.days(10)
    stage.tom.says(f"extend {trial.code}").sees("Extending today would move").presses("Extend")
    card = stage.tom.sees("→ Sun, 10 Jan 2027 if done today")
    card.presses("Calendar")
    open_ = the_file(stage.tom, stage.tom.sees("deadlines for your calendar"))[end["UID"]]
    assert open_.start == date(2026, 12, 31)
    assert "→ Sun, 10 Jan 2027 if done today" in open_["DESCRIPTION"]
    stage.tom.says(f"show {trial.code}").sees("if done").presses("Done in Partner Hub today")
    stage.tom.sees("Done in Partner Hub on").presses("Calendar")
    stage.idle()
    again = the_file(stage.tom, stage.tom.sees("deadlines for your calendar"))
    assert again.keys() == first.keys()
    moved = again[end["UID"]]
    assert (moved.start, moved.sequence > end.sequence) == (date(2027, 1, 10), True)


def test_the_file_is_in_the_persons_language(stage: Stage) -> None:
    trial = with_phones(stage)
    with stage.database.transaction() as session:
        session.exec(select(Row).where(Row.email == stage.nora.email)).one().language = "bg"
    stage.nora.says(f"calendar {trial.code}")
    file = the_file(stage.nora, stage.nora.sees("deadlines for your calendar"))
    grace = date(2027, 1, 30)
    said = str(file[f"{trial.code}-end@trialbot"]["SUMMARY"])
    assert Words("bg").day(grace) in said
    assert Words("en").day(grace) not in said


def test_a_cancelled_trial_keeps_only_its_device_deadlines(stage: Stage) -> None:
    trial = with_phones(stage)
    stage.tom.says(f"cancel {trial.code}")
    form = stage.tom.sees("Cancelling may leave no grace period").fills(typed=trial.code)
    form.fills(done_on="2026-12-01").presses("Cancel trial")
    stage.tom.sees("Cancelled on").presses("Calendar")
    file = the_file(stage.tom, stage.tom.sees("deadlines for your calendar"))
    assert list(file) == [f"{trial.code}-return-phone@trialbot"]


def test_a_trial_without_deadlines_has_no_file(stage: Stage) -> None:
    trial = stage.a_trial(kind=Kind.EXISTING)
    stage.tom.says(f"calendar {trial.code}")
    assert not stage.tom.sees("no deadlines for your calendar").raw.get("files")


def test_strangers_get_no_calendar(stage: Stage) -> None:
    trial = stage.a_trial()
    for stranger in (stage.jo, stage.petra, stage.clara):
        stranger.says(f"calendar {trial.code}")
        stage.idle()
        [answer] = stranger.news()
        assert not answer.lacks("Meadow", "deadlines").raw.get("files")
