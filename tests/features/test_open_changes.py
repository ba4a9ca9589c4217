"""What nobody has confirmed in Partner Hub, case by case: what is shown, and what rings and when.

Day 0 is 1 December. A trial of 30 days that was started then ends on day 30 (Thu, 31 Dec 2026).
"""

from datetime import date, timedelta
from typing import Any

from store.features import extend, let_go, roles, services
from store.features.services import Wanted
from store.tables import Trial
from store.terms import Role, Service, State
from tests.features.test_consent import asked
from tests.features.test_start import fill_in
from tests.lives import happens, without_digest
from tests.people import Message, Person, elements
from tests.stage import BEGINS, Stage

DONE = "Done in Partner Hub today"
NOT_EXTENDED = "Not extended"
KEEP_IT = "Keep it"
THE_END = "Thu, 31 Dec 2026"


def on(day: int) -> date:
    """A day, counted from 1 December."""
    return BEGINS.date() + timedelta(days=day)


def running(stage: Stage, **form: Any) -> Trial:
    """A trial that was started on day 0, in a space without a digest."""
    without_digest(stage)
    return stage.a_trial(**form)


def wanted_on(stage: Stage, day: int, **form: Any) -> Trial:
    """A trial that Nora wants to extend since a day; nobody has done it in Partner Hub."""
    trial = running(stage, **form)
    stage.clock.at(on(day))
    happens(stage, extend.extend, trial, days=30)
    return trial


def shown(stage: Stage, trial: Trial, *words: str) -> Message:
    """The trial's card, which Tom asks for."""
    stage.tom.says(f"show {trial.code}")
    return stage.tom.sees(trial.code, *words)


def color_of(message: Message, words: str) -> str:
    """The colour of the line on a card that contains these words."""
    lines = (item for item in elements(message.card) if words in str(item.get("text", "")))
    return str(next(lines).get("color"))


def mornings(stage: Stage, days: list[tuple[int, str]]) -> Message:
    """Let the days come, and check what Nora hears on each, not before; return the last one."""
    for day, words in days:
        stage.clock.at(on(day), 8, 59)
        stage.idle()
        before = stage.nora.count(words)
        stage.clock.at(on(day))
        stage.nora.sees(words)
        assert stage.nora.count(words) == before + 1, (day, words)
    return standing(stage.nora, words)


def standing(who: Person, words: str) -> Message:
    """The newest message with these words that hasn't shrunk to one line."""
    return next(m for m in who.messages() if m.holds(words) and m.buttons)


# ------------------------------------------------------------------ not started


def test_new_or_paid_not_started(stage: Stage) -> None:
    trial = running(stage, done_on=None)
    mornings(
        stage,
        [
            (1, "still to do in Partner Hub: Start the trial"),
            (3, "waiting for 3 days: Start the trial in Partner Hub"),
            (10, "still waiting: Start the trial in Partner Hub"),
            (17, "still waiting: Start the trial in Partner Hub"),
        ],
    )
    shown(stage, trial, "To be started in Partner Hub").lacks("Trial active", "days left")
    for day in (23, 30, 31):
        stage.clock.at(on(day))
    assert stage.clara.messages() == [], "the customer is told nothing"
    assert stage.nora.count("expires on") == stage.nora.count("last day of the trial") == 0
    standing(stage.nora, "still waiting: Start the trial").presses(DONE)
    stage.nora.sees("Done in Partner Hub on Fri, 1 Jan 2027", "Trial active · 30 days left")
    stage.clock.at(on(54))
    stage.clara.sees("Your Webex trial expires on Sun, 31 Jan 2027")


def test_a_day_before_the_trial_was_asked_for_or_in_the_future_is_refused(stage: Stage) -> None:
    trial = running(stage, done_on=None)
    card = shown(stage, trial)
    card.fills(done_on=on(2)).presses("Mark as done")
    stage.tom.sees("Thu, 3 Dec 2026 is in the future")
    stage.viktor.says("help").sees("show").submits(card.press_of(DONE))
    stage.viktor.sees("Your role doesn't allow this")
    assert stage.trial(trial.code).ends is None


