"""Reminders: each sent once, at 9:00 in the space's time zone, to the right people."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.clock import queue_now
from cards.kit.reminding import Notice, notices
from store.features import assign, consent, convert, customer_notices, devices, roles
from store.features.devices import Details
from store.features.expiry import END_MINUS_14
from store.queues import outbox
from store.say import Say, To
from store.tables import Trial
from store.terms import DeviceType, Kind, Role
from tests.lives import ending, happens, the_space, without_digest
from tests.people import Message, wait_for
from tests.rooms import moves
from tests.stage import Stage, webex_is_at

E = date(2027, 3, 31)
"""Three days after summer time begins."""

Day = tuple[date, str]


def after(anchor: date, *days: tuple[int, str]) -> list[Day]:
    return [(anchor + timedelta(days=n), words) for n, words in days]


def asked(stage: Stage) -> tuple[Trial, list[Day]]:
    """Consent was requested, but nobody answers."""
    trial = stage.a_trial(kind=Kind.EXISTING)
    return trial, after(
        trial.asked_on,
        (20, "no answer yet to the consent request"),
        (27, "still no consent; last day: Thu, 31 Dec 2026"),
        (31, "cancelled: no consent within 30 days"),
    )


def saved(stage: Stage) -> tuple[Trial, list[Day]]:
    """The trial was saved, but nobody starts it in Partner Hub."""
    trial = stage.a_trial(done_on=None)
    return trial, after(
        stage.clock.today(),
        (1, "still to do in Partner Hub: Start the trial"),
        (3, "waiting for 3 days: Start the trial in Partner Hub"),
        (10, "still waiting: Start the trial in Partner Hub"),
    )


def accepted(stage: Stage) -> tuple[Trial, list[Day]]:
    """Consent was given, but nobody provisions the trial."""
    trial = stage.a_trial(kind=Kind.EXISTING)
    today = stage.clock.today()
    happens(stage, consent.record, trial, accepted=True, day=today, full_access=True)
    return trial, after(
        today,
        (2, "accepted on Tue, 1 Dec 2026, not provisioned yet"),
        (7, "accepted a week ago, not provisioned yet"),
        (14, "accepted on Tue, 1 Dec 2026, still not provisioned"),
    )


def expiring(stage: Stage) -> tuple[Trial, list[Day]]:
    """Nobody acts on the end date, and the phone numbers are released."""
    trial = stage.a_trial(services=["calling"], **ending(E))
    return trial, after(
        E,
        (-14, "ends on Wed, 31 Mar 2027"),
        (-7, "expires on Wed, 31 Mar 2027 "),
        (0, "last day of the trial: Wed, 31 Mar 2027"),
        (1, "expired on Wed, 31 Mar 2027; grace ends on Fri, 30 Apr 2027"),
        (15, "grace ends on Fri, 30 Apr 2027 (15 days left)"),
        (27, "(3 days left)"),
        (29, "last safe day to convert: Thu, 29 Apr 2027"),
        (31, "ended: users moved to Cisco's free consumer organisation"),
        (38, "reserved for 7 more days, until Sat, 15 May 2027"),
        (45, "phone numbers are released on Sat, 15 May 2027"),
    )


def ordered(stage: Stage) -> tuple[Trial, list[Day]]:
    """The order was recorded, but never provisioned."""
    trial = stage.a_trial(**ending(date(2026, 12, 10)))
    happens(stage, convert.ordered, trial, order_number="W-1", day=stage.clock.today())
    return trial, after(
        date(2026, 12, 10),
        (-4, "bought on Tue, 1 Dec 2026, not provisioned yet"),
        (20, "bought, not provisioned; grace ends on Sat, 9 Jan 2027"),
        (27, "bought, not provisioned; 3 days of grace left"),
        (29, "bought, not provisioned; last safe day: Fri, 8 Jan 2027"),
        (31, "ended: users moved"),
    )


def shipped(stage: Stage) -> tuple[Trial, list[Day]]:
    """Phones were shipped and never returned, in a trial that was let go."""
    trial = stage.a_trial(services=["devices"], duration=90)
    happens(
        stage,
        devices.ship,
        trial,
        details=Details(DeviceType.PHONE, {"8865": 2}, country="BG", expires_on=date(2026, 12, 20)),
    )
    return trial, after(
        date(2026, 12, 20),
        (-7, "Phones: device trial ends on Sun, 20 Dec 2026"),
        (7, "Phones: due back at Cisco by Sun, 3 Jan 2027"),
        (14, "Phones: must be back at Cisco by Sun, 3 Jan 2027"),
        (21, "Phones: overdue at Cisco since Sun, 3 Jan 2027"),
    )


@pytest.mark.parametrize("life", [asked, saved, accepted, expiring, ordered, shipped])
def test_every_reminder_is_sent_once_at_nine_oclock(
    stage: Stage, life: Callable[[Stage], tuple[Trial, list[Day]]]
) -> None:
    without_digest(stage)
    trial, days = life(stage)
    for day, words in days:
        stage.clock.at(day, 8, 59)
        assert stage.nora.count(words) == 0, f"{words} too early"
        stage.clock.at(day, 9)
        stage.nora.sees(trial.code, words)
    stage.clock.days(6)
    for _, words in days[:-1]:
        assert stage.nora.count(words) == 1, words
    shown = [m for m in stage.nora.messages() if m.card and "Show" in m.buttons]
    assert len(shown) <= 2, "reminders that are over stand as one line each"


def test_two_reminders_of_a_trial_at_the_same_hour_are_one_message(stage: Stage) -> None:
    without_digest(stage)
    stage.a_trial(services=["calling"], **ending(date(2026, 12, 10)))
    stage.clock.at(date(2027, 1, 9))
    stage.nora.sees("2 reminders", "Calling stops on Sat, 9 Jan 2027", "grace ends on")


def test_reminders_stay_at_nine_oclock_when_summer_time_begins(stage: Stage) -> None:
    without_digest(stage)
    stage.a_trial(**ending(E))
    stage.clock.to(datetime(2027, 3, 24, 6, 59, tzinfo=UTC))
    assert stage.nora.count("Extend it, convert it to paid, or let it expire") == 0
    stage.clock.to(datetime(2027, 3, 24, 7, 0, tzinfo=UTC))
    stage.nora.sees("Extend it, convert it to paid, or let it expire", "7 days left")
    stage.clock.to(datetime(2027, 3, 31, 5, 59, tzinfo=UTC))
    assert stage.nora.count("last day of the trial") == 0
    stage.clock.to(datetime(2027, 3, 31, 6, 0, tzinfo=UTC))
    stage.nora.sees("last day of the trial", "expires today")


def test_deadline_reminders_mention_the_people_who_manage_the_trial(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    with stage.database.transaction() as session:
        email, now = stage.jo.email, stage.clock.now()
        jo = roles.give(session, 1, email=email, role=Role.ADMIN, by=None, now=now)
    happens(stage, assign.assign, trial, person_id=jo.id)
    stage.clock.at(E - timedelta(days=14))
    assert mentioned(stage.nora.sees("ends on Wed, 31 Mar 2027")) == []
    stage.clock.at(E)
    bell = stage.nora.sees("last day of the trial")
    assert mentioned(bell) == [stage.tom.about["personId"]]
    assert [b for b in bell.buttons if b.endswith("…")] == ["Extend…", "Convert…", "Let expire…"]
    stage.jo.sees("last day of the trial", trial.code).presses("Extend…")
    stage.jo.sees("Extending today would move the end date").presses("Extend")
    stage.jo.sees("Extension wanted:")
    stage.nora.sees("Extension wanted:")


def test_a_reminder_shrinks_to_one_line_when_the_next_one_is_sent(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    stage.clock.at(E - timedelta(days=14))
    first = stage.nora.sees("alk to the customer")
    stage.clock.at(E - timedelta(days=7))
    stage.nora.sees("7 days left", "Extend it, convert")
    line = next(m for m in stage.nora.messages() if m.id == first.id)
    line.shows("Meadow Foods", trial.code, "ends on").lacks("alk to the customer")
    assert line.buttons == []


def test_a_reminder_that_fails_while_its_trial_is_extended_is_not_tried_again(
    stage: Stage,
) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    stage.fault("POST /v1/messages", "hang", room=stage.nora.room_id, delay=6.0, times=1)
    webex_is_at(stage.url, datetime(2027, 3, 24, 7, 0, tzinfo=UTC))
    stage.look_at_the_clock()
    wait_for(lambda: any(fault["hits"] for fault in stage.ask("faults")), "nothing was sent")
    tom = stage.tom.alone().says(f"extend {trial.code}")
    tom.sees("would move the end date").presses("Extend")
    tom.sees("if done today").presses("Done in Partner Hub today")
    tom.sees("Done in Partner Hub on Wed, 24 Mar 2027")
    stage.idle()
    assert stage.nora.count("Extend it, convert it to paid, or let it expire") == 0


def test_working_day_reminders_come_earlier_and_name_the_real_date(stage: Stage) -> None:
    without_digest(stage)
    the_space(stage, working_days=True, country="BG")
    stage.a_trial(**ending(date(2026, 12, 20)))
    stage.clock.at(date(2026, 12, 18))
    stage.nora.sees("last day of the trial: Sun, 20 Dec 2026", "2 days left")
    assert stage.clara.count("last day to answer") == 0
    stage.clock.at(date(2026, 12, 20))
    stage.clara.sees("Sun, 20 Dec 2026 is the last day of your Webex trial")
    assert stage.nora.count("last day of the trial") == 1


def test_a_space_rests_on_its_countrys_weekend(stage: Stage) -> None:
    without_digest(stage)
    the_space(stage, working_days=True, country="IL")
    stage.a_trial(**ending(date(2026, 12, 20)), customer_notices=False)
    saturday = stage.a_trial(
        administrator="a@other.example",
        company="Field Foods",
        customer_notices=False,
        **ending(date(2026, 12, 19)),
    )
    stage.clock.at(date(2026, 12, 17))
    stage.nora.sees("Field Foods", "last day of the trial: Sat, 19 Dec 2026", saturday.code)
    assert stage.nora.count("last day of the trial: Sun, 20 Dec 2026") == 0
    stage.clock.at(date(2026, 12, 20))
    stage.nora.sees("Meadow Foods", "last day of the trial: Sun, 20 Dec 2026")


# ------------------------------------------------------------------ snoozing


def test_a_snoozed_reminder_is_sent_again(stage: Stage) -> None:
    without_digest(stage)
    stage.a_trial(customer_notices=False, **ending(E))
    stage.clock.at(E - timedelta(days=14))
    stage.tom.sees("alk to the customer").presses("In 3 days")
    stage.tom.sees("I'll remind you again on Sat, 20 Mar 2027")
    stage.clock.at(E - timedelta(days=12))
    assert stage.tom.count("alk to the customer") == 0
    stage.clock.at(E - timedelta(days=11))
    stage.tom.sees("alk to the customer", "11 days left").presses("Tomorrow")
    stage.tom.sees("I'll remind you again on Sun, 21 Mar 2027")
    stage.clock.at(E - timedelta(days=10))
    stage.tom.sees("alk to the customer", "10 days left")


def test_a_reminder_cannot_be_snoozed_past_a_deadline(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(date(2026, 11, 12)))
    stage.clock.at(date(2026, 12, 9))
    bell = stage.tom.sees("(3 days left)")
    assert [b for b in bell.buttons if b in ("Tomorrow", "In 3 days")] == ["Tomorrow"]
    free = {"form": "trial.snooze", "trial": trial.id, "version": trial.version, "kind": "end+27"}
    bell.submits({**free, "days": 3})
    stage.tom.sees("This can't wait: the next deadline is Fri, 11 Dec 2026")
    bell.submits({**free, "days": 1, "kind": "end+29"})
    stage.tom.sees("This can't wait")
    stage.viktor.finds("(3 days left)").presses("Tomorrow")
    stage.viktor.sees("Your role doesn't allow this")
    assert stage.trial(trial.code).snoozed_until is None


# ------------------------------------------------------------------ the customer


def test_the_customer_gets_notices_and_can_ask_to_buy(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    stage.clock.at(E - timedelta(days=7))
    notice = stage.clara.sees("Your Webex trial expires on Wed, 31 Mar 2027", "Harbour Networks")
    notice.shows(stage.tom.name, stage.tom.email).lacks(trial.code).presses("I want to buy")
    stage.clara.sees("Thank you. I've let Harbour Networks know")
    stage.tom.sees(f"{stage.clara.name} of Meadow Foods asked to buy", trial.code)
    stage.clock.at(E)
    stage.clara.sees("is the last day of your Webex trial", "Fri, 30 Apr 2027")
    assert stage.clara.count("I want to buy") == 0, "an older notice has no buttons"


def test_only_the_customer_can_stop_the_customer_notices(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    for form in ("customer.stop", "customer.buy"):
        for stranger in (stage.lena, stage.petra, stage.tom):
            stranger.says("help").sees("help").submits({"form": form, "trial": trial.id})
            stranger.sees("Sorry")
    stage.clock.at(E - timedelta(days=7))
    stage.clara.sees("expires on").presses("Stop these messages")
    stage.clara.sees("won't get any more of these messages")
    stage.clock.at(E)
    assert stage.clara.count("last day of your Webex trial") == 0
    stage.nora.sees("last day of the trial").presses("Show")
    stage.nora.sees("Customer notices", "off")


def test_an_administrator_with_a_new_address_stays_the_administrator(stage: Stage) -> None:
    """Clara never wrote to the bot: it knows her by the private chat that its notice began."""
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    stage.clock.at(E - timedelta(days=7))
    notice = stage.clara.sees("Your Webex trial expires on")
    old = stage.clara.email
    moves(stage.clara, "clara.weiss@meadow.example")
    moves(stage.samir, old)
    for form in ("customer.stop", "customer.buy"):
        stage.samir.says("help").sees("help").submits({"form": form, "trial": trial.id})
        stage.samir.sees("Sorry")
    notice.presses("I want to buy")
    stage.clara.sees("Thank you. I've let Harbour Networks know")
    stage.tom.sees("Clara Bauer of Meadow Foods asked to buy")
    stage.clock.at(E)
    stage.clara.sees("is the last day of your Webex trial").presses("Stop these messages")
    stage.clara.sees("won't get any more of these messages")
    assert stage.samir.count("Webex trial for") == 0
    assert not stage.trial(trial.code).customer_notices


def test_the_customer_is_reminded_of_devices_too(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(services=["devices"], duration=90)
    details = Details(DeviceType.PHONE, {"8865": 2}, country="BG", expires_on=date(2026, 12, 20))
    happens(stage, devices.ship, trial, details=details)
    stage.clock.at(date(2026, 12, 20))
    stage.clara.sees("Webex device trial (Phones) ends on Sun, 20 Dec 2026", "DHL")
    stage.clock.at(date(2026, 12, 27))
    stage.clara.sees("are due back at Cisco by Sun, 3 Jan 2027")


def test_an_unreachable_customer_is_reported_once(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(administrator="nobody@meadow.example", **ending(E))
    stage.clock.at(E - timedelta(days=7))
    stage.idle()
    assert stage.trial(trial.code).customer_unreachable
    assert stage.nora.count("reach nobody@meadow.example") == 0, "the morning tells it"
    stage.clock.at(E - timedelta(days=6))
    told = stage.nora.sees("I can't reach nobody@meadow.example", trial.code)
    told.presses("Show")
    stage.nora.sees("I can't reach nobody@meadow.example in Webex", "Trial active")
    stage.clock.at(E)
    stage.nora.sees("last day of the trial")
    assert stage.nora.count("customer can't be reached in Webex") == 1


def test_a_customer_whose_request_could_not_be_delivered_is_reported_too(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(administrator="nobody@meadow.example", **ending(E))
    with stage.database.transaction() as session:
        to, about = To.email("nobody@meadow.example"), {"slot": "consent/1", "trial_id": trial.id}
        outbox.put(session, [Say(to, "May we?", **about)], now=queue_now())
    stage.idle()
    stage.clock.at(E - timedelta(days=7))
    stage.idle()
    assert stage.trial(trial.code).customer_unreachable
    stage.clock.at(E - timedelta(days=6))
    stage.nora.sees("I can't reach nobody@meadow.example", trial.code)


def test_customer_notices_that_are_off_are_not_sent(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(**ending(E))
    happens(stage, customer_notices.switch, trial, on=False)
    stage.clock.at(E)
    stage.nora.sees("last day of the trial")
    assert stage.clara.messages() == []


def mentioned(message: Message) -> list[Any]:
    """The person ids that the message mentions."""
    return list(message.raw.get("mentionedPeople") or [])


# ------------------------------------------------------------------ missing facts


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reminder_with_a_missing_fact_is_sent_plainly_and_logged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    without_digest(stage)
    monkeypatch.setitem(notices, END_MINUS_14, Notice("due on {due}"))
    trial = stage.a_trial(customer_notices=False, **ending(E))
    stage.clock.at(E - timedelta(days=14))
    stage.nora.sees("Meadow Foods", trial.code, "reminder of Wed, 17 Mar 2027")
    logged = [line for line in capfd.readouterr().out.splitlines() if "missing fact" in line]
    assert f'"kind": "{END_MINUS_14}", "trial": "{trial.code}", "fact": "due"' in logged[0]
