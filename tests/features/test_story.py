"""The main job end to end: a trial's whole life cycle as its people see it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

from sqlmodel import select

from store.tables import Space
from tests.features.test_start import fill_in
from tests.people import Message, Person
from tests.stage import ZONE, Stage

DAY = timedelta(days=1)


def test_an_existing_customers_trial_from_start_to_end(stage: Stage) -> None:
    without_digest(stage)
    code = ask_for_consent(stage)
    stage.clara.sees("is asking for your consent").fills(full_access=True).presses("Accept")
    stage.clara.sees("accepted")
    stage.tom.sees(code, "Clara Bauer", "accepted")

    stage.tom.says(f"provisioned {code}")
    stage.tom.sees("Provisioned in Partner Hub on").presses("Mark as provisioned")
    stage.tom.sees(code, "Trial active", "30 days left")
    ends = stage.trial(code).ends
    assert ends == stage.clock.today() + 30 * DAY

    rung = reminders_rung(stage, code, until=ends - 7 * DAY)
    assert [day for day, _ in rung] == [ends - 14 * DAY, ends - 7 * DAY]
    assert_at_nine(rung)
    stage.clara.sees("Harbour Networks", "expires")

    stage.tom.finds(code, "expires on").presses("Extend…")
    sheet = stage.tom.sees("Extending today would move")
    new_end = stage.clock.today() + 30 * DAY
    sheet.fills(done_on=stage.clock.today()).presses("Extend")
    stage.tom.sees(code, "30 days left")
    assert stage.trial(code).ends == new_end

    rung = reminders_rung(stage, code, until=new_end + 30 * DAY)
    expected = [new_end + n * DAY for n in (-14, -7, 0, 1, 15, 27, 29, 30)]
    assert [day for day, _ in rung] == expected
    assert_at_nine(rung)
    stage.tom.says(f"show {code}")
    stage.tom.sees(code, "in grace", "grace ends today")

    stage.clock.at(new_end + 31 * DAY)
    stage.tom.sees(code, "ended")
    stage.tom.says(f"show {code}")
    stage.tom.sees(code, "Ended").lacks("Extend…")


def test_a_trial_is_cancelled_by_typing_its_code(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"cancel {trial.code}")
    stage.tom.sees("Type the trial's code").fills(typed="T-WRNG").presses("Cancel trial")
    form = stage.tom.sees("Type the trial's code").fills(typed=trial.code)
    form.fills(done_on=stage.clock.today()).presses("Cancel trial")
    stage.tom.sees(trial.code, "Cancelled")
    assert stage.open_reminders(trial) == []


def test_without_consent_a_trial_lapses_after_thirty_days(stage: Stage) -> None:
    without_digest(stage)
    code = ask_for_consent(stage)
    request = stage.clara.sees("is asking for your consent")
    asked = stage.trial(code).asked_on
    assert asked
    rung = reminders_rung(stage, code, until=asked + 31 * DAY)
    assert [day for day, _ in rung] == [asked + n * DAY for n in (20, 27, 31)]
    stage.tom.finds(code, "no consent")
    stage.clara.sees("This request expired after 30 days")
    request.presses("Accept")
    stage.idle()
    stage.tom.says(f"show {code}")
    stage.tom.sees(code, "Cancelled")


def test_only_a_full_administrator_can_accept(stage: Stage) -> None:
    ask_for_consent(
        stage,
        administrator=stage.lena.email,
        administrator_is_full=False,
        full_administrators=stage.clara.email,
    )
    asked = stage.clara.sees("is asking for your consent")
    told = stage.lena.sees("Harbour Networks")
    assert "Accept" in asked.buttons
    assert "Accept" not in told.buttons


def test_one_of_two_full_administrators_who_press_at_once_decides(stage: Stage) -> None:
    code = ask_for_consent(
        stage,
        administrator=stage.lena.email,
        administrator_is_full=False,
        full_administrators=f"{stage.clara.email}, {stage.samir.email}",
    )
    asked = [each.sees("is asking for your consent") for each in (stage.clara, stage.samir)]
    at_once(asked[0], "Accept", asked[1], "Decline")
    stage.idle()
    stage.nora.says(f"history {code}")
    told = stage.nora.sees("saved the trial", code).text
    assert told.count("The customer accepted") + told.count("The customer declined") == 1
    said = [stage.clara.messages()[0], stage.samir.messages()[0]]
    assert sum("Accept" in each.buttons for each in said) == 0


# ------------------------------------------------------------------ helpers


def without_digest(stage: Stage) -> None:
    """Turn off the weekly digest, so that every post is a reminder."""
    with stage.database.transaction() as session:
        for space in session.exec(select(Space)):
            space.weekly_digest = False


def ask_for_consent(stage: Stage, **customer: object) -> str:
    """Start a trial for an existing customer and return its code."""
    stage.tom.says("start")
    check = fill_in(stage.tom, kind="existing", **customer)
    check.fills(done_on=stage.clock.today()).presses("Save")
    saved = stage.tom.sees("I'm asking the customer for consent", "T-")
    return next(w.strip(".·|") for w in saved.everything.split() if w.startswith("T-"))


def reminders_rung(stage: Stage, code: str, until: date) -> list[tuple[date, datetime]]:
    """Advance day by day; return the local day and time of each new message on the trial."""
    rung = []
    space = stage.nora
    while stage.clock.today() < until:
        known = {m.id for m in space.messages()}
        stage.clock.at(stage.clock.today() + DAY)
        fresh = [m for m in new_posts(space, known) if m.holds(code)]
        assert len(fresh) <= 1, [m.everything for m in fresh]
        rung += [(stage.clock.today(), at(message)) for message in fresh]
    return rung


def new_posts(who: Person, known: set[str]) -> Iterator[Message]:
    return (m for m in who.messages() if m.id not in known)


def at(message: Message) -> datetime:
    return datetime.fromisoformat(message.raw["created"]).astimezone(ZoneInfo(ZONE))


def assert_at_nine(rung: list[tuple[date, datetime]]) -> None:
    assert rung
    assert {(instant.hour, instant.minute) for _, instant in rung} == {(9, 0)}


def at_once(one: Message, this: str, other: Message, that: str) -> None:
    threads = [Thread(target=one.presses, args=(this,)), Thread(target=other.presses, args=(that,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
