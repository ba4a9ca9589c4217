"""Settings of a space and its partner, and the reminders planned from them."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from store import flags
from store.features import settings
from store.features.digest import DIGEST
from store.features.expiry import END_MINUS_7, END_MINUS_14
from store.rules import calendars
from store.rules.reminder_kinds import ReminderKind
from store.tables import Flag, Partner, Person, Reminder, Space
from tests.people import Message, wait_for
from tests.stage import Stage
from tests.tongues import catalogues_in

HERE = {"form": "settings.space", "space": 1, "time_zone": "Asia/Tokyo", "reminder_hour": 5}
OURS = {"form": "settings.partner", "partner": 1, "name": "Mine", "tier": "1"}


def space(stage: Stage, number: int = 1) -> Space:
    with stage.database.reading() as session:
        return session.get_one(Space, number)


def partner(stage: Stage, number: int = 1) -> Partner:
    with stage.database.reading() as session:
        return session.get_one(Partner, number)


def rings(stage: Stage, kind: ReminderKind) -> list[str]:
    """When the first space's reminders of a kind will be sent, in UTC."""
    query = select(Reminder.rings_at).where(
        Reminder.kind == kind, Reminder.space_id == 1, col(Reminder.settled_at).is_(None)
    )
    with stage.database.reading() as session:
        return [f"{at:%m-%d %H:%M}" for at in session.exec(query)]


