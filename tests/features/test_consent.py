"""Consent: the one-to-one request, a single decision by the right person, recording, resending."""

from datetime import date
from typing import Any

from store.tables import Trial
from store.terms import Access, State
from tests.people import Message, actions
from tests.rooms import moves, shown
from tests.stage import Stage


def start(stage: Stage, **customer: Any) -> Trial:
    """Tom starts a trial for an existing customer, Clara's organisation, and sends the request."""
    about = {
        "kind": "existing",
        "company": "Meadow Foods",
        "administrator": stage.clara.email,
        "vertical": "retail",
        "country": "DE",
        "supported": True,
    }
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**about | customer).presses("Next")
    stage.tom.sees("Step 2 of").fills(services="messaging,meetings").presses("Next")
    check = stage.tom.sees("Check and save")
    check.fills(done_on=stage.clock.today()).presses("Save")
    return stage.trial(stage.tom.sees("Saved: trial T-").text.split("trial ")[1].split(" ")[0])


def asked(stage: Stage, **customer: Any) -> tuple[Trial, Message]:
    """Start the trial; return it and the card that Clara gets."""
    trial = start(stage, **customer)
    return trial, stage.clara.sees("is asking for your consent", trial.customer.company)


# ------------------------------------------------------------------ the decision


def test_a_full_administrator_accepts_with_full_access(stage: Stage) -> None:
    trial, card = asked(stage)
    card.shows(
        "Tom Okafor (tom.okafor@harbour.example) from Harbour Networks",
        "Messaging and Meetings",
        "100 per service",
        "30 days",
        "Please answer by Thu, 31 Dec 2026",
        "Cisco needs your answer too: use its e-mail or Control Hub",
    )
    card.fills(full_access=True).presses("Accept")
    stage.clara.sees("Thank you. You accepted the trial").lacks("Give Harbour Networks")
    told = stage.tom.sees(
        "Clara Bauer accepted on the Webex card and gave you full administrator access"
    )
    told.shows("Accepted here, not seen in Partner Hub", "must show it by Thu, 31 Dec 2026")
    told.shows("Set Up Customer").lacks("unable to manage")
    assert stage.trial(trial.code).access == Access.FULL
    card.presses("Decline")
    stage.clara.sees("This request has already been answered")
    assert stage.trial(trial.code).state == State.PROVISIONING
    told.presses("Partner Hub shows it")
    stage.tom.sees("Done in Partner Hub", "Pending provisioning details")


def test_a_request_that_is_not_sent_in_partner_hub_has_no_deadline(stage: Stage) -> None:
    trial = stage.a_trial(kind="existing", done_on=None)
    stage.tom.says(f"resend {trial.code}")
    stage.tom.sees("The 30 days to consent begin when you send the request", "Request to be sent")
    stage.clock.days(40)
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees("Request to be sent", "Press *Send Trial Request*")
    card.presses("Done in Partner Hub today")
    stage.tom.sees("Trial pending customer consent · 30 days to answer")


def test_the_partner_is_warned_until_full_access_is_given(stage: Stage) -> None:
    trial, card = asked(stage)
    card.presses("Accept")
    stage.clara.sees("You accepted")
    told = stage.tom.sees("without giving you full administrator access")
    told.shows("no full administrator access was given")
    told.fills(**{"done_on.access": "2026-11-30"}).presses("Record access")
    card = stage.tom.sees("too early", "no full administrator access was given")
    card.fills(**{"done_on.access": "2026-12-01"}).presses("Record access")
    said = "Full administrator access recorded as given on Tue, 1 Dec 2026"
    stage.tom.sees(said).lacks("unable to manage")
    assert stage.trial(trial.code).access == Access.FULL


def test_a_forged_tick_shows_the_request_again(stage: Stage) -> None:
    trial, card = asked(stage)
    card.submits({"form": "consent.accept", "consent": 1, "full_access": "maybe"})
    stage.clara.sees(
        "is asking for your consent", "Give Harbour Networks full administrator access"
    )
    assert stage.trial(trial.code).state == State.CONSENT


