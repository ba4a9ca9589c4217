"""The weekly digest: one post per space on Mondays, none if nothing changes."""

from datetime import date, timedelta

from store.features import devices
from store.features.devices import Details
from store.terms import DeviceType, Kind
from tests.lives import ending, happens, the_space
from tests.stage import Stage

MONDAY = date(2026, 12, 7)
WEEK = timedelta(days=7)
AHEAD = "Next two weeks"


def test_the_digest_lists_changes_within_two_weeks(stage: Stage) -> None:
    soon = stage.a_trial(company="Soon Over", **ending(date(2026, 12, 20)))
    stage.a_trial(company="Long Yet", administrator="l@l.example", duration=90)
    stage.a_trial(company="In Grace", administrator="g@g.example", **ending(date(2026, 11, 20)))
    shipped = stage.a_trial(
        company="Has Phones", administrator="p@p.example", duration=90, services=["devices"]
    )
    details = Details(DeviceType.PHONE, {"8865": 1}, country="BG")
    happens(stage, devices.ship, shipped, details=details)
    stage.clock.at(MONDAY, 8, 59)
    assert stage.nora.finds(AHEAD) is None
    stage.clock.at(MONDAY)
    card = stage.nora.sees(AHEAD, "Soon Over", "13 days left", "In Grace", "13 days left")
    card.shows("Device expiry unknown", "Has Phones").lacks("Long Yet")
    card.opens("Soon Over")
    assert "Extend…" in stage.nora.sees(soon.code, "Ends on").buttons
    assert stage.nora.count(AHEAD) == 1


def test_an_unknown_end_is_asked_for_beside_a_known_one(stage: Stage) -> None:
    trial = stage.a_trial(company="Has Both", duration=90, services=["devices"])
    for type_, ends in ((DeviceType.PHONE, date(2026, 12, 15)), (DeviceType.ROOM, None)):
        details = Details(type_, {"8865": 1}, country="BG", expires_on=ends)
        happens(stage, devices.ship, trial, details=details)
    stage.nora.says("list devices")
    stage.nora.sees("Devices due back by Tue, 29 Dec 2026", "Device expiry unknown")
    stage.clock.at(MONDAY)
    card = stage.nora.sees(AHEAD, "Devices due back", "Tue, 29 Dec 2026")
    card.shows("Room devices · due date unknown: see the EULA e-mail")
    assert card.text.count(trial.code) == 1, "one trial isn't listed twice"


def test_a_week_without_changes_gets_no_digest_but_later_weeks_do(stage: Stage) -> None:
    stage.a_trial(customer_notices=False, **ending(date(2027, 1, 7)))
    for monday in (MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK):
        stage.clock.at(monday)
        assert stage.nora.count(AHEAD) == 0
    stage.clock.at(date(2026, 12, 24))
    stage.clock.at(MONDAY + 3 * WEEK)
    stage.nora.sees(AHEAD, "10 days left")
    stage.clock.at(date(2026, 12, 31))
    stage.clock.at(MONDAY + 4 * WEEK)
    stage.nora.sees(AHEAD, "3 days left")
    shown = [m for m in stage.nora.messages() if m.holds(AHEAD) and m.buttons]
    assert len(shown) == 1, "last week's is one line"
    assert stage.petra.finds(AHEAD) is None, "nothing changes in the other partner's space"


def test_a_digest_and_a_reminder_at_the_same_hour_are_one_post(stage: Stage) -> None:
    stage.a_trial(customer_notices=False, **ending(MONDAY + 2 * WEEK))
    before = len(stage.nora.messages())
    stage.clock.at(MONDAY)
    card = stage.nora.sees("1 reminder for today", "ends on Mon, 21 Dec 2026")
    card.shows("14 days left", "alk to the customer").lacks("Trials by days left")
    assert stage.nora.finds("This space's trials"), "the week's picture is no reminder"
    assert len(stage.nora.messages()) == before + 2
    stage.tom.sees("1 reminder for today").presses("Extend…")
    stage.tom.sees("Extending today would move the end date")
    assert stage.nora.finds("1 reminder for today"), "the week is for everybody"


def test_a_space_can_turn_the_digest_off(stage: Stage) -> None:
    the_space(stage, weekly_digest=False)
    stage.a_trial(kind=Kind.EXISTING)
    stage.clock.at(MONDAY + 3 * WEEK)
    assert stage.nora.finds(AHEAD) is None