def test_reminders_move_to_the_new_hour_and_time_zone(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    assert rings(stage, END_MINUS_14) == ["12-17 07:00"]
    card = stage.nora.says("settings").sees("Settings for Harbour Networks", "Europe/Sofia")
    card.fills(time_zone="London", reminder_hour=14).presses("Save")
    stage.nora.sees("I'll send reminders at 14:00 (Europe/London)")
    assert rings(stage, END_MINUS_14) == ["12-17 14:00"]
    assert rings(stage, DIGEST) == ["12-07 14:00"]
    stage.nora.finds("I'll send reminders at").fills(weekly_digest=False).presses("Save")
    wait_for(lambda: not rings(stage, DIGEST), "the digest still comes")
    stage.clock.at(date(2026, 12, 17), 13, 59, zone="Europe/London")
    assert stage.nora.count("14 days left") == 0
    stage.clock.at(date(2026, 12, 17), 14, zone="Europe/London")
    assert stage.nora.count("14 days left") == 1


def test_working_days_move_reminders_earlier_and_the_digest_can_be_off(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    card = stage.nora.says("settings").sees("Send reminders on working days only")
    card.fills(country="Bulgaria", working_days=True, weekly_digest=False).presses("Save")
    stage.nora.sees("Saved.")
    assert rings(stage, END_MINUS_7) == ["12-23 07:00"]
    assert rings(stage, DIGEST) == []


def test_many_trials_are_replanned_in_the_background(stage: Stage) -> None:
    stage.a_trial()
    with stage.database.transaction() as session:
        session.get_one(Space, 1).reminder_hour = 16
        settings.replan_later(session, 1)
    wait_for(lambda: rings(stage, END_MINUS_14) == ["12-17 14:00"], "nobody replanned")


def waits_to_be_replanned(stage: Stage) -> bool:
    with stage.database.reading() as session:
        return bool(session.exec(select(Flag).where(col(Flag.name).startswith("replan"))).all())


def test_new_rules_of_zones_or_holidays_move_what_is_planned_once(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)

    def planned_by_mistake(session: Session) -> None:
        for row in session.exec(select(Reminder)):
            row.rings_at = row.rings_at.replace(hour=3)

    with stage.database.transaction() as session:
        flags.remember(session, "planned by", {"tzdata": "1997a", "holidays": "0"})
        planned_by_mistake(session)
    stage.restart()
    wait_for(lambda: rings(stage, END_MINUS_14) == ["12-17 07:00"], "nobody replanned")
    wait_for(lambda: rings(stage, DIGEST) == ["12-07 07:00"], "nobody replanned the digest")
    with stage.database.transaction() as session:
        planned_by_mistake(session)
        assert session.get_one(Flag, "planned by").value == calendars.versions()
        settings.replan_later(session, 2)
    stage.restart()
    wait_for(lambda: not waits_to_be_replanned(stage), "nobody replanned the other space")
    assert rings(stage, END_MINUS_14) == ["12-17 03:00"]


def test_new_partner_defaults_are_saved_without_changing_running_trials(stage: Stage) -> None:
    trial = stage.a_trial()
    form = {
        "name.partner": "Harbour Group",
        "extension_days.partner": "30, 45",
        "durations.partner": "60 90",
        "customer_notices.partner": False,
    }
    stage.nora.says("settings").sees("Harbour Networks").fills(**form).presses(
        "Save partner settings"
    )
    stage.nora.sees("Settings for Harbour Group", "Running trials keep their current settings")
    stage.clock.days(20)
    stage.tom.says(f"extend {trial.code}").sees("30 days from today", "45 days from today")
    assert partner(stage).durations == [60, 90]
    assert stage.trial(trial.code).customer_notices


def test_each_invalid_setting_is_reported_at_its_field(stage: Stage) -> None:
    card = stage.nora.says("settings").sees("Settings for Harbour Networks")
    for wrong, reason in (
        ({"time_zone": "Atlantis"}, "I don't know this time zone"),
        ({"time_zone": "Factory"}, "Factory isn't a place. Enter a city, such as Sofia."),
        ({"reminder_hour": "24"}, "number from 0 to 23"),
        ({"reminder_hour": "noon"}, "whole number"),
        ({"country": "Atlantis"}, "I don't know this country"),
        ({"language": "tlh"}, "Choose one of the options"),
    ):
        right = {"time_zone": "Oslo", "reminder_hour": 9, "country": "", "language": "en"}
        card.fills(**right | wrong).presses("Save")
        card = stage.nora.sees(reason)
        assert card.inputs["time_zone"]["value"] == (right | wrong)["time_zone"]
    for name, typed, reason in (
        ("name", "", "is required"),
        ("tier", "2", "A tier 2 partner needs a distributor. Enter the distributor contact."),
        ("extension_days", "30, 400", "numbers from 1 to 365"),
        ("durations", "a month", "whole number"),
    ):
        card = stage.nora.says("settings").sees("Settings for Harbour Networks")
        card.fills(**{f"{name}.partner": typed}).presses("Save partner settings")
        card = stage.nora.sees(reason)
        assert card.inputs[f"{name}.partner"].get("value", "") == typed
    assert (space(stage).time_zone, partner(stage).tier) == ("Europe/Sofia", 1)


def test_only_the_partners_full_administrators_can_change_settings(stage: Stage) -> None:
    stage.nora.says("settings").sees("Settings for Harbour Networks")
    tom, viktor, petra = stage.tom, stage.viktor, stage.petra
    for person in (tom, viktor):
        person.says("settings").sees("Your role doesn't allow this")
        person.says("language en").sees("Your role doesn't allow this")
        for inputs in (HERE, OURS):
            refused(person.finds("Settings for Harbour Networks"), inputs, "Your role doesn't")
    card = petra.says("settings").sees("Settings for Summit Voice").lacks("Harbour", "Sofia/")
    alone = petra.alone().says("settings").sees("Settings for Summit Voice")
    for inputs in (HERE, OURS):
        refused(card, inputs, "nothing I can show you here")
        refused(alone, inputs, "nothing I can show you here")
        refused(alone, inputs | {"time_zone": "Nowhere", "name": ""}, "nothing I can show you")
        refused(card, inputs | {"space": 99, "partner": 99}, "nothing I can show you here")
    jo = stage.jo.says("help").sees("Commands")
    refused(jo, HERE, "nothing I can show you here")
    assert (space(stage).time_zone, partner(stage).name) == ("Europe/Sofia", "Harbour Networks")


def refused(card: Message | None, inputs: dict[str, object], reason: str) -> None:
    assert card is not None
    full = {"country": "", "language": "en", "distributor": "", "durations": "1"}
    card.submits({**full, "extension_days": "1", **inputs})
    card.who.sees(reason).lacks("Harbour Networks")


def test_only_english_is_offered_without_other_catalogues(stage: Stage, tmp_path: Path) -> None:
    with catalogues_in(tmp_path):
        stage.nora.says("language bg").sees("Choose one of the options")
        stage.nora.says("settings").sees("Settings for").lacks("Bulgarian")
        with stage.database.transaction() as session:
            session.exec(
                select(Person).where(Person.email == stage.nora.email)
            ).one().language = "bg"
        card = stage.nora.alone().says("settings").sees("Settings for Harbour Networks")
        assert card.inputs["language"]["value"] == "en"


def test_a_space_and_a_person_each_have_a_language(stage: Stage) -> None:
    stage.nora.says("language bg").sees("Отсега нататък тук ще използвам този език: български")
    card = stage.tom.alone().says("language").sees("Език")
    card.shows("един от тези: английски и български")
    card.fills(language="bg").presses("Запази")
    tom = stage.tom.alone()
    wait_for(lambda: tom.finds("български"), "no answer")
    tom.says("language tlh")
    tom.sees("Изберете една от възможностите")
    with stage.database.reading() as session:
        spoken = {p.name: p.language for p in session.exec(select(Person))}
    assert spoken["Tom Okafor"] == "bg"
    assert spoken["Nora Lindqvist"] == ""
    assert (space(stage).language, space(stage, 2).language) == ("bg", "en")


@pytest.mark.parametrize(
    ("typed", "language"),
    [("language bg", "bg"), ("език български", "bg"), ("language Bulgarian!", "bg"),
     ("език bg", "bg"), ("език английски", "en"), ("language English", "en"), ("ЕЗИК en.", "en")],
)  # fmt: skip
def test_a_language_has_its_name_in_every_language(stage: Stage, typed: str, language: str) -> None:
    said = {"bg": "този език: български", "en": "I'll use English here"}[language]
    stage.nora.says(typed).sees(said)
    assert space(stage).language == language


def test_only_a_full_administrator_changes_a_spaces_language(stage: Stage) -> None:
    stage.tom.says("language bg").sees("Your role doesn't allow this")
    assert space(stage).language == "en"
    stage.jo.says("език български").sees("Отсега нататък тук ще използвам този език: български")


def test_a_space_can_be_configured_one_to_one(stage: Stage) -> None:
    alone = stage.nora.alone()
    alone.says("settings").sees("Settings for Harbour Networks").fills(reminder_hour=7).presses(
        "Save"
    )
    alone.sees("I'll send reminders at 07:00")
    assert space(stage).reminder_hour == 7
