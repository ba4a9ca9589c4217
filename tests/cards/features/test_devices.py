"""Device cards: valid in every state with their longest texts; texts to copy."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cards.features.device_extension import extension_card, letter_card
from cards.features.devices import SaveShipment, add_card, details_card, devices_card
from cards.features.mails import MAX_WHY, Mail, MailFacts, asked, mail_card, ready_text
from cards.features.returns import GUIDANCE, GiveBack, guidance, pickup_card, return_card
from cards.features.serials import MAX_TYPED, RecordSerials, serials_card
from cards.kit.forms import Invalid
from cards.kit.kit import MAX_BYTES, Card
from cards.kit.words import Message, Words
from sandbox.cards import limit_flaws, schema_flaws
from store.features.device_extension import Wish
from store.rules.countries import COUNTRIES, ReturnGroup, return_group
from store.rules.shipments import out
from store.tables import Shipment, Trial
from store.terms import DeviceType, ExtensionState
from tests.cards.make import STATES, TODAY, a_person, a_shipment, a_trial

EVIL = "<@all> [x](https://evil.example) **Ж**\\`"
WISH = Wish(TODAY, "ж" * MAX_WHY)
LONG = (EVIL + "ж" * 100)[:60]


def the_longest(**changes: Any) -> tuple[Shipment, ...]:
    """One shipment of each type, with texts as long and hostile as the fields allow."""
    return tuple(
        a_shipment(
            tuple(f"FOC{type_}{n:08}".upper() for n in range(300)),
            **{
                "id": number,
                "type": type_,
                "models": {f"{LONG}{n}": 999 for n in range(4)},
                "order_number": LONG,
                "carrier": LONG,
                "tracking": LONG,
                "rma": LONG,
                "pickup_on": TODAY,
                "extension": ExtensionState.ASKED,
                "extension_on": TODAY,
                **changes,
            },
        )
        for number, type_ in enumerate(DeviceType, 1)
    )


def nothing_known() -> tuple[Shipment, ...]:
    """Two shipments: one as the start form creates it, one without models and country."""
    bare = {"order_number": "", "shipped_on": None, "trial_started_on": None, "expires_on": None}
    return (
        a_shipment((), **bare),
        a_shipment((), **bare, id=10, type=DeviceType.ROOM, models={}, country=""),
    )


SHIPMENTS = {
    "longest": the_longest,
    "in the US": lambda: the_longest(country="US"),
    "in Japan": lambda: the_longest(country="JP", order_number="", extension=None),
    "all returned": lambda: the_longest(returned_on=TODAY),
    "nothing known": nothing_known,
    "denied": lambda: (a_shipment(extension=ExtensionState.DENIED, extension_on=TODAY),),
    "none": tuple,
}


def cards(words: Words) -> Iterator[tuple[str, Card]]:
    """Every overview card in every state of a trial; every card of one shipment in one state."""
    for state, changes in STATES.items():
        trial = a_trial(**{**changes, "shipments": the_longest(), "customer": {"company": LONG}})
        yield from ((f"{name}: {state}", card) for name, card in overview(trial, words))
    for kind, shipments in SHIPMENTS.items():
        trial = a_trial(shipments=shipments(), customer={"company": LONG})
        yield from ((f"{name}: {kind}", card) for name, card in overview(trial, words))
        yield from ((f"{name}: {kind}", card) for name, card in sheets(trial, words))


def overview(trial: Trial, words: Words) -> Iterator[tuple[str, Card]]:
    """The cards that show all shipments of a trial."""
    ask: dict[str, Any] = {"words": words, "today": TODAY}
    for may_change in (True, False):
        yield "devices", devices_card(trial, may_change=may_change, said=EVIL, **ask)
    yield "return", return_card(trial, said=EVIL, **ask)
    yield "return again", return_card(trial, problem=wrong(GiveBack, "serials"), **ask)


def sheets(trial: Trial, words: Words) -> Iterator[tuple[str, Card]]:
    """The cards about one shipment."""
    ask: dict[str, Any] = {"words": words, "today": TODAY}
    yield "add", add_card(trial, **ask)
    for shipment in trial.shipments[:2]:
        yield "details", details_card(trial, shipment, **ask)
        problem = wrong(SaveShipment, "models", "country", "expires_on")
        yield "details again", details_card(trial, shipment, problem=problem, **ask)
        problem = wrong(RecordSerials, "serials")
        yield "serials again", serials_card(trial, shipment, problem=problem, **ask)
        yield "extension", extension_card(trial, shipment, **ask)
        yield "letter", letter_card(trial, shipment, said=EVIL, wish=WISH, **ask)
        problem = wrong(MailFacts, "until", "organisation_id")
        yield "letter again", letter_card(trial, shipment, problem=problem, **ask)
        yield "pick-up", pickup_card(trial, shipment, **ask)
        for mail in Mail:
            yield f"mail {mail}", mail_card(trial, shipment, mail, **ask)


def wrong(form: type[Any], *fields: str) -> Invalid:
    """A submitted form in which every field has an overlong value and `fields` have errors."""
    typed = {name: field.again('😀\n"' * MAX_TYPED) for name, field in form.fields.items()}
    return Invalid(form, typed, {name: Message("No: {x}", {"x": LONG}) for name in fields})


def test_every_card_is_valid_and_small_in_every_state(language: str) -> None:
    seen = 0
    for name, card in cards(Words(language)):
        assert schema_flaws(card.content) + limit_flaws(card.content) == [], name
        assert len(json.dumps(card.content, ensure_ascii=False).encode()) <= MAX_BYTES, name
        assert "<@all" not in card.text, name
        assert len(card.text) >= 15, name
        seen += 1
    assert seen > 150


def test_each_countrys_return_guidance_names_only_its_own_carrier() -> None:
    words, carriers = Words(), {"UPS", "DHL", "Expeditors"}
    named = {
        ReturnGroup.US: {"UPS"},
        ReturnGroup.CANADA: {"DHL"},
        ReturnGroup.EMEAR: {"DHL"},
        ReturnGroup.AUSTRALIA: {"Expeditors"},
        ReturnGroup.ELSEWHERE: set[str](),
    }
    assert set(GUIDANCE) == set(ReturnGroup)
    for country in COUNTRIES:
        group, said = return_group(country), guidance(a_shipment(country=country), words)
        assert {carrier for carrier in carriers if carrier in said} == named[group], country
        assert ("label" in said) == (group is ReturnGroup.US), country
        assert ("webextrials_info@cisco.com" in said) == (group is ReturnGroup.ELSEWHERE), country


def test_an_unknown_due_date_is_not_shown_as_the_trials_end() -> None:
    for changes in STATES.values():
        trial = a_trial(**{**changes, "shipments": nothing_known()})
        card = devices_card(trial, words=Words(), today=TODAY, may_change=True)
        unknown = "see the EULA e-mail" if out(trial) else "the customer's consent is needed"
        assert unknown in card.text
        if trial.ends:
            assert Words().day(trial.ends) not in card.text


@pytest.mark.parametrize("mail", Mail)
@pytest.mark.parametrize("shipments", SHIPMENTS)
def test_a_ready_text_stays_plain_whatever_the_data(mail: Mail, shipments: str) -> None:
    trial = a_trial(shipments=SHIPMENTS[shipments](), customer={"company": f"Foo\n```{EVIL}"})
    for shipment in trial.shipments:
        text = ready_text(
            mail, trial, shipment, sender=a_person(), until=date(2027, 1, 30), why=EVIL
        )
        first, *body, last = text.split("\n")
        assert (first, last) == ("```", "```")
        assert "```" not in "".join(body)
        assert body[0].startswith("To: ")
        assert body[1].startswith("Subject: ")
        assert "Administrator: clara.bauer@meadow.example" in body
        assert EVIL.split("`")[0] in text


def test_a_mail_form_asks_only_for_missing_facts() -> None:
    whole, bare = a_shipment(), nothing_known()[0]
    known, unknown = a_trial(), a_trial(customer={"organisation_id": ""})
    fields = ["organisation_id", "order_number", "expires_on", "until", "why"]
    assert asked(Mail.EXTENSION, unknown, bare) == fields
    assert asked(Mail.EXTENSION, known, whole) == ["until", "why"]
    assert asked(Mail.ORDER_NUMBER, known, bare) == []
    assert asked(Mail.ORDER_NUMBER, unknown, bare) == ["organisation_id"]
    assert asked(Mail.ORDER_NUMBER, unknown, whole) == []
    assert asked(Mail.ORDER_NUMBER, unknown, a_shipment(("FOC1",))) == ["organisation_id"]
    assert asked(Mail.LABELS, unknown, a_shipment((), order_number="D1")) == []
