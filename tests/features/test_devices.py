"""Conversations about devices: shipments, due dates and Cisco's extensions."""

from datetime import date
from typing import Any

from store.tables import Shipment, Trial
from store.terms import DeviceType, ExtensionState, Kind, Service
from tests.people import Message, Person
from tests.stage import Stage

TO_SHIP = {"phone": {"models": {"8865": 2, "8845": 1}, "country": "BG"}}


def a_trial(stage: Stage, **form: Any) -> Trial:
    """A trial started with three phones to ship."""
    about = {"services": [Service.MESSAGING, Service.DEVICES], "to_ship": TO_SHIP}
    return stage.a_trial(**{**about, **form})


def the_phones(stage: Stage, trial: Trial) -> Shipment:
    """The current database row of the first shipment."""
    return stage.trial(trial.code).shipments[0]


def devices(person: Person, trial: Trial) -> Message:
    """Send `devices` and return the card."""
    return person.says(f"devices {trial.code}").sees("Phones")


def describe(stage: Stage, trial: Trial, **values: Any) -> None:
    """Fill in the details of the phone shipment."""
    devices(stage.tom, trial).presses("Details…")
    stage.tom.sees("Models and quantities").fills(**values).presses("Save")
    stage.tom.sees("Shipment saved: Phones")


# ------------------------------------------------------------------ shipments


def test_devices_from_the_start_form_are_not_asked_for_again(stage: Stage) -> None:
    trial = a_trial(stage)
    card = devices(stage.tom, trial).shows("8865 × 2, 8845 × 1", "Bulgaria", "without a power")
    card.shows("Due date unknown: see the EULA e-mail", "No serial numbers recorded")
    card.lacks(f"{stage.trial(trial.code).ends:%Y}")
    card.presses("Details…")
    form = stage.tom.sees("Models and quantities")
    assert form.inputs["models"]["value"] == "8865 x 2, 8845 x 1"
    assert form.inputs["expires_on"].get("value") is None


def test_the_dates_in_the_eula_mail_set_the_due_date(stage: Stage) -> None:
    trial = a_trial(stage)
    before = stage.open_reminders(trial)
    describe(
        stage,
        trial,
        order_number="d123456",
        country="Germany",
        shipped_on="2026-11-25",
        trial_started_on="2026-11-30",
        expires_on="2027-01-29",
    )
    card = stage.tom.sees("D123456").shows("Germany", "back at Cisco by Fri, 12 Feb 2027")
    assert the_phones(stage, trial).expires_on == date(2027, 1, 29)
    assert stage.trial(trial.code).devices_due == date(2027, 1, 29)
    new = set(stage.open_reminders(trial)) - set(before)
    assert {"device-7", "device+7", "device+14", "customer-device"} <= new
    assert "Details…" in card.buttons
    stage.tom.says("devices d123456").sees("D123456")


