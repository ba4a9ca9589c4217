"""Starting a trial: a few cards in sequence, each validated strictly, then Save."""

from typing import Any

import pytest
from sqlmodel import col, func, select

from store.features import roles
from store.features.shared import people
from store.features.start import PROBES_AN_HOUR, probed
from store.tables import Draft, Partner, Trial
from store.terms import MeetingsOption, Role, Service
from tests.people import Message, Person, elements, plain
from tests.rooms import add_person
from tests.stage import Stage

CUSTOMER = {
    "kind": "new",
    "company": "Meadow Foods",
    "administrator": "clara.bauer@meadow.example",
    "vertical": "retail",
    "country": "Bulgaria",
    "supported": True,
}


def fill_in(who: Person, services: str = "messaging", **customer: Any) -> Message:
    """Fill in the cards and return the last one."""
    who.sees("Step 1 of").fills(**CUSTOMER | customer).presses("Next")
    who.sees("Step 2 of").fills(services=services).presses("Next")
    return who.sees("Check and save")


def _beneath(card: Message, name: str) -> str:
    """The first sentence after an input."""
    assert card.card is not None
    items = list(elements(card.card))
    at = next(n for n, item in enumerate(items) if item.get("id") == name)
    return plain(items[at + 1]["text"])


def count(stage: Stage, what: type[Trial] | type[Draft]) -> int:
    with stage.database.reading() as session:
        return session.exec(select(func.count()).select_from(what)).one()


# ------------------------------------------------------------------ happy paths


def test_a_trial_is_saved_once_however_often_save_is_pressed(stage: Stage) -> None:
    stage.tom.says("start")
    check = fill_in(stage.tom)
    check.shows("Meadow Foods", "New customer", "Bulgaria", "100 per service", "30 days")
    check.presses("Save")
    card = stage.tom.sees("Saved: trial T-", "welcome e-mail", "To be started in Partner Hub")
    card.shows("ends on Thu, 31 Dec 2026 if started today")
    card.shows("To do in Partner Hub: Start the trial", "If a confirmation screen appears")
    check.presses("Save")
    again = stage.tom.sees("Saved: trial T-", "welcome e-mail", "To be started in Partner Hub")
    assert again.everything == card.everything
    stage.idle()
    assert (count(stage, Trial), count(stage, Draft)) == (1, 0)
    assert stage.tom.count("Meadow Foods") == 1


def test_a_late_press_on_save_shows_what_became_of_the_trial(stage: Stage) -> None:
    stage.tom.says("start")
    check = fill_in(stage.tom)
    check.presses("Save")
    stage.tom.sees("Saved: trial T-")
    stage.clock.days(1)
    stage.nora.alone().says("note Meadow they like it").sees("Note added")
    stage.idle()
    check.presses("Save")
    stage.tom.sees("This form was already saved as trial T-").lacks("Saved: trial")


def test_an_existing_customer_is_asked_and_the_hub_screen_is_explained(stage: Stage) -> None:
    stage.tom.says("start")
    fill_in(stage.tom, kind="existing").fills(done_on="2026-11-30").presses("Save")
    card = stage.tom.sees("I'm asking the customer for consent now", "29 days to answer")
    card.shows("Trial pending customer consent").lacks("To do in Partner Hub")
    stage.clara.sees("Tom Okafor", "Harbour Networks", "is asking for your consent", "Messaging")
    stage.tom.says("start")
    fill_in(stage.tom, "calling", kind="existing", administrator="a@b.example").presses("Save")
    stage.tom.sees("If no such screen appears, the address is wrong: press *Back* and don't send")


def test_a_trial_that_was_accepted_already_asks_nobody_again(stage: Stage) -> None:
    stage.tom.says("start")
    check = fill_in(stage.tom, kind="existing")
    check.fills(accepted_on="2026-12-02").presses("Save")
    check = stage.tom.sees("is in the future", "Check and save")
    check.fills(accepted_on="2026-11-20", done_on="2026-11-25").presses("Save")
    stage.tom.sees("accepted already", "Trial active · 24 days left").lacks("To do in Partner Hub")
    stage.idle()
    assert stage.clara.messages() == []


def test_a_first_day_far_away_needs_a_tick(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER).presses("Next")
    form = stage.tom.sees("Step 2 of")
    form.fills(services="messaging", first_day="2027-03-02").presses("Next")
    stage.tom.sees("Check and save").presses("Save")
    form = stage.tom.sees("Tue, 2 Mar 2027 is more than 90 days away", "Step 2 of")
    form.fills(far_away=True).presses("Next")
    stage.tom.sees("Check and save").presses("Save")
    stage.tom.sees("Saved: trial", "2 Mar 2027", "To be started")