def test_declining_here_waits_until_the_request_is_cancelled(stage: Stage) -> None:
    trial, card = asked(stage)
    card.presses("Decline")
    stage.clara.sees("You declined the trial")
    told = stage.tom.sees(
        "Clara Bauer declined the trial on the Webex card", "Declined here", "cancel the request"
    )
    assert stage.trial(trial.code).state == State.CONSENT
    assert stage.open_reminders(trial) == ["hub+1", "hub+3", "hub-weekly", "consent+31"]
    told.presses("Done in Partner Hub today")
    stage.tom.sees("Done in Partner Hub", "Cancelled", "The customer declined")
    assert stage.open_reminders(trial) == []
    stage.tom.says(f"resend {trial.code}")
    stage.tom.sees("the trial's status is “Cancelled”")
    assert asked(stage)[0].code != trial.code


def test_one_of_two_full_administrators_decides_and_the_other_sees_who(stage: Stage) -> None:
    lena = stage.cast["customer-admin"]["email"]
    both = "\n".join([stage.clara.email, stage.samir.email])
    trial, card = asked(
        stage, administrator=lena, administrator_is_full=False, full_administrators=both
    )
    informed = stage.lena.sees(
        "is asking for your consent", "A full administrator of your organisation"
    )
    assert informed.buttons == ["Open Control Hub"]
    other = stage.samir.sees("is asking for your consent")
    card.presses("Accept")
    other.presses("Decline")
    stage.idle()
    stage.lena.sees("has answered this request")
    decided = stage.trial(trial.code).state
    winner, loser = stage.clara, stage.samir
    if decided == State.CONSENT:  # declined here
        winner, loser = loser, winner
    loser.sees(f"{winner.name} has answered this request")
    informed.submits({"form": "consent.accept", "consent": _consent(card)})
    stage.lena.sees("This request was sent to someone else")
    assert stage.trial(trial.code).state == decided


def _consent(card: Message) -> int:
    [number] = {a["data"]["consent"] for a in card.card["actions"] if "data" in a}  # type: ignore[index]
    return int(number)


# ------------------------------------------------------------------ the wrong person