# ------------------------------------------------------------------ answered on the bot's card


def test_accepted_on_the_card_only(stage: Stage) -> None:
    without_digest(stage)
    trial, card = asked(stage)
    stage.clock.at(on(2))
    card.presses("Accept")
    stage.tom.sees("Clara Bauer accepted", "Accepted here, not seen in Partner Hub")
    accepted = "accepted on Thu, 3 Dec 2026, "
    heard = mornings(
        stage,
        [
            (4, accepted + "not provisioned yet"),
            (9, "accepted a week ago, not provisioned yet"),
            (16, accepted + "still not provisioned"),
            (23, accepted + "still not provisioned"),
        ],
    )
    heard.shows(f"Partner Hub must show it by {THE_END}")
    heard = mornings(stage, [(27, f"accepted here, not seen in Partner Hub; last day: {THE_END}")])
    assert "Consent…" not in heard.buttons, "there is nobody left to ask"
    mornings(stage, [(30, accepted + "still not provisioned")])
    asks = mornings(stage, [(31, f"accepted here, but did Partner Hub show it by {THE_END}?")])
    mornings(stage, [(37, accepted + "still not provisioned")])
    shown(stage, trial, "Accepted here, not seen in Partner Hub")
    assert stage.trial(trial.code).state == State.PROVISIONING, "it never lapses by itself"
    stage.viktor.says("help").sees("show").submits(asks.press_of("Partner Hub shows it"))
    stage.viktor.sees("Your role doesn't allow this")
    asks.presses("Partner Hub shows it")
    stage.nora.sees("Done in Partner Hub", "Pending provisioning details")
    mornings(stage, [(44, accepted + "still not provisioned")]).lacks("must show it")


def test_provisioned_confirms_the_consent(stage: Stage) -> None:
    trial, card = asked(stage)
    card.presses("Accept")
    told = stage.tom.sees("Clara Bauer accepted", "Accepted here")
    told.presses("Mark as provisioned…")
    form = stage.tom.sees("If provisioned today, it ends on")
    form.fills(day=on(0)).presses("Mark as provisioned")
    stage.tom.sees("Trial active").lacks("not seen", "must show it", "To do in Partner Hub")
    assert stage.trial(trial.code).ends == on(30)


def test_declined_on_the_card(stage: Stage) -> None:
    without_digest(stage)
    trial, card = asked(stage)
    stage.clock.at(on(2))
    card.presses("Decline")
    stage.tom.sees("Clara Bauer declined", "Declined here", "cancel the request in Partner Hub")
    heard = mornings(
        stage,
        [
            (3, "still to do in Partner Hub: Cancel the request"),
            (5, "waiting for 3 days: Cancel the request in Partner Hub"),
            (12, "still waiting: Cancel the request in Partner Hub"),
            (19, "still waiting: Cancel the request in Partner Hub"),
        ],
    )
    assert stage.nora.count("no answer yet to the consent request") == 0
    stage.tom.says(f"resend {trial.code}").sees("the trial's status is “Declined here")
    heard.presses(DONE)
    stage.nora.sees("Done in Partner Hub", "Cancelled", "The customer declined")
    assert stage.open_reminders(trial) == []


def test_already_accepted_asks_nobody_again(stage: Stage) -> None:
    without_digest(stage)
    stage.tom.says("start")
    check = fill_in(stage.tom, kind="existing")
    check.fills(accepted_on=on(1)).presses("Save")
    check = stage.tom.sees("Wed, 2 Dec 2026 is in the future")
    check.fills(accepted_on=on(-9), done_on=on(-10)).presses("Save")
    check = stage.tom.sees("too early")
    check.fills(accepted_on=on(-9), done_on="").presses("Save")
    card = stage.tom.sees("Saved: trial T-", "Pending provisioning details")
    card.lacks("Accepted here", "Send Trial Request")
    mornings(stage, [(5, "accepted on Sun, 22 Nov 2026, still not provisioned")])
    assert stage.clara.messages() == []


