"""What one customer may have on trial."""

import pytest

from store.refusals import Reason, Refused
from store.rules import eligibility
from store.rules.eligibility import LAST_SERVICE, SERVICE_BOUGHT, SERVICE_TAKEN
from store.terms import Service

CALLING, MEETINGS, MESSAGING = Service.CALLING, Service.MEETINGS, Service.MESSAGING


def test_a_trial_reserves_its_site_and_each_service() -> None:
    keys = eligibility.reservations([CALLING, MEETINGS], "acme", "Ann@Acme.example", "0F-1")
    assert keys == [
        "email:ann@acme.example:calling",
        "email:ann@acme.example:meetings",
        "org:0f-1:calling",
        "org:0f-1:meetings",
        "site:acme.webex.com",
    ]


def test_without_site_and_organisation_only_the_address_counts() -> None:
    assert eligibility.reservations([MESSAGING], " ", "ann@acme.example", "") == [
        "email:ann@acme.example:messaging"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "acme",
        "ACME.webex.com",
        " https://acme.webex.com/ ",
        "http://acme.webex.com/meet/x",
        "acme.webex.com.",
    ],
)
def test_every_spelling_of_a_site_gives_the_same_key(text: str) -> None:
    assert eligibility.site_url(text) == "acme.webex.com"


def test_two_spellings_of_a_customer_reserve_the_same() -> None:
    one = eligibility.reservations([CALLING], "acme", "ann@acme.example", "AB")
    two = eligibility.reservations(
        [CALLING], "https://ACME.webex.com", " ANN@acme.example ", " ab "
    )
    assert one == two


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (eligibility.check_bought, SERVICE_BOUGHT),
        (eligibility.check_trialled, SERVICE_TAKEN),
    ],
)
def test_a_service_bought_or_tried_elsewhere_is_refused_by_name(check, reason: Reason) -> None:
    check([CALLING], [MEETINGS, MESSAGING])
    with pytest.raises(Refused) as refused:
        check([CALLING, MEETINGS], [MEETINGS, MESSAGING])
    assert refused.value.reason is reason
    assert refused.value.facts == {"services": (MEETINGS,)}


def test_services_missing_from_the_order_are_lost() -> None:
    trial = [CALLING, MESSAGING, Service.DEVICES]
    assert eligibility.lost_services(trial, [CALLING]) == (MESSAGING, Service.DEVICES)
    assert eligibility.lost_services(trial, Service) == ()


def test_the_last_service_cannot_be_removed() -> None:
    eligibility.check_services([CALLING])
    with pytest.raises(Refused) as refused:
        eligibility.check_services([])
    assert refused.value.reason is LAST_SERVICE