def test_nobody_else_can_decide(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.jo.says("help")
    stage.petra.alone().says("help")
    number = {"form": "consent.accept", "consent": _consent(card), "full_access": "true"}
    stage.jo.sees("start").submits(number)
    stage.jo.sees("This request was sent to someone else")
    stage.tom.finds("Saved: trial").submits(number)  # type: ignore[union-attr]
    stage.tom.sees("there's nothing I can show you here")
    room = stage.clara.call("POST", "rooms", json={"title": "Elsewhere"})["id"]
    bot = stage.cast["bot"]["personId"]
    stage.clara.call("POST", "memberships", json={"roomId": room, "personId": bot})
    elsewhere = stage.clara.in_room(room)
    elsewhere.says("help")
    elsewhere.sees("start").submits(number)
    elsewhere.sees("there's nothing I can show you here")
    assert stage.trial(trial.code).state == State.CONSENT


def test_who_joined_the_partner_since_cannot_answer_for_the_customer(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.nora.says(f"roles {stage.clara.email} read-only").sees("New role for")
    card.presses("Accept")
    stage.clara.sees("You belong to the partner, so you can't answer for the customer")
    assert stage.trial(trial.code).state == State.CONSENT


# ------------------------------------------------------------------ changed addresses

OLD, NEW = "clara.bauer@meadow.example", "clara.weiss@meadow.example"


def test_who_was_asked_decides_under_a_new_address(stage: Stage) -> None:
    """Nobody had met Clara before, so only her private chat shows that she was asked."""
    trial, card = asked(stage)
    moves(stage.clara, NEW)
    moves(stage.samir, OLD)
    stage.samir.says("home").sees("You need a role")
    stage.samir.finds("You need a role").submits(  # type: ignore[union-attr]
        {"form": "consent.accept", "consent": _consent(card)}
    )
    stage.samir.sees("This request was sent to someone else")
    assert stage.trial(trial.code).state == State.CONSENT
    card.presses("Accept")
    stage.clara.sees("Thank you. You accepted the trial")
    stage.tom.sees("Clara Bauer accepted")


def test_a_request_sent_again_reaches_the_same_person(stage: Stage) -> None:
    trial, _ = asked(stage)
    moves(stage.clara, NEW)
    moves(stage.samir, OLD)
    stage.clock.days(1)
    stage.tom.says(f"resend {trial.code}").sees("The customer can consent").presses(
        "Resend request"
    )
    stage.tom.sees("The request is on its way")
    stage.clara.sees("A newer request has replaced this one")
    stage.idle()
    new = next(m for m in stage.clara.messages() if "Decline" in m.buttons)
    assert stage.samir.messages() == []
    new.presses("Decline")
    stage.tom.sees("Clara Bauer declined")


def test_an_address_entered_again_means_whoever_has_it_now(stage: Stage) -> None:
    trial, card = asked(stage)
    moves(stage.clara, NEW)
    moves(stage.samir, OLD)
    stage.clock.days(1)
    desk = stage.tom.says(f"resend {trial.code}").sees("The customer can consent")
    desk.fills(**{"new.other": OLD}).presses("Send to this address")
    stage.samir.sees("is asking for your consent").presses("Accept")
    stage.tom.sees("Samir Nair accepted")
    card.presses("Accept")
    stage.clara.sees("That card is out of date", "replaced")


def test_an_address_that_a_known_person_gave_up_still_means_them(stage: Stage) -> None:
    stage.clara.says("home").sees("You need a role")
    moves(stage.clara, NEW)
    shown(stage, stage.clara)
    trial, card = asked(stage)
    card.presses("Accept")
    stage.tom.sees("Clara Bauer accepted")
    assert stage.trial(trial.code).state == State.PROVISIONING


# ------------------------------------------------------------------ not the customer's


def test_the_partners_own_people_and_bots_are_not_asked(stage: Stage) -> None:
    trial, _ = asked(stage)
    desk = stage.tom.says(f"resend {trial.code}").sees("The customer can consent")
    for address, why in NOT_CUSTOMERS.items():
        desk.fills(**{"new.other": address}).presses("Send to this address")
        desk = stage.tom.sees(why, address)
    assert stage.trial(trial.code).customer.administrator == stage.clara.email
    stage.idle()
    assert stage.ines.alone().messages() == []


NOT_CUSTOMERS = {
    "ines.duarte@harbour.example": "belongs to your own people",
    "Trialbot@webex.bot": "is a bot",
    "echobot@webex.bot": "is a bot",
}


def test_only_people_who_may_change_the_trial_can_resend_the_request(stage: Stage) -> None:
    trial, _ = asked(stage)
    code = {"form": "consent.resend", "trial": trial.id, "version": trial.version}
    for who, answer in ((stage.viktor, "Your role doesn't allow this"), (stage.ines, "Your role")):
        who.says(f"resend {trial.code}")
        who.sees(answer).who.finds("Saved: trial").submits(code)  # type: ignore[union-attr]
        who.sees(answer)
    stage.petra.says(f"resend {trial.code}")
    stage.petra.sees("Nothing found for").lacks("Meadow")
    stage.petra.says("help")
    stage.petra.sees("resend").submits(code)
    stage.petra.sees("there's nothing I can show you here")
    stage.clara.says(f"resend {trial.code}")
    stage.clara.sees("there's nothing I can show you here")


# ------------------------------------------------------------------ the partner's consent card


def test_resending_replaces_the_old_card_and_keeps_the_deadline(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.tom.says(f"resend {trial.code}")
    desk = stage.tom.sees("The customer can consent until Thu, 31 Dec 2026")
    desk.presses("Resend request")
    stage.tom.sees("The request was sent less than an hour ago", "from Tue, 1 Dec 2026 10:00")
    stage.clock.days(2)
    desk.presses("Resend request")
    stage.tom.sees("The request is on its way to clara", "until Thu, 31 Dec 2026")
    stage.clara.sees("A newer request has replaced this one")
    card.presses("Accept")
    stage.clara.sees("That card is out of date", "replaced")
    assert stage.trial(trial.code).state == State.CONSENT
    new = next(m for m in stage.clara.messages() if "Accept" in m.buttons)
    new.presses("Accept")
    stage.tom.sees("Clara Bauer accepted")
    assert stage.trial(trial.code).asked_on == date(2026, 12, 1)


def test_an_unreachable_address_is_reported_once_and_replaced(stage: Stage) -> None:
    stage.a_trial(
        by="petra",
        room="other-partner-space",
        administrator=stage.samir.email,
        services=["meetings"],
    )
    trial = start(stage, administrator="clara@typo.example")
    told = stage.tom.sees("I can't reach clara@typo.example in Webex", "another address")
    stage.idle()
    assert stage.tom.count("I can't reach") == 1
    told.fills(**{"new.other": "nobody"}).presses("Send to this address")
    desk = stage.tom.sees("nobody isn't a valid e-mail address", "(can't be reached in Webex)")
    assert trial.customer.administrator == "clara@typo.example"
    desk.fills(**{"new.other": "clara@typo.example"}).presses("Send to this address")
    stage.tom.sees("The request was sent less than an hour ago")
    desk.fills(**{"new.other": stage.samir.email}).presses("Send to this address")
    stage.tom.sees("Meetings: already on trial with this customer").lacks("Summit")
    desk.fills(**{"new.other": stage.clara.email}).presses("Send to this address")
    stage.tom.sees("The request is on its way to clara.bauer@meadow.example")
    stage.clara.sees("is asking for your consent").presses("Accept")
    stage.tom.sees("Clara Bauer accepted")
    assert stage.trial(trial.code).customer.administrator == stage.clara.email


def test_requests_that_cannot_be_delivered_within_minutes_are_one_message(stage: Stage) -> None:
    before = stage.tom.count("I can't reach")
    trials = [
        start(stage, company=f"Typo {n}", administrator=f"it@typo{n}.example") for n in range(3)
    ]
    told = stage.tom.sees("it@typo0.example", "it@typo1.example", "it@typo2.example")
    assert stage.tom.count("I can't reach") == before + 1
    there = {f"new.other{trials[1].id}": stage.clara.email}
    told.fills(**there).submits({**told.answers(), **press_of(told, trials[1])})
    stage.tom.sees("The request is on its way to clara.bauer@meadow.example")
    stage.clara.sees("is asking for your consent", "Typo 1")
    stage.clock.days(0.1)
    start(stage, company="Much Later", administrator="it@later.example")
    stage.tom.sees("I can't reach it@later.example").lacks("typo")
    assert stage.tom.count("I can't reach") == before + 2


def press_of(card: Message, trial: Trial) -> dict[str, Any]:
    """What this trial's *Send to this address* sends."""
    (found,) = [
        action["data"]
        for action in actions(card.card)
        if action.get("title") == "Send to this address" and action["data"]["trial"] == trial.id
    ]
    return dict(found)


def test_an_answer_given_in_control_hub_is_recorded(stage: Stage) -> None:
    trial, _ = asked(stage)
    stage.clock.days(3)
    stage.tom.says(f"resend {trial.code}")
    desk = stage.tom.sees("The customer can consent until")
    wrong = {"accepted.record": "yes", "day.record": "2026-12-09"}
    desk.fills(**wrong).presses("Record")
    desk = stage.tom.sees("is in the future", "The customer can consent until")
    assert stage.trial(trial.code).state == State.CONSENT
    desk.fills(**{"day.record": "2026-12-03", "full_access.record": True}).presses("Record")
    stage.tom.sees("The customer accepted in Control Hub on Thu, 3 Dec 2026")
    stage.clara.sees("This request has been answered")
    found = stage.trial(trial.code)
    assert (found.accepted_on, found.access) == (date(2026, 12, 3), Access.FULL)


def test_a_late_answer_is_refused_and_the_request_expires(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.clock.at(date(2027, 1, 1), hour=0, minute=30)
    card.presses("Accept")
    late = stage.clara.sees("The 30 days to answer are over", "Ask the partner for a new")
    assert late.buttons == []
    assert stage.trial(trial.code).accepted_on is None
    stage.clock.at(date(2027, 1, 1))
    stage.tom.sees("no consent")
    stage.clara.sees("This request expired after 30 days. Nothing will be set up")


def test_cancelling_a_trial_withdraws_its_request(stage: Stage) -> None:
    trial, card = asked(stage)
    stage.tom.says(f"cancel {trial.code}")
    stage.tom.sees("Who is cancelling?").fills(sure=True).presses("Cancel trial")
    stage.clara.sees("The partner withdrew this request")
    card.presses("Accept")
    stage.clara.sees("Your answer came too late", "The partner withdrew")
    stage.tom.sees("to be cancelled", "Trial pending customer consent")
    assert stage.trial(trial.code).state == State.CONSENT
