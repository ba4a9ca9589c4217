"""Conversion to paid: interest, checklist, order or handover, provisioning."""

from datetime import date

import pytest
from sqlmodel import select

from store.features.convert import CONVERSION
from store.tables import Partner, Shipment, Trial
from store.terms import DeviceType, Service, State
from tests.people import Message
from tests.stage import Stage

PROVISIONING_ONLY = {"ordered+5", "ordered-end+20", "ordered-end+27", "ordered-end+29", "end+31"}


@pytest.fixture
def tier_two(stage: Stage) -> Stage:
    with stage.database.transaction() as session:
        for partner in session.exec(select(Partner)):
            partner.tier, partner.distributor = 2, "Northern Distribution"
    return stage


def conversion(stage: Stage, trial: Trial) -> Message:
    """Send `convert` and return the conversion card."""
    stage.tom.says(f"convert {trial.code}")
    return stage.tom.sees("You can convert it until")


def ordered(stage: Stage, trial: Trial, day: str = "2026-12-01") -> Message:
    """Record the order and return the card that follows."""
    card = conversion(stage, trial)
    card.fills(**{"day.convert.ordered": day}).presses("Mark as ordered")
    return stage.tom.sees("Deadlines still apply until it's provisioned")


# ------------------------------------------------------------------ the checklist


def test_each_checklist_item_records_who_ticked_it_and_when(stage: Stage) -> None:
    trial = stage.a_trial(services=["messaging", "calling"])
    card = conversion(stage, trial).shows("Checklist: 0 of 7", "Sat, 30 Jan 2027")
    card.fills(**{"order_number.order-number": " so-4711 "}).presses("Save number")
    card = stage.tom.sees("Checklist: 1 of 7", "SO-4711 · Tom Okafor · Tue, 1 Dec 2026 09:00")
    card.presses("Save contact")
    card = stage.tom.sees("Checklist: 2 of 7", "ideally you")
    card.fills(**{"on_order.services-on-order": "messaging"}).presses("Compare with the trial")
    card = stage.tom.sees("Checklist: 2 of 7", "the customer will lose: Calling")
    card.opens("Set Up Service")
    card = stage.tom.sees("Checklist: 3 of 7")
    assert card.inputs["on_order.services-on-order"]["value"] == "messaging"
    card.fills(**{"on_order.services-on-order": "messaging,calling"})
    card.presses("Compare with the trial")
    card = stage.tom.sees("Checklist: 4 of 7").lacks("will lose")
    card.opens("Enter the order number")
    stage.tom.sees("Checklist: 3 of 7").lacks("SO-4711 · Tom")
    stage.viktor.says(f"history {trial.code}")
    stage.viktor.sees("Checklist", "services on the order", "SO-4711", "Set Up Service")


def test_another_administrators_address_is_rejected_at_its_field(stage: Stage) -> None:
    trial = stage.a_trial()
    card = conversion(stage, trial).fills(**{"typed.administrator": "klara@meadow.example"})
    card.presses("Check address")
    card = stage.tom.sees("could create a second organisation", "Checklist: 0 of 7")
    assert card.inputs["typed.administrator"]["value"] == "klara@meadow.example"
    address = stage.clara.email.upper()
    card.fills(**{"typed.administrator": address}).presses("Check address")
    stage.tom.sees("Checklist: 1 of 7").lacks("could create a second organisation")


def test_a_service_added_after_comparing_the_order_is_listed_as_lost(stage: Stage) -> None:
    trial = stage.a_trial(services=["messaging"])
    conversion(stage, trial).presses("Compare with the trial")
    stage.tom.sees("Checklist: 1 of 7").lacks("will lose")
    stage.tom.says(f"services {trial.code}")
    form = stage.tom.sees("Now: Messaging").fills(services="messaging,calling")
    form.fills(done_on="2026-12-01").presses("Save services")
    stage.tom.sees("→ Messaging and Calling")
    conversion(stage, trial).shows("the customer will lose: Calling", "Checklist: 0 of 7")


def test_a_checklist_is_nothing_to_do_in_partner_hub_before_the_order(stage: Stage) -> None:
    trial = stage.a_trial()
    conversion(stage, trial).presses("Save contact")
    stage.tom.sees("Checklist: 1 of 7").presses("Back")
    stage.tom.sees(trial.code).lacks("paid services", "To do in Partner Hub")
    stage.tom.says("list todo").sees("No trials").lacks(trial.code)
    ordered(stage, trial).presses("Back")
    card = stage.tom.sees("To do in Partner Hub: Set up the paid services")
    assert "Tick this step" not in card.buttons
    stage.tom.says("list todo").sees(trial.code)