# ------------------------------------------------------------------ an open extension


def test_extension_open_up_to_the_old_end(stage: Stage) -> None:
    trial = wanted_on(stage, 15)
    stage.clock.at(on(23))
    bell = stage.nora.sees(f"expires on {THE_END}", "→ Sat, 23 Jan 2027 if done today")
    assert {DONE, NOT_EXTENDED} <= set(bell.buttons)
    assert stage.clara.messages() == [], "E−7 waits"
    stage.clock.at(on(29))
    stage.clara.sees(f"Your Webex trial expires on {THE_END}").lacks("2027")
    stage.clock.at(on(30))
    stage.clara.sees(f"{THE_END} is the last day of your Webex trial")
    bell = stage.nora.sees("last day of the trial", "→ Sat, 30 Jan 2027 if done today")
    bell.shows("expires today").presses(DONE)
    stage.nora.sees("Trial active · 30 days left").lacks("if done today")
    assert stage.trial(trial.code).ends == on(60)
    stage.clock.at(on(53))
    stage.clara.sees("Your Webex trial expires on Sat, 30 Jan 2027")


def test_a_second_extension_replaces_the_first(stage: Stage) -> None:
    trial = wanted_on(stage, 15)
    stage.tom.says(f"extend {trial.code}").sees("Extending today").presses("Extend")
    stage.tom.sees("Extension wanted")
    waiting = [task for task in stage.trial(trial.code).hub_tasks if task.done_on is None]
    assert len(waiting) == 1


def test_a_list_shows_ciscos_date_and_the_wanted_one_in_amber(stage: Stage) -> None:
    wanted_on(stage, 20, customer_notices=False)
    for words in ("list", "list todo", "list expiring"):
        stage.tom.says(words)
        page = stage.tom.sees("Meadow Foods", "Press a row to open it")
        page.shows("Trial active · 10 days left", f"End date: {THE_END}")
        amber = "→ Wed, 20 Jan 2027 if done today (+20 days)"
        assert color_of(page, amber) == "warning"
        assert color_of(page, "End date") != "warning"
        text = page.text
        assert text.index(f"End date: {THE_END}") < text.index("→ Wed, 20 Jan 2027 if done today")