def test_a_paid_customers_trial_is_added_without_consent(stage: Stage) -> None:
    stage.tom.says("start")
    fill_in(stage.tom, kind="paid").presses("Save")
    stage.tom.sees("When the trial starts", "To be started", "Press *Add* next to Trials")
    stage.idle()
    assert stage.clara.messages() == []


def test_meetings_and_devices_have_their_own_cards(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER).presses("Next")
    services = stage.tom.sees("Step 2 of")
    services.fills(services="meetings,devices", meetings_options="enterprise").presses("Next")
    site = stage.tom.sees("Step 3 of 5: Meetings site")
    site.fills(site="meadow", site_time_zone="GMT+2").presses("Next")
    site = stage.tom.sees("GMT+2 isn't a place. Enter a city, such as Sofia.")
    assert site.inputs["site_time_zone"]["value"] == "GMT+2"
    site.fills(site_time_zone="Sofia").presses("Next")
    devices = stage.tom.sees("Step 4 of 5: Devices", "power supply")
    devices.presses("Next")
    devices = stage.tom.sees("Nothing to ship was entered")
    devices.fills(skip_reason="own-devices").presses("Next")
    stage.tom.sees("No shipment").presses("Back")
    devices = stage.tom.sees("Step 4 of 5: Devices")
    devices.fills(phone="8865 x 2, 7841", ship_to="DE").presses("Next")
    check = stage.tom.sees("meadow.webex.com", "Europe/Sofia", "8865 × 2", "Germany")
    check.lacks("No shipment").presses("Save")
    stage.tom.sees(
        "Saved: trial", "Enter the site URL meadow.webex.com", "Choose the devices to ship"
    )


# ------------------------------------------------------------------ mistakes, back, drafts


def test_every_mistake_is_reported_at_its_field_and_nothing_is_lost(stage: Stage) -> None:
    stage.tom.says("start")
    card = stage.tom.sees("Step 1 of")
    card.fills(company="M" * 51, administrator="clara", country="Atlantis").presses("Next")
    card = stage.tom.sees("At most 50 characters").shows(
        "This is required",
        "clara isn't a valid e-mail address",
        "I don't know this country",
        "Tick this box to continue",
    )
    assert card.inputs["administrator"]["value"] == "clara"
    card.fills(**CUSTOMER | {"kind": "existing", "administrator_is_full": False}).presses("Next")
    card = stage.tom.sees("A full administrator has to consent. Enter at least one e-mail address.")
    assert card.inputs["company"]["value"] == "Meadow Foods"
    card.fills(vertical="other", kind="new").presses("Next")
    stage.tom.sees("If other").fills(vertical_note="bakery").presses("Next")
    card = stage.tom.sees("Step 2 of")
    card.fills(licences=2000, first_day="soon", duration=45).presses("Next")
    card = stage.tom.sees("year-month-day", "Choose one of the options")
    assert card.inputs["licences"]["value"] == 2000
    assert count(stage, Trial) == 0


def test_the_partners_own_people_and_bots_are_refused_at_their_field(stage: Stage) -> None:
    stage.nora.says(f"roles {stage.jo.email} read-only").sees("New role for")
    add_person(stage, "Kim Berg", "kim@elsewhere.example", org="partner").says("home")
    stage.idle()
    stage.tom.says("start")
    card = stage.tom.sees("Step 1 of")
    for address, why in (
        (stage.ines.email, "belongs to your own people"),
        ("Jo.Winter@post.example", "belongs to your own people"),  # not seen in Webex yet
        ("kim@elsewhere.example", "belongs to your own people"),  # in the same organisation
        ("trialbot@webex.bot", "is a bot"),
    ):
        card.fills(**CUSTOMER | {"administrator": address}).presses("Next")
        card = stage.tom.sees("Step 1 of", f"{address.lower()} {why}")
        assert card.inputs["administrator"]["value"] == address.lower()
    named = {"administrator_is_full": False, "kind": "existing"}
    several = f"{stage.samir.email}\n{stage.ines.email}"
    card.fills(**CUSTOMER | named, full_administrators=several).presses("Next")
    card = stage.tom.sees("Step 1 of", f"{stage.ines.email} belongs to your own people")
    assert _beneath(card, "full_administrators").startswith(f"{stage.ines.email} belongs")
    card.fills(full_administrators=stage.samir.email).presses("Next")
    stage.tom.sees("Step 2 of")


def test_who_gets_a_role_while_the_form_is_open_is_refused_at_save(stage: Stage) -> None:
    stage.tom.says("start")
    check = fill_in(stage.tom)
    stage.nora.says(f"roles {stage.clara.email} admin").sees("New role for")
    check.presses("Save")
    stage.tom.sees("Step 1 of", f"{stage.clara.email} belongs to your own people")
    assert (count(stage, Trial), count(stage, Draft)) == (0, 1)


