"""The steps in Partner Hub and the checklist of a conversion."""

from datetime import date

import pytest

from store.features.convert import CONVERSION
from store.features.extend import EXTENSION
from store.features.start import REQUEST, START, STARTED_BY
from store.refusals import Refused
from store.rules import hub
from store.rules.hub import (
    ADDRESS_DIFFERS,
    CHECKLIST,
    CHECKLIST_OPEN,
    NOT_ORDERED,
    TIER_TWO,
    HubChange,
    Step,
)
from store.tables import HubTask
from store.terms import Kind, MeetingsOption, Service, State
from tests.store.examples import E, R, a_trial

ALL_TICKED = frozenset(CHECKLIST[1])


def task(kind: HubChange, **facts: object) -> HubTask:
    return HubTask(id=4, change=kind, saved_on=R, facts=facts)


def test_every_change_has_steps_without_duplicates() -> None:
    lists = [kind.steps for kind in HubChange.all()]
    for steps in lists:
        assert steps
        assert len(set(steps)) == len(steps)
    assert set(Step) == {step for steps in [*lists, *CHECKLIST.values()] for step in steps}


@pytest.mark.parametrize("kind", HubChange.all())
def test_every_change_can_be_confirmed_but_conversion_which_has_its_checklist(
    kind: HubChange,
) -> None:
    assert hasattr(kind, "confirm") is (kind is not CONVERSION)


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
    steps = hub.steps(a_trial(), task(STARTED_BY[kind]))
    assert steps[-1] is last
    assert warns is None or warns in steps
    assert silent not in steps


def test_site_and_device_steps_appear_only_if_requested() -> None:
    plain = hub.steps(a_trial(), task(START))
    assert not {Step.SITE, Step.DEVICES} & set(plain)
    full = a_trial(meetings_options=[MeetingsOption.ENTERPRISE.value])
    assert Step.SITE in hub.steps(full, task(START))
    devices = a_trial(State.ACTIVE, Service.DEVICES)
    assert Step.DEVICES in hub.steps(devices, task(REQUEST))
    assert hub.steps(devices, task(EXTENSION)) == EXTENSION.steps


def test_what_a_former_release_or_a_newer_one_wrote_is_not_open() -> None:
    trial = a_trial()
    trial.hub_tasks = [
        HubTask(id=4, change=EXTENSION, saved_on=R, waits=False),
        HubTask(id=5, change="of a newer release", saved_on=R),
        HubTask(id=6, change=EXTENSION, saved_on=R, done_on=R),
        HubTask(id=7, change=EXTENSION, saved_on=R),
    ]
    assert [task.id for task in hub.open_changes(trial)] == [7]
    assert hub.opened(trial, EXTENSION) is trial.hub_tasks[3]


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