def test_a_missing_service_is_an_open_item_of_the_conversion(stage: Stage) -> None:
    trial = stage.a_trial(services=["messaging", "calling"])
    card = conversion(stage, trial).fills(**{"on_order.services-on-order": "messaging"})
    card.presses("Compare with the trial")
    stage.tom.sees("the customer will lose: Calling", "Checklist: 0 of 7")
    card = ordered(stage, trial)
    card.fills(**{"day.convert.provisioned": "2026-12-01"}).presses("Mark as provisioned")
    stage.tom.sees("Still open", "services on the order", "or say why")


def test_no_checklist_item_is_ticked_without_its_value(stage: Stage) -> None:
    trial = stage.a_trial()
    card = conversion(stage, trial)
    for item in ("order-number", "contact", "services-on-order", "save"):
        card.submits({"form": "convert.tick", "trial": trial.id, "item": item, "done": 1})
        stage.tom.sees("Nothing to change")
    card.submits({"form": "convert.tick", "trial": trial.id, "item": "administrator", "done": 1})
    stage.tom.sees("could create a second organisation")
    assert stage.trial(trial.code).version == trial.version


# ------------------------------------------------------------------ ordered, provisioned


def test_after_the_order_only_provisioning_reminders_remain(stage: Stage) -> None:
    trial = stage.a_trial(customer_notices=True, done_on=stage.clock.today())
    assert {"end-7", "end", "end+1", "customer-end"} <= set(stage.open_reminders(trial))
    form = conversion(stage, trial).fills(**{"day.convert.ordered": "2026-12-02"})
    form.presses("Mark as ordered")
    stage.tom.sees("Wed, 2 Dec 2026 is in the future")
    card = ordered(stage, trial).shows("Ordered on Tue, 1 Dec 2026")
    assert set(stage.open_reminders(trial)) == PROVISIONING_ONLY
    stage.clock.at(date(2026, 12, 6))
    stage.nora.sees("bought on Tue, 1 Dec 2026, not provisioned yet", "Set Up Service")
    stage.clock.at(date(2027, 1, 1))
    assert stage.nora.count("expires on") == 0
    card = conversion(stage, trial)
    card.fills(**{"day.convert.provisioned": "2026-12-31"}).presses("Mark as provisioned")
    card = stage.tom.sees("Still open: order number, contact", "or say why")
    assert stage.trial(trial.code).state == State.ACTIVE
    card.fills(**{"why.convert.provisioned": "Cisco did it by phone"}).presses(
        "Mark as provisioned"
    )
    stage.tom.sees("Converted to paid on Thu, 31 Dec 2026")
    assert stage.trial(trial.code).state == State.CONVERTED
    assert stage.open_reminders(trial) == []
    stage.tom.says(f"history {trial.code}").sees("Cisco did it by phone")
    stage.a_trial(company="Meadow again")  # its services are free


def test_provisioning_requires_a_recorded_order(stage: Stage) -> None:
    trial = stage.a_trial()
    free = {"form": "convert.provisioned", "trial": trial.id, "version": trial.version}
    conversion(stage, trial).submits({**free, "day": "2026-12-01", "why": "because"})
    stage.tom.sees("First record the order")
    assert stage.trial(trial.code).state == State.ACTIVE


def test_a_trial_can_be_converted_until_the_last_day_of_grace(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 10, 2))
    assert trial.ends == date(2026, 11, 1)
    stage.nora.alone().says(f"show {trial.code}").sees("grace ends today")
    card = ordered(stage, trial, "2026-11-20")
    old = {**card.answers(), "form": "convert.provisioned", "day": "2026-12-01", "why": "x"}
    assert stage.trial(trial.code).state == State.ACTIVE
    stage.clock.at(date(2026, 12, 2), 10)
    carried = {"trial": trial.id, "version": stage.trial(trial.code).version}
    stage.tom.says("help").sees("help").submits({**old, **carried})
    stage.tom.sees("“Ended”")
    stage.tom.says(f"convert {trial.code}").sees("“Ended”")
    assert stage.trial(trial.code).state == State.ENDED


def test_devices_of_a_converted_trial_are_still_due(stage: Stage) -> None:
    trial = stage.a_trial(services=[Service.DEVICES])
    with stage.database.transaction() as session:
        phones = Shipment(
            trial_id=trial.id,
            type=DeviceType.PHONE,
            models={"8865": 2},
            expires_on=date(2027, 1, 4),
        )
        session.add(phones)
    conversion(stage, trial).shows("devices must still be returned. Order new ones")
    ordered(stage, trial).fills(**{"why.convert.provisioned": "done"}).presses(
        "Mark as provisioned"
    )
    stage.tom.sees("Converted to paid", "due back by Mon, 18 Jan 2027")
    stage.clock.at(date(2027, 1, 11))
    stage.nora.sees("Phones: due back at Cisco by Mon, 18 Jan 2027")


