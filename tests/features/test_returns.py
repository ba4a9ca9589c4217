"""Conversations about returns: pick-up, serial numbers, missing devices."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from store.act import Act
from store.features import cancel, convert, devices, expiry
from store.features.devices import Details
from store.features.serials import record_serials
from store.tables import Person as Row
from store.tables import Reminder, Shipment, Trial, id_of
from store.terms import CancelledBy, DeviceType, Service, State
from tests.people import Message, Person
from tests.stage import Stage
from tests.store.examples import OF_DEVICES

D = date(2027, 1, 29)
SERIALS = ("FOC2401ABCD", "FOC2402ABCD", "FOC2403ABCD")


def a_trial(
    stage: Stage, country: str = "BG", serials: tuple[str, ...] = SERIALS, **form: Any
) -> Trial:
    """A trial with three phones shipped to a country, whose device trial ends on D."""
    models = {"8865": 2, "8845": 1}
    trial = stage.a_trial(
        services=[Service.MESSAGING, Service.DEVICES],
        to_ship={"phone": {"models": models, "country": country}},
        organisation_id=f"org-{form.get('company', 'meadow')}",
        **form,
    )
    details = Details(
        DeviceType.PHONE, models, "D123456", country, date(2026, 11, 25), date(2026, 11, 30), D
    )
    with stage.database.transaction() as session:
        tom = starter(session, trial)
        act = Act(tom, stage.clock.now())
        about = {"shipment_id": id_of(the_phones(stage, trial)), "act": act}
        devices.change(session, id_of(trial), details=details, **about)
        if serials:
            record_serials(session, id_of(trial), serials=serials, **about)
    return trial


def starter(session: Session, trial: Trial) -> Row:
    """The person who started the trial."""
    return session.get_one(Row, trial.started_by)


def the_phones(stage: Stage, trial: Trial) -> Shipment:
    """The current database row of the shipment."""
    return stage.trial(trial.code).shipments[0]


def out(stage: Stage, trial: Trial) -> list[str]:
    """The serial numbers not returned yet."""
    return [row.serial for row in the_phones(stage, trial).serials if not row.returned_on]


def sends_back(person: Person, trial: Trial) -> Message:
    """Send `return` and get the card of outstanding devices."""
    return person.says(f"return {trial.code}").sees("Phones")


# ------------------------------------------------------------------ instructions


COUNTRIES: dict[str, tuple[tuple[str, ...], str | None]] = {
    "US": (("return label", "original packaging", "UPS", "ask for new ones"), "UPS"),
    "CA": (("Canada", "DHL"), "DHL"),
    "BG": (("Bulgaria", "DHL"), "DHL"),
    "AU": (("Australia", "Expeditors"), "Expeditors"),
    "JP": (("Japan", "RMA guidelines", "webextrials_info@cisco.com"), None),
}
CARRIERS = {"UPS", "DHL", "Expeditors"}


def test_each_country_gets_its_own_return_instructions(stage: Stage) -> None:
    for country, (says, carrier) in COUNTRIES.items():
        about = {"company": f"In {country}", "administrator": f"a@{country}.example"}
        trial = a_trial(stage, country, **about)
        card = sends_back(stage.tom, trial).shows(*says, *SERIALS)
        card.shows("back at Cisco by Fri, 12 Feb 2027").lacks(*CARRIERS - {carrier})
        assert ("Ask for new labels…" in card.buttons) == (country == "US")
        assert ("Write to Cisco…" in card.buttons) == (country == "JP")
        card.presses("Record pick-up…")
        assert stage.tom.sees("until a week after").inputs["carrier"].get("value") == carrier


def test_lost_labels_and_other_countries_get_a_ready_text(stage: Stage) -> None:
    sends_back(stage.tom, a_trial(stage, "US")).presses("Ask for new labels…")
    stage.tom.sees("To: webextrials_info@cisco.com", "send us new ones", "D123456", *SERIALS)
    japan = a_trial(stage, "JP", company="Orchard", administrator="a@orchard.example")
    sends_back(stage.tom, japan).presses("Write to Cisco…")
    stage.tom.sees("To: webextrials_info@cisco.com", "from Japan", "Customer: Orchard")


# ------------------------------------------------------------------ returned devices


def test_devices_can_be_returned_in_parts_and_missing_ones_are_named(stage: Stage) -> None:
    trial = a_trial(stage)
    form = sends_back(stage.tom, trial)
    form.fills(serials="s/n: foc2401abcd\n2) FOC2403abcd", returned_on="2026-11-30")
    form.presses("Mark as returned")
    card = stage.tom.sees(
        "2 devices returned", "1 device not returned yet", "Not returned yet: FOC2402ABCD"
    )
    assert out(stage, trial) == ["FOC2402ABCD"]
    assert the_phones(stage, trial).returned_on is None
    card.fills(serials="FOC2402ABCD").presses("Mark as returned")
    stage.tom.sees("That's all of them").shows("All devices have been returned")
    assert the_phones(stage, trial).returned_on == date(2026, 12, 1)
    assert stage.trial(trial.code).devices_due is None
    assert not OF_DEVICES & set(stage.open_reminders(trial))
    assert "Mark as returned" not in sends_back_nothing(stage, trial).buttons


def sends_back_nothing(stage: Stage, trial: Trial) -> Message:
    """Send `return` when nothing is outstanding."""
    return stage.tom.says(f"return {trial.code}").sees("All devices have been returned")


def test_unknown_and_duplicate_serials_are_named_and_none_recorded(stage: Stage) -> None:
    trial = a_trial(stage)
    form = sends_back(stage.tom, trial)
    form.fills(serials="FOC2401ABCD, FOC9999ZZZZ").presses("Mark as returned")
    again = stage.tom.sees("Not shipped with this trial: FOC9999ZZZZ", "Nothing was recorded")
    assert again.inputs["serials"]["value"] == "FOC2401ABCD\nFOC9999ZZZZ"
    again.fills(serials="FOC2401ABCD foc2401abcd FOC2402ABCD").presses("Mark as returned")
    again = stage.tom.sees("Entered more than once: FOC2401ABCD")
    again.fills(serials="FOC2401ABCD NOPE").presses("Mark as returned")
    again = stage.tom.sees("NOPE doesn't look like a serial number")
    assert out(stage, trial) == list(SERIALS)
    again.fills(serials="FOC2401ABCD").presses("Mark as returned")
    card = stage.tom.sees("1 device returned")
    card.fills(serials="FOC2401ABCD FOC2402ABCD").presses("Mark as returned")
    stage.tom.sees("Already returned: FOC2401ABCD")
    assert out(stage, trial) == ["FOC2402ABCD", "FOC2403ABCD"]


def test_the_return_day_must_be_between_shipping_and_today(stage: Stage) -> None:
    trial = a_trial(stage)
    form = sends_back(stage.tom, trial)
    form.fills(serials="FOC2401ABCD", returned_on="2026-12-02").presses("Mark as returned")
    again = stage.tom.sees("Wed, 2 Dec 2026 is in the future")
    again.fills(returned_on="2026-11-24").presses("Mark as returned")
    stage.tom.sees("Enter Wed, 25 Nov 2026 or later")
    assert out(stage, trial) == list(SERIALS)


def test_missing_serial_numbers_are_asked_for_first(stage: Stage) -> None:
    trial = a_trial(stage, serials=())
    form = stage.tom.says(f"return {trial.code}").sees("Enter the shipped serial numbers first")
    form.fills(serials="FOC2401ABCD FOC2401ABCD").presses("Save")
    form = stage.tom.sees("Entered more than once: FOC2401ABCD")
    form.fills(serials="FOC2401ABCD FOC2402ABCD").presses("Save")
    card = stage.tom.sees("2 serial numbers recorded", "1 serial number isn't")
    card.fills(serials="FOC2401ABCD FOC2402ABCD").presses("Mark as returned")
    stage.tom.sees("2 devices returned", "1 device not returned yet")
    assert the_phones(stage, trial).returned_on is None
    assert stage.trial(trial.code).devices_due == D


# ------------------------------------------------------------------ reminders


def test_a_pick_up_pauses_reminders_for_a_week_then_they_are_weekly(stage: Stage) -> None:
    trial = a_trial(stage, customer_notices=False)
    stage.clock.at(date(2027, 2, 3))
    sends_back(stage.tom, trial).presses("Record pick-up…")
    form = stage.tom.sees("until a week after")
    form.fills(pickup_on="2027-04-30", tracking="1Z999", rma="84001").presses("Save pick-up")
    form = stage.tom.sees("Enter Fri, 5 Mar 2027 or earlier")
    form.fills(pickup_on="2027-02-04").presses("Save pick-up")
    stage.tom.sees("Pick-up booked: Thu, 4 Feb 2027 · DHL · 1Z999 · RMA 84001")
    kinds = rung(stage, trial)
    stage.clock.at(date(2027, 2, 5), 10)
    assert rung(stage, trial) == kinds
    stage.clock.at(date(2027, 2, 12), 10)
    stage.clock.at(date(2027, 2, 19), 10)
    stage.clock.at(date(2027, 2, 26), 10)
    later = rung(stage, trial)[len(kinds) :]
    assert [kind for kind in later if kind in OF_DEVICES] == [
        "device+14",
        "device-weekly",
        "device-weekly",
    ]
    form = sends_back(stage.tom, trial)
    form.fills(serials=" ".join(SERIALS)).presses("Mark as returned")
    stage.tom.sees("That's all of them")
    stage.clock.at(date(2027, 3, 5), 10)
    stage.clock.at(date(2027, 3, 12), 10)
    assert rung(stage, trial).count("device-weekly") == 2


def rung(stage: Stage, trial: Trial) -> list[str]:
    """The kinds of the reminders sent, in order."""
    with stage.database.reading() as session:
        return list(
            session.exec(
                select(Reminder.kind)
                .where(col(Reminder.trial_id) == trial.id, col(Reminder.rang_at).is_not(None))
                .order_by(col(Reminder.rings_at), col(Reminder.id))
            )
        )


# ------------------------------------------------------------------ finished trials


def test_devices_of_a_cancelled_trial_are_still_due(stage: Stage) -> None:
    trial = a_trial(stage)
    with stage.database.transaction() as session:
        about = {"act": Act(starter(session, trial), stage.clock.now())}
        cancel.cancel(session, id_of(trial), whose=CancelledBy.CUSTOMER, typed=trial.code, **about)
    _goes_back_all_the_same(stage, trial, State.CANCELLED)


def test_devices_of_an_ended_trial_are_still_due(stage: Stage) -> None:
    trial = a_trial(stage, done_on=date(2026, 9, 1))
    with stage.database.transaction() as session:
        expiry.end(session, id_of(trial), now=stage.clock.now())
    _goes_back_all_the_same(stage, trial, State.ENDED)


def test_devices_of_a_converted_trial_are_still_due(stage: Stage) -> None:
    trial = a_trial(stage)
    with stage.database.transaction() as session:
        about = {"act": Act(starter(session, trial), stage.clock.now())}
        day = stage.clock.today()
        convert.ordered(session, id_of(trial), order_number="W1", day=day, **about)
        convert.converted(session, id_of(trial), day=day, why="by hand", **about)
    _goes_back_all_the_same(stage, trial, State.CONVERTED)


def _goes_back_all_the_same(stage: Stage, trial: Trial, state: State) -> None:
    assert stage.trial(trial.code).state == state
    assert {"device-7", "device+14"} <= set(stage.open_reminders(trial))
    stage.tom.says("return").sees("Which trial do you mean?", "Meadow Foods")
    stage.tom.says(f"devices {trial.code}").sees("shipped devices must still be returned")
    form = sends_back(stage.tom, trial)
    form.fills(serials=" ".join(SERIALS)).presses("Mark as returned")
    stage.tom.sees("That's all of them")
    assert not OF_DEVICES & set(stage.open_reminders(trial))


# ------------------------------------------------------------------ rights


def test_only_people_who_may_change_the_trial_can_return_devices(stage: Stage) -> None:
    trial = a_trial(stage)
    version = stage.trial(trial.code).version
    press = {"form": "device.return", "trial": trial.id, "version": version}
    for person, refusal in (
        (stage.viktor, "Your role doesn't allow this"),
        (stage.ines, "Your role doesn't allow this"),
    ):
        person.says(f"return {trial.code}").sees(refusal)
        card = person.says(f"devices {trial.code}").sees("Phones")
        card.submits({**press, "serials": SERIALS[0], "returned_on": "2026-12-01"})
        person.sees(refusal)
    stage.petra.says(f"return {trial.code}").sees("Nothing found for").lacks("Meadow")
    stage.jo.says(f"return {trial.code}").sees("nothing I can show you here")
    assert out(stage, trial) == list(SERIALS)
    form = sends_back(stage.nora, trial)
    form.fills(serials=SERIALS[0]).presses("Mark as returned")
    stage.nora.sees("1 device returned")


def test_a_one_to_one_return_is_posted_to_the_space(stage: Stage) -> None:
    trial = a_trial(stage)
    form = sends_back(stage.tom.alone(), trial)
    form.fills(serials=SERIALS[0]).presses("Mark as returned")
    stage.nora.sees("1 device returned", "2 devices not returned yet")


def test_a_return_on_an_old_card_changes_nothing(stage: Stage) -> None:
    trial = a_trial(stage)
    old = sends_back(stage.tom, trial)
    old.fills(serials=SERIALS[0]).presses("Mark as returned")
    stage.tom.sees("1 device returned")
    old.fills(serials=SERIALS[1]).presses("Mark as returned")
    stage.tom.sees("That card is out of date")
    assert out(stage, trial) == list(SERIALS[1:])
