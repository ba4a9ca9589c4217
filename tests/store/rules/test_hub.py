"""The steps in Partner Hub and the checklist of a conversion."""

from datetime import date

import pytest

from store.refusals import Refused
from store.rules import hub
from store.rules.hub import (
    ADDRESS_DIFFERS,
    CHECKLIST,
    CHECKLIST_OPEN,
    NOT_ORDERED,
    STEPS,
    TIER_TWO,
    Step,
)
from store.terms import HubChange, Kind, MeetingsOption, Service, State
from tests.store.examples import E, a_trial

ALL_TICKED = frozenset(CHECKLIST[1])


def test_every_change_has_steps_without_duplicates() -> None:
    assert set(STEPS) == set(HubChange)
    for steps in STEPS.values():
        assert steps
        assert len(set(steps)) == len(steps)
    assert set(Step) == {step for steps in [*STEPS.values(), *CHECKLIST.values()] for step in steps}


@pytest.mark.parametrize(
    ("kind", "last", "warns", "silent"),
    [
        (Kind.NEW, Step.SET_UP_NOW, Step.NO_CONFIRMATION, Step.CONFIRMATION),
        (Kind.EXISTING, Step.SEND_REQUEST, Step.CONFIRMATION, Step.NO_CONFIRMATION),
        (Kind.PAID, Step.START_ADDED, None, Step.CONFIRMATION),
    ],
)
def test_each_kind_of_trial_has_its_own_start_steps(
    kind: Kind, last: Step, warns: Step | None, silent: Step
) -> None:
    steps = hub.steps(a_trial(), hub.STARTED_BY[kind])
    assert steps[-1] is last
    assert warns is None or warns in steps
    assert silent not in steps


def test_site_and_device_steps_appear_only_if_requested() -> None:
    plain = hub.steps(a_trial(), HubChange.START)
    assert not {Step.SITE, Step.DEVICES} & set(plain)
    full = a_trial(meetings_options=[MeetingsOption.ENTERPRISE.value])
    assert Step.SITE in hub.steps(full, HubChange.START)
    devices = a_trial(State.ACTIVE, Service.DEVICES)
    assert Step.DEVICES in hub.steps(devices, HubChange.REQUEST)
    assert hub.steps(devices, HubChange.EXTEND) == STEPS[HubChange.EXTEND]


def test_open_steps_keep_their_order() -> None:
    assert hub.open_items(1, ()) == CHECKLIST[1]
    assert hub.open_items(1, {"order-number", "contact"})[0] is Step.SERVICES_ON_ORDER
    assert hub.open_items(1, ALL_TICKED) == ()


def test_provisioned_requires_the_order_and_every_item_or_a_reason() -> None:
    ordered = a_trial(ordered_on=E)
    hub.check_conversion(ordered, 1, ALL_TICKED)
    hub.check_conversion(ordered, 1, (), why="the customer did it himself")
    with pytest.raises(Refused) as refused:
        hub.check_conversion(ordered, 1, ALL_TICKED - {Step.DATA_CHECKED}, why="  ")
    assert refused.value.reason is CHECKLIST_OPEN
    assert refused.value.facts["items"] == (Step.DATA_CHECKED,)


@pytest.mark.parametrize(
    ("tier", "ordered", "handed_over", "allowed"),
    [(1, None, None, False), (1, None, E, False), (2, E, None, False), (2, None, E, True)],
)
def test_the_checklist_follows_the_order_or_the_handover(
    tier: int, ordered: date | None, handed_over: date | None, allowed: bool
) -> None:
    trial = a_trial(ordered_on=ordered, handed_over_on=handed_over)
    if allowed:
        hub.check_conversion(trial, tier, ())
        return
    with pytest.raises(Refused) as refused:
        hub.check_conversion(trial, tier, ALL_TICKED)
    assert refused.value.reason is NOT_ORDERED


def test_a_tier_two_partner_orders_nothing() -> None:
    hub.check_order(1)
    with pytest.raises(Refused) as refused:
        hub.check_order(2)
    assert refused.value.reason is TIER_TWO


def test_another_administrators_address_is_refused() -> None:
    hub.check_administrator(" Ann@Acme.example ", "ann@acme.example")
    with pytest.raises(Refused) as refused:
        hub.check_administrator("bob@acme.example", "ann@acme.example")
    assert refused.value.reason is ADDRESS_DIFFERS