def test_back_keeps_all_values_and_clearing_meetings_drops_its_site(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER).presses("Next")
    card = stage.tom.sees("Step 2 of")
    card.fills(services="meetings", meetings_options="enterprise", licences=250).presses("Next")
    card = stage.tom.sees("Meetings site")
    card.fills(site="meadow", site_time_zone="not yet").presses("Back")
    card = stage.tom.sees("Step 2 of")
    assert card.inputs["licences"]["value"] == 250
    card.fills(services="meetings,messaging").presses("Next")
    card = stage.tom.sees("Meetings site")
    assert card.inputs["site_time_zone"]["value"] == "not yet"
    card.fills(site_time_zone="Europe/Sofia").presses("Next")
    stage.tom.sees("meadow.webex.com").presses("Back")
    stage.tom.sees("Meetings site").presses("Back")
    stage.tom.sees("Step 2 of").fills(services="messaging", meetings_options="").presses("Next")
    stage.tom.sees("Check and save", "250").lacks("meadow.webex.com", "Enterprise").presses("Save")
    stage.tom.sees("Saved: trial").lacks("meadow.webex.com")


def test_a_draft_survives_a_restart_and_can_be_started_over(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER).presses("Next")
    old = stage.tom.sees("Step 2 of")
    stage.idle()
    stage.restart()
    stage.tom.says("start")
    stage.tom.sees("You have an open draft for Meadow Foods").presses("Continue")
    card = stage.tom.sees("Step 2 of")
    card.fills(services="messaging").presses("Next")
    stage.tom.sees("Check and save")
    card.presses("Next")
    stage.tom.sees("That card is out of date", "Check and save")
    stage.tom.says("start")
    stage.tom.sees("You have an open draft").presses("Start over")
    card = stage.tom.sees("Step 1 of").lacks("Meadow Foods")
    card.submits({"form": "start.go-on", "draft": _draft(old)})
    stage.tom.sees("This form is gone")
    card.presses("Discard draft")
    stage.tom.sees("Draft discarded")
    stage.clock.days(8)
    assert count(stage, Draft) == 0


def test_a_colleague_can_copy_a_draft(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER).presses("Next")
    stage.tom.sees("Step 2 of")
    stage.ines.finds("Step 2 of").fills(services="calling").presses("Next")  # type: ignore[union-attr]
    stage.ines.sees("This draft belongs to Tom Okafor").presses("Continue with a copy")
    stage.ines.sees("Step 2 of", "Meadow Foods").fills(services="calling").presses("Next")
    stage.ines.sees("Check and save").presses("Save")
    stage.ines.sees("Saved: trial")
    stage.tom.finds("Step 2 of").fills(services="messaging").presses("Next")  # type: ignore[union-attr]
    stage.tom.sees("Check and save")


# ------------------------------------------------------------------ one to one and in a space