# ------------------------------------------------------------------ tier 2


def test_a_tier_two_partner_hands_the_order_to_its_distributor(tier_two: Stage) -> None:
    trial = tier_two.a_trial()
    card = conversion(tier_two, trial).shows("ask Northern Distribution to convert this trial")
    card.lacks("Checklist", "Ordered on")
    free = {"form": "convert.ordered", "trial": trial.id, "version": trial.version}
    card.submits({**free, "day": "2026-12-01"})
    tier_two.tom.sees("order through the distributor")
    card.presses("Mark as handed over")
    card = tier_two.tom.sees("Handed over to Northern Distribution on Tue, 1 Dec 2026")
    assert set(tier_two.open_reminders(trial)) >= PROVISIONING_ONLY
    assert "end" not in tier_two.open_reminders(trial)
    card.presses("Mark as provisioned")
    tier_two.tom.sees("Converted to paid on Tue, 1 Dec 2026")
    assert tier_two.trial(trial.code).state == State.CONVERTED


# ------------------------------------------------------------------ interest


def test_a_customers_wish_to_buy_is_posted_to_the_space_and_recorded(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 11, 9))
    stage.clock.at(date(2026, 12, 2))
    notice = stage.clara.sees("expires on Wed, 9 Dec 2026", "Harbour Networks")
    notice.presses("I want to buy")
    stage.clara.sees("Thank you. I've let Harbour Networks know")
    stage.tom.sees("Clara", "asked to buy").shows(trial.code)
    assert stage.trial(trial.code).interest_on == date(2026, 12, 2)
    for stranger in (stage.ben, stage.jo, stage.petra):
        stranger.says("help").sees("help").submits({"form": "customer.buy", "trial": trial.id})
        stranger.sees("Sorry").lacks("Meadow")


def test_a_second_wish_to_buy_is_thanked_for_and_changes_nothing(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 11, 9))
    stage.clock.at(date(2026, 12, 2))
    stage.clara.sees("expires on Wed, 9 Dec 2026").presses("I want to buy")
    stage.clara.sees("Thank you. I've let Harbour Networks know")
    stage.tom.sees("Clara", "asked to buy", trial.code)
    stage.tom.says("help").sees("Commands")
    stage.clock.at(date(2026, 12, 9))
    stage.clara.sees("is the last day of your Webex trial").presses("I want to buy")
    stage.clara.sees("Thank you. I've let Harbour Networks know")
    stage.idle()
    stage.tom.sees_nothing_of("Clara", "asked to buy.")
    stage.tom.says(f"history {trial.code}").sees("asked to buy on Wed, 2 Dec 2026").lacks(
        "buy on Wed, 9"
    )
    assert stage.trial(trial.code).interest_on == date(2026, 12, 2)


def test_interest_reported_by_ciscos_mail_is_recorded(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.nora.alone()
    alone.says(f"convert {trial.code}")
    card = alone.sees("Checklist").fills(**{"day.convert.interest": "2026-11-30"})
    card.presses("Record")
    alone.sees("The customer asked to buy on Mon, 30 Nov 2026").lacks("Record")
    stage.tom.sees("The customer asked to buy on Mon, 30 Nov 2026", "30 days left")
    stage.tom.says(f"history {trial.code}").sees("The customer asked to buy", "Nora")


# ------------------------------------------------------------------ rights


def test_only_people_who_may_change_the_trial_can_convert_it(stage: Stage) -> None:
    trial = stage.a_trial()
    conversion(stage, trial)
    for bystander in (stage.viktor, stage.ines):
        bystander.says(f"convert {trial.code}").sees("Your role doesn't allow this")
        card = bystander.finds("Checklist: 0 of 7")
        card.presses("Mark as ordered")
        bystander.sees("Your role doesn't allow this")
        card.opens("Set Up Service")
        bystander.sees("Your role doesn't allow this")
    carried = {"trial": trial.id, "version": trial.version, "day": "2026-12-01", "item": "contact"}
    for form in ("tick", "ordered", "handed-over", "provisioned", "interest"):
        stage.petra.says("help").sees("help").submits({"form": f"convert.{form}", **carried})
        stage.petra.sees("Sorry").lacks("Meadow", trial.code)
    stage.jo.says(f"convert {trial.code}").sees("Sorry").lacks("Meadow")
    assert stage.trial(trial.code).version == trial.version


def test_an_old_card_cannot_record_an_order(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.nora.alone()
    alone.says(f"convert {trial.code}")
    old = alone.sees("Checklist: 0 of 7")
    ordered(stage, trial)
    old.presses("Mark as ordered")
    alone.sees("That card is out of date", "Ordered on Tue, 1 Dec 2026")
    [task] = [t for t in stage.trial(trial.code).hub_tasks if t.change == CONVERSION]
    assert task.ticks == {}