def test_invalid_details_are_reported_at_their_fields_and_change_nothing(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Details…")
    form = stage.tom.sees("Models and quantities")
    form.fills(models="8865 x 0", country="Atlantis", shipped_on="2026-11-25").presses("Save")
    again = stage.tom.sees("How many 8865?", "I don't know this country")
    assert again.inputs["shipped_on"]["value"] == "2026-11-25"
    again.fills(models="8865", country="BG", expires_on="2026-11-20").presses("Save")
    again = stage.tom.sees("Enter a day after Wed, 25 Nov 2026")
    again.fills(expires_on="2027-01-20", shipped_on="2026-12-24").presses("Save")
    again = stage.tom.sees("Thu, 24 Dec 2026 is in the future")
    again.fills(shipped_on="2026-11-25", models="").presses("Save")
    stage.tom.sees("Enter what was shipped")
    phones = the_phones(stage, trial)
    assert (phones.models, phones.shipped_on, phones.expires_on) == (
        TO_SHIP["phone"]["models"],
        None,
        None,
    )


def test_a_device_trial_of_more_than_120_days_is_asked_about(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Details…")
    form = stage.tom.sees("Models and quantities").lacks("The EULA e-mail gives this end")
    form.fills(trial_started_on="2026-11-30", expires_on="2027-04-12").presses("Save")
    again = stage.tom.sees("more than 120 days after Mon, 30 Nov 2026")
    assert the_phones(stage, trial).expires_on is None
    assert again.inputs["expires_on"]["value"] == "2027-04-12"
    again.fills(sure=True).presses("Save")
    stage.tom.sees("Shipment saved: Phones", "Mon, 12 Apr 2027").presses("Details…")
    form = stage.tom.sees("more than 120 days").lacks("The EULA e-mail gives this end")
    form.fills(order_number="D1").presses("Save")
    stage.tom.sees("Shipment saved: Phones").presses("Details…")
    form = stage.tom.sees("Models and quantities").fills(expires_on="2027-03-30")
    form.presses("Save")
    stage.tom.sees("Shipment saved: Phones", "Tue, 30 Mar 2027")


def test_an_end_given_for_a_mail_is_checked_too(stage: Stage) -> None:
    trial = a_trial(stage, organisation_id="0f00-ba22")
    describe(stage, trial, trial_started_on="2026-11-30")
    stage.tom.sees("Phones").presses("Device extension…")
    form = stage.tom.sees("Webextrials_deviceextensions@cisco.com")
    form.fills(until="2027-03-30", expires_on="2027-04-12").presses("Show text")
    form = stage.tom.sees("more than 120 days after Mon, 30 Nov 2026")
    form.fills(expires_on="2026-11-30").presses("Show text")
    stage.tom.sees("Mon, 30 Nov 2026 is too early. Enter Tue, 1 Dec 2026 or later")
    assert the_phones(stage, trial).expires_on is None


def test_a_second_shipment_must_be_of_another_type(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Add a shipment…")
    form = stage.tom.sees("once per device type")
    form.fills(type="phone", models="8865 x 3", country="BG").presses("Save")
    again = stage.tom.sees("Devices of this type were already shipped")
    assert len(stage.trial(trial.code).shipments) == 1
    again.fills(type="desk", models="Desk Pro x 2\nDesk Mini").presses("Save")
    stage.tom.sees("Shipment saved: Desk devices", "Desk Pro × 2, Desk Mini × 1", "8865 × 2")
    types = [shipment.type for shipment in stage.trial(trial.code).shipments]
    assert types == [DeviceType.PHONE, DeviceType.DESK]


def test_removing_an_unshipped_shipment_frees_its_type(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Details…")
    stage.tom.sees("Models and quantities").presses("Remove (never shipped)")
    stage.tom.sees("Cisco hasn't shipped any devices")
    assert stage.trial(trial.code).devices_due is None
    stage.tom.finds("Shipment removed").presses("Add a shipment…")
    stage.tom.sees("once per device type").fills(type="phone", models="8865").presses("Save")
    stage.tom.sees("Shipment saved: Phones").presses("Details…")
    stage.tom.sees("Models and quantities").fills(shipped_on="2026-11-30").presses("Save")
    stage.tom.sees("Shipment saved: Phones").presses("Details…")
    assert "Remove (never shipped)" not in stage.tom.sees("Models and quantities").buttons


# ------------------------------------------------------------------ serial numbers


def test_serials_can_be_pasted_in_any_format_and_corrected_later(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Serial numbers…")
    pasted = "S/N: foc2401abcd, FOC2402ABCD\n - serial number: FoC2403abcd;"
    stage.tom.sees("only matching devices count").fills(serials=pasted).presses("Save")
    card = stage.tom.sees("3 serial numbers recorded", "Not returned yet: FOC2401ABCD, FOC2402ABCD")
    card.lacks("isn't recorded yet").presses("Serial numbers…")
    form = stage.tom.sees("only matching devices count")
    assert form.inputs["serials"]["value"] == "FOC2401ABCD\nFOC2402ABCD\nFOC2403ABCD"
    form.fills(serials="FOC2401ABCD FOC2402ABCD FOC2404ABCD").presses("Save")
    stage.tom.sees("3 serial numbers recorded", "FOC2404ABCD").lacks("FOC2403ABCD")
    stage.tom.says(f"history {trial.code}").sees("Serial numbers", "FOC2404ABCD", "FOC2403ABCD")
    stage.tom.says("show foc2404abcd").sees("Meadow Foods", trial.code)


def test_product_numbers_beside_serials_are_no_devices(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Serial numbers…")
    pasted = "CP-8865-K9\tFCH2222ABCD\nCP-8845-K9\tFCH2222ABCE"
    stage.tom.sees("only matching devices count").fills(serials=pasted).presses("Save")
    stage.tom.sees("2 serial numbers recorded", "FCH2222ABCD and FCH2222ABCE").lacks("CP-8865")
    card = stage.tom.says(f"return {trial.code}").sees("Returned serial numbers")
    card.fills(serials="CP-8865-K9").presses("Mark as returned")
    stage.tom.sees("CP-8865-K9 is a product number")


def test_quantities_before_models_are_read(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Add a shipment…")
    form = stage.tom.sees("once per device type")
    form.fills(type="room", models="2 Room Kit, Room Bar", country="BG").presses("Save")
    stage.tom.sees("Shipment saved: Room devices", "Room Kit × 2, Room Bar × 1")


def test_duplicate_and_invalid_serials_are_named(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Serial numbers…")
    form = stage.tom.sees("only matching devices count")
    form.fills(serials="FOC2401ABCD, foc2401abcd, FOC2402ABCD").presses("Save")
    again = stage.tom.sees("Entered more than once: FOC2401ABCD")
    assert "FOC2402ABCD" in again.inputs["serials"]["value"]
    again.fills(serials="FOC2401ABCD and FOC2402ABCD").presses("Save")
    again = stage.tom.sees("and doesn't look like a serial number")
    again.fills(serials="").presses("Save")
    stage.tom.sees("This is required")
    assert the_phones(stage, trial).serials == []


# ------------------------------------------------------------------ Cisco's mailboxes


def test_a_device_extension_is_requested_with_a_ready_text_and_approved(stage: Stage) -> None:
    trial = a_trial(stage)
    describe(
        stage, trial, order_number="D123456", trial_started_on="2026-11-30", expires_on="2027-01-29"
    )
    stage.tom.sees("Phones").presses("Device extension…")
    form = stage.tom.sees("Webextrials_deviceextensions@cisco.com", "until Tue, 30 Mar 2027")
    assert "order_number" not in form.inputs
    form.fills(until="2027-04-15", why="a second site").presses("Show text")
    form = stage.tom.sees("is too late. Device trials last at most 120 days")
    assert "I've asked Cisco" not in form.buttons
    form.fills(until="2027-03-30", organisation_id="0f00-ba22").presses("Show text")
    text = stage.tom.sees("To: Webextrials_deviceextensions@cisco.com")
    assert text.card is None
    text.shows(
        "extend the trial of these devices",
        "Extend until: Tue, 30 Mar 2027",
        "Customer: Meadow Foods",
        "Organisation ID: 0f00-ba22",
        f"Administrator: {stage.clara.email}",
        "Order number: D123456",
        "Phones: 8865 x 2, 8845 x 1",
        "Reason: a second site",
        stage.tom.name,
    )
    assert stage.trial(trial.code).customer.organisation_id == "0f00-ba22"
    asked = stage.tom.finds("The text is in a separate message")
    assert asked.inputs["until"]["value"] == "2027-03-30"
    asked.presses("I've asked Cisco")
    stage.tom.sees("equested from Cisco", "Requested").presses("Device extension…")
    form = stage.tom.sees("Requested from Cisco on Tue, 1 Dec 2026")
    form.presses("E-mail text…")
    again = stage.tom.sees("To: Webextrials_deviceextensions@cisco.com", "a second site")
    assert again.text == text.text
    form.fills(until="2027-03-31").presses("Approved")
    form = stage.tom.sees("until Tue, 30 Mar 2027")
    form.fills(until="2027-01-29").presses("Approved")
    form = stage.tom.sees("can already stay until Fri, 29 Jan 2027")
    form.fills(until="2027-03-15").presses("Approved")
    stage.tom.sees("due back at Cisco by Mon, 29 Mar 2027", "Approved · Tue, 1 Dec 2026")
    phones = the_phones(stage, trial)
    assert (phones.expires_on, phones.extension) == (date(2027, 3, 15), ExtensionState.APPROVED)
    stage.clock.at(date(2027, 1, 22))
    stage.clock.at(date(2027, 2, 12))
    assert stage.tom.count("Phones: device trial ends on") == 0
    stage.clock.at(date(2027, 3, 8))
    stage.tom.sees("Phones: device trial ends on Mon, 15 Mar 2027")


def test_a_denied_extension_keeps_the_due_date(stage: Stage) -> None:
    trial = a_trial(stage)
    describe(stage, trial, expires_on="2027-01-29")
    stage.tom.sees("Phones").presses("Device extension…")
    stage.tom.sees("The start of this one isn't recorded").presses("I've asked Cisco")
    stage.tom.sees("equested from Cisco").presses("Device extension…")
    stage.tom.sees("Requested from Cisco on").presses("E-mail text…")
    form = stage.tom.sees("Why is more time needed?", "Extend until")
    assert "I've asked Cisco" not in form.buttons
    form.fills(why="a second site", organisation_id="0f00").presses("Show text")
    stage.tom.sees("Reason: a second site")
    devices(stage.tom, trial).presses("Device extension…")
    stage.tom.sees("Requested from Cisco on").presses("Denied")
    stage.tom.sees(
        "Extension denied: the devices are still due back as planned", "ends on Fri, 29 Jan 2027"
    )
    phones = the_phones(stage, trial)
    assert (phones.expires_on, phones.extension) == (date(2027, 1, 29), ExtensionState.DENIED)


def test_extending_the_trial_keeps_the_device_dates(stage: Stage) -> None:
    trial = a_trial(stage)
    describe(stage, trial, expires_on="2027-01-29")
    stage.clock.days(25)
    stage.tom.says(f"extend {trial.code}").sees("This doesn't extend the devices").presses("Extend")
    stage.tom.sees("Extension wanted")
    assert the_phones(stage, trial).expires_on == date(2027, 1, 29)


def test_the_text_about_an_unknown_order_number_asks_for_serials_first(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Details…")
    stage.tom.sees("Models and quantities").presses("Ask for order number…")
    form = stage.tom.sees("or the serial numbers of all devices")
    form.presses("Show text")
    stage.tom.sees("This is required").presses("Serial numbers…")
    serials = "FOC2401ABCD FOC2402ABCD FOC2403ABCD"
    stage.tom.sees("only matching devices").fills(serials=serials).presses("Save")
    stage.tom.sees("3 serial numbers recorded").presses("Details…")
    stage.tom.sees("Models and quantities").presses("Ask for order number…")
    stage.tom.sees("To: webextrials_info@cisco.com", "FOC2401ABCD, FOC2402ABCD, FOC2403ABCD")


def test_no_poe_has_a_ready_text_for_the_trials_team(stage: Stage) -> None:
    trial = a_trial(stage, organisation_id="0f00-ba22")
    devices(stage.tom, trial).presses("No PoE…")
    stage.tom.sees("To: webextrials_info@cisco.com", "(PoE)", "Organisation ID: 0f00-ba22")


# ------------------------------------------------------------------ rights and states


def test_outsiders_see_nothing_and_readers_change_nothing(stage: Stage) -> None:
    trial = a_trial(stage)
    press = {"form": "device.open", "trial": trial.id, "shipment": the_phones(stage, trial).id}
    for person in (stage.viktor, stage.ines):
        card = devices(person, trial).shows("8865 × 2")
        assert not {"Details…", "Device extension…", "Add a shipment…", "Return…"} & set(
            card.buttons
        )
        card.submits({**press, "sheet": "details"})
        person.sees("Your role doesn't allow this")
    stage.petra.says(f"devices {trial.code}").sees("Nothing found for").lacks("Meadow")
    stage.jo.says(f"devices {trial.code}").sees("nothing I can show you here")
    devices(stage.nora, trial).presses("Details…")
    stage.nora.sees("Models and quantities")


def test_another_partners_card_cannot_open_a_shipment(stage: Stage) -> None:
    trial = a_trial(stage)
    theirs = a_trial(stage, by="petra", room="other-partner-space", administrator="x@y.example")
    card = devices(stage.petra, theirs)
    version = stage.trial(trial.code).version
    about = {"trial": trial.id, "version": version, "shipment": the_phones(stage, trial).id}
    for form, more in PRESSES:
        card.submits({"form": form, **about, **more})
        stage.petra.sees("nothing I can show you here")
    assert stage.trial(trial.code).version == version


PRESSES: list[tuple[str, dict[str, str]]] = [
    ("device.open", {"sheet": "details"}),
    ("device.open-add", {}),
    ("device.save", {"type": "phone", "models": "8865", "country": "BG"}),
    ("device.drop", {}),
    ("device.serials", {"serials": "FOC2401ABCD"}),
    ("device.asked", {}),
    ("device.approved", {"until": "2027-01-29"}),
    ("device.denied", {}),
    ("device.mail", {"mail": "power"}),
    ("device.mail-facts", {"mail": "power", "organisation_id": "0f00"}),
    ("device.pickup", {"pickup_on": "2026-12-02"}),
    ("device.return", {"serials": "FOC2401ABCD", "returned_on": "2026-12-01"}),
]
"""Every device form, with inputs that a client could forge."""


def test_forged_inputs_are_validated_too(stage: Stage) -> None:
    mine, other = (
        a_trial(stage),
        a_trial(stage, company="Orchard", administrator="a@orchard.example"),
    )
    foreign = the_phones(stage, other).id
    card = devices(stage.tom, mine)
    version = stage.trial(mine.code).version
    press = {"trial": mine.id, "version": version, "shipment": foreign}
    for form, more in PRESSES:
        if form not in ("device.open-add", "device.return"):
            card.submits({"form": form, **press, **more})
            stage.tom.sees("Nothing to change")
    card.submits({"form": "device.save", **press, "shipment": "x", "type": "phone"})
    stage.tom.sees("couldn't read that button press")
    phones = the_phones(stage, other)
    assert (phones.serials, phones.expires_on, phones.pickup_on) == ([], None, None)
    assert stage.trial(mine.code).version == version


def test_a_press_on_an_old_card_changes_nothing(stage: Stage) -> None:
    trial = a_trial(stage)
    devices(stage.tom, trial).presses("Details…")
    old = stage.tom.sees("Models and quantities")
    old.fills(order_number="D1").presses("Save")
    stage.tom.sees("Shipment saved: Phones")
    old.fills(order_number="D2").presses("Save")
    stage.tom.sees("That card is out of date")
    assert the_phones(stage, trial).order_number == "D1"


def test_devices_are_read_only_while_consent_is_pending(stage: Stage) -> None:
    trial = a_trial(stage, kind=Kind.EXISTING)
    card = devices(stage.tom, trial).shows("once the customer has accepted", "Not shipped")
    assert not {"Details…", "Add a shipment…", "Return…"} & set(card.buttons)
    assert stage.trial(trial.code).devices_due is None
    stage.tom.says(f"return {trial.code}").sees("You can't do that")


def test_devices_without_a_trial_offers_the_trials_with_devices(stage: Stage) -> None:
    a_trial(stage)
    stage.a_trial(company="Orchard", administrator="a@orchard.example")
    stage.tom.says("devices").sees("Which trial do you mean?", "Meadow Foods").lacks("Orchard")