def test_a_form_can_continue_one_to_one_and_the_space_gets_one_line(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(company="Meadow Foods").presses("Continue in a private chat")
    stage.tom.sees("Tom Okafor is continuing in a private chat").lacks("Meadow")
    alone = stage.tom.alone()
    card = alone.sees("Step 1 of")
    assert card.inputs["company"]["value"] == "Meadow Foods"
    assert "Continue in a private chat" not in card.buttons
    fill_in(alone).presses("Save")
    alone.sees("Saved: trial")
    stage.nora.sees("Saved: trial", "To be started in Partner Hub")


def test_start_one_to_one_asks_for_partner_and_space(stage: Stage) -> None:
    with stage.database.transaction() as session:
        summit = session.exec(select(Partner).where(col(Partner.name) == "Summit Voice")).one()
        roles.give(
            session,
            summit.id or 0,
            email=stage.tom.email,
            role=Role.ADMIN,
            by=None,
            now=stage.clock.now(),
        )
    alone = stage.tom.alone()
    alone.says("start")
    card = alone.sees("Which partner and space")
    card.fills(space="4711").presses("Next")
    alone.sees("there's nothing I can show you here")
    card.submits({"form": "start.where"})
    card = alone.sees("This is required")
    [space] = [c["value"] for c in card.inputs["space"]["choices"] if "Summit" in c["title"]]
    card.fills(space=space).presses("Next")
    fill_in(alone).presses("Save")
    alone.sees("Saved: trial")
    stage.petra.sees("Saved: trial", "Meadow Foods")
    stage.nora.sees_nothing_of("Meadow Foods")


# ------------------------------------------------------------------ services that can't be trialled


def test_a_taken_service_or_site_is_reported_anonymously(stage: Stage) -> None:
    stage.a_trial(
        by="petra",
        room="other-partner-space",
        company="Other Name",
        services=[Service.MEETINGS],
        meetings_options=[MeetingsOption.ENTERPRISE],
        site="meadow.webex.com",
        site_time_zone="Europe/Oslo",
    )
    stage.tom.says("start")
    fill_in(stage.tom, "meetings,calling").presses("Save")
    card = stage.tom.sees("Meetings: already on trial with this customer", "Step 2 of")
    card.lacks("Summit", "Petra", "Other Name")
    assert card.inputs["licences"]["value"] == 100
    card.presses("Back")
    stage.tom.sees("Step 1 of").fills(administrator="x@other.example").presses("Next")
    stage.tom.sees("Step 2 of").fills(meetings_options="enterprise").presses("Next")
    stage.tom.sees("Meetings site").fills(site="Meadow", site_time_zone="Oslo").presses("Next")
    stage.tom.sees("Check and save").presses("Save")
    card = stage.tom.sees("This site URL is already taken", "Meetings site").lacks("Summit")
    with stage.database.transaction() as session:
        tom = people.known(session, stage.tom.about["personId"])
        assert tom
        for _ in range(PROBES_AN_HOUR - 2):
            probed(session, tom, stage.clock.now())
    card.fills(site="free").presses("Next")
    stage.tom.sees("Check and save").presses("Save")
    stage.tom.sees("Too many attempts", "Check and save")
    assert count(stage, Trial) == 1
    stage.clock.days(0.05)
    stage.tom.finds("Too many attempts").presses("Save")  # type: ignore[union-attr]
    stage.tom.sees("Saved: trial")


def test_start_links_to_our_own_running_trial_of_the_customer(stage: Stage) -> None:
    running = stage.a_trial(by="ines")
    stage.tom.says("start")
    fill_in(stage.tom).presses("Save")
    card = stage.tom.sees(f"already has your trial {running.code}", "Check and save")
    card.presses("Open the running trial")
    stage.tom.sees(running.code, "Trial active")


def test_a_service_the_customer_has_bought_cannot_be_trialled(stage: Stage) -> None:
    stage.tom.says("start")
    stage.tom.sees("Step 1 of").fills(**CUSTOMER | {"kind": "paid"}).presses("Next")
    card = stage.tom.sees("Step 2 of")
    card.fills(services="messaging,calling", bought="messaging", trialled="calling").presses("Next")
    card = stage.tom.sees("The customer already owns this", "another partner")
    card.fills(services="meetings").presses("Next")
    check = stage.tom.sees("Check and save")
    check.fills(done_on="2026-12-02").presses("Save")
    stage.tom.sees("is in the future", "Check and save").fills(done_on="").presses("Save")
    stage.tom.sees("Saved: trial", "To do in Partner Hub")


# ------------------------------------------------------------------ rights


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("viktor", "Your role doesn't allow this"),
        ("jo", "there's nothing I can show you here"),
        ("clara", "there's nothing I can show you here"),
    ],
)
def test_people_without_the_right_cannot_start_a_trial(stage: Stage, who: str, answer: str) -> None:
    person: Person = getattr(stage, who)
    person.says("start")
    person.sees(answer)
    assert count(stage, Draft) == 0


def test_forged_inputs_cannot_reach_another_draft_or_skip_a_card(stage: Stage) -> None:
    stage.petra.says("start")
    strange = stage.petra.sees("Step 1 of")
    stage.tom.says("start")
    mine = stage.tom.sees("Step 1 of")
    draft = _draft(mine)
    strange.submits({"form": "start.customer", "draft": draft, "version": 1, **CUSTOMER})
    stage.petra.sees("This form is gone")
    strange.submits({"form": "start.copy", "draft": draft})
    stage.petra.sees("This form is gone")
    mine.submits({"form": "start.save", "draft": draft, "version": 1})
    stage.tom.sees("That card is out of date", "Step 1 of")
    mine.submits({"form": "start.save", "draft": "9" * 15, "version": "-1"})
    stage.tom.sees("This form is gone")
    assert count(stage, Trial) == 0
    assert count(stage, Draft) == 2


def _draft(card: Message) -> int:
    [number] = {a["data"]["draft"] for a in card.card["actions"] if "data" in a}  # type: ignore[index]
    return int(number)


def test_no_trial_can_be_started_in_an_unlinked_space(stage: Stage) -> None:
    room = stage.tom.call("POST", "rooms", json={"title": "Lunch"})["id"]
    bot = stage.cast["bot"]["personId"]
    stage.tom.call("POST", "memberships", json={"roomId": room, "personId": bot})
    lunch = stage.tom.in_room(room)
    lunch.says("start")
    lunch.sees("This space isn't linked to a partner yet")
    stage.tom.says("start")
    draft = _draft(stage.tom.sees("Step 1 of"))
    lunch.says("home")
    stage.idle()
    card = next(message for message in lunch.messages() if message.card)
    card.submits({"form": "start.go-on", "draft": draft})
    lunch.sees("This space isn't linked to a partner yet")