def test_a_digest_shows_the_wanted_date_in_amber(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    stage.clock.at(on(12))
    stage.tom.says("extend meadow").sees("Extending today").presses("Extend")
    stage.tom.sees("Extension wanted")
    for day in (13, 15, 16, 20):  # on the 20th, a Monday, nothing else rings
        stage.clock.at(on(day))
    week = stage.nora.sees("Trials by days left", "10 days left")
    assert color_of(week, "→ Wed, 20 Jan 2027 if done today") == "warning"
    assert color_of(week, "10 days left") != "warning"


def test_extension_open_past_the_old_end(stage: Stage) -> None:
    trial = wanted_on(stage, 29)
    stage.clock.at(on(30))
    told = stage.clara.count("Webex trial")
    for day, words in (
        (31, f"expired on {THE_END}; grace ends on Sat, 30 Jan 2027"),
        (45, "grace ends on Sat, 30 Jan 2027 (15 days left)"),
        (57, "(3 days left)"),
        (59, "last safe day to convert"),
    ):
        stage.clock.at(on(day))
        bell = stage.nora.sees(words, "Trial expired, in grace")
        assert {DONE, NOT_EXTENDED} <= set(bell.buttons), words
    assert stage.clara.count("Webex trial") == told, "the customer is told nothing more"
    bell.presses(NOT_EXTENDED)
    stage.nora.sees("Withdrawn", "Trial expired, in grace").lacks("if done today")
    assert stage.trial(trial.code).ends == on(30)


UNSURE = "ended, unless it was extended: check"
ASKED = UNSURE + " in Partner Hub"


def test_extension_open_after_grace(stage: Stage) -> None:
    trial = wanted_on(stage, 29)
    absent = another_full_administrator(stage)
    stage.clock.at(on(60))
    bell = mornings(stage, [(61, ASKED), (68, ASKED)])
    everybody = {person.about["personId"] for person in (stage.tom, stage.nora)}
    assert set(bell.raw["mentionedPeople"]) == everybody, "every full administrator is asked too"
    assert absent.count(ASKED, trial.code) == 2
    assert {DONE, NOT_EXTENDED} <= set(standing(absent, ASKED).buttons)
    stage.tom.says("list todo").sees("Ended, unless it was extended: check", f"End date: {THE_END}")
    mornings(stage, [(75, ASKED), (82, ASKED), (89, ASKED)])
    assert stage.trial(trial.code).state == State.ACTIVE, "Ended isn't written"
    stage.clock.at(on(91))
    stage.nora.sees("ended: users moved to Cisco's free consumer organisation")
    assert stage.trial(trial.code).state == State.ENDED


def another_full_administrator(stage: Stage) -> Person:
    """A full administrator who isn't in the partner's space."""
    with stage.database.transaction() as session:
        roles.give(session, 1, email=stage.jo.email, role=Role.FULL, by=None, now=stage.clock.now())
    return stage.jo


def test_an_extension_made_in_grace_can_be_confirmed_after_it(stage: Stage) -> None:
    trial = wanted_on(stage, 29)
    stage.clock.at(on(70))
    shown(stage, trial, UNSURE).presses(DONE)
    card = stage.tom.sees("is too late. Enter Sat, 30 Jan 2027 or earlier")
    assert stage.trial(trial.code).ends == on(30)
    card = shown(stage, trial, UNSURE)
    card.fills(done_on=on(61)).presses("Mark as done")
    card = stage.tom.sees("is too late. Enter Sat, 30 Jan 2027 or earlier")
    card.fills(done_on=on(60)).presses("Mark as done")
    stage.tom.sees("Done in Partner Hub on Sat, 30 Jan 2027", "Trial active · 20 days left")
    assert stage.trial(trial.code).ends == on(90)


def test_an_extension_that_was_not_made_ends_the_trial_after_grace(stage: Stage) -> None:
    trial = wanted_on(stage, 29)
    stage.clock.at(on(70))
    card = shown(stage, trial, UNSURE)
    card.presses(NOT_EXTENDED)
    stage.tom.sees("Withdrawn", "Ended").lacks("unless")
    assert stage.trial(trial.code).state == State.ENDED
    before = stage.nora.count(ASKED)
    stage.clock.at(on(80))
    assert stage.nora.count(ASKED) == before


def test_letting_go_withdraws_an_open_extension(stage: Stage) -> None:
    trial = wanted_on(stage, 20)
    stage.tom.says(f"let go {trial.code}").sees("only remind you").presses("Let it expire")
    stage.tom.sees("You're letting this trial expire").lacks("if done today", "To do in Partner")
    stage.clock.at(on(30))
    bell = stage.nora.sees("last day of the trial", "expires today")
    assert not {DONE, NOT_EXTENDED} & set(bell.buttons)
    stage.clara.sees(f"{THE_END} is the last day of your Webex trial")
    happens(stage, let_go.take_back, trial)
    shown(stage, trial, "Trial active").lacks("if done today")


# ------------------------------------------------------------------ cancelling


def to_be_cancelled(stage: Stage, day: int) -> Trial:
    trial = running(stage)
    stage.clock.at(on(day))
    stage.tom.says(f"cancel {trial.code}")
    stage.tom.sees("Cancelling may leave").fills(typed=trial.code).presses("Cancel trial")
    stage.tom.sees("To be cancelled")
    return trial


def test_cancel_open(stage: Stage) -> None:
    trial = to_be_cancelled(stage, 5)
    mornings(
        stage,
        [
            (6, "still to do in Partner Hub: Cancel the trial"),
            (8, "waiting for 3 days: Cancel the trial in Partner Hub"),
            (15, "still waiting: Cancel the trial in Partner Hub"),
            (22, "still waiting: Cancel the trial in Partner Hub"),
        ],
    )
    card = shown(stage, trial, "Trial active · 8 days left")
    assert color_of(card, "to be cancelled") == "warning"
    stage.clock.at(on(23))
    stage.clock.at(on(29))
    assert stage.nora.count("expires on") == 0
    stage.clock.at(on(30))
    bell = stage.nora.sees("last day of the trial", "to be cancelled")
    assert stage.clara.messages() == [], "no customer notices"
    stage.viktor.says("help").sees("show").submits(bell.press_of(KEEP_IT))
    stage.viktor.sees("Your role doesn't allow this")
    bell.presses(KEEP_IT)
    stage.nora.sees("Withdrawn").lacks("to be cancelled")
    mornings(stage, [(31, f"expired on {THE_END}")])


def test_a_consent_card_dies_at_once_when_cancel_is_asked(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.tom.says(f"cancel {trial.code}")
    stage.tom.sees("Who is cancelling?").fills(sure=True).presses("Cancel trial")
    withdrawn = stage.clara.sees("The partner withdrew this request")
    assert not {"Accept", "Decline"} & set(withdrawn.buttons)
    card.presses("Accept")
    stage.clara.sees("Your answer came too late")
    stage.tom.says(f"resend {trial.code}").sees("to be cancelled")
    shown(stage, trial, "to be cancelled").presses(KEEP_IT)
    stage.tom.sees("Withdrawn", "Trial pending customer consent").lacks("to be cancelled")
    assert stage.trial(trial.code).state == State.CONSENT


def test_cancelled_by_the_customer(stage: Stage) -> None:
    trial = running(stage)
    stage.tom.says(f"cancel {trial.code}")
    form = stage.tom.sees("Who is cancelling?")
    form.fills(whose="customer", typed=trial.code).presses("Cancel trial")
    stage.tom.sees("By the customer, in Control Hub").lacks("To do in Partner Hub", KEEP_IT)
    for day in (23, 30, 60):
        stage.clock.at(on(day))
    assert stage.nora.count("expires on") == stage.nora.count("last day of the trial") == 0
    assert stage.clara.messages() == []


# ------------------------------------------------------------------ services and licences


def test_services_open(stage: Stage) -> None:
    trial = running(stage, services=[Service.MESSAGING, Service.CALLING], customer_notices=False)
    stage.clock.at(on(15))
    happens(stage, services.set_services, trial, wanted=Wanted([Service.MEETINGS]), sure=True)
    mornings(
        stage,
        [
            (18, "waiting for 3 days: Change the services in Partner Hub"),
            (25, "still waiting: Change the services in Partner Hub"),
        ],
    )
    card = shown(stage, trial, "Messaging and Calling")
    assert color_of(card, "wanted: Meetings") == "warning"
    stage.clock.at(on(60))
    stage.nora.sees("Calling stops on Sat, 30 Jan 2027")
    shown(stage, trial, "wanted: Meetings").presses("Keep the services")
    stage.tom.sees("Withdrawn", "Messaging and Calling").lacks("wanted: Meetings")


def test_licences_open(stage: Stage) -> None:
    trial = running(stage)
    stage.clock.at(on(5))
    happens(stage, services.set_licences, trial, licences=250, device_licences=None)
    heard = mornings(
        stage,
        [
            (6, "still to do in Partner Hub: Change the licences"),
            (8, "waiting for 3 days: Change the licences in Partner Hub"),
        ],
    )
    assert color_of(heard, "wanted: 250 licences") == "warning"
    assert stage.trial(trial.code).licences == 100
    heard.presses(DONE)
    stage.nora.sees("Done in Partner Hub").lacks("wanted: 250")
    assert stage.trial(trial.code).licences == 250
