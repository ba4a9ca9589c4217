"""The order of reminders, and which late reminders are sent."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.features.customer_notices import CUSTOMER_DEVICE, CUSTOMER_END
from store.features.expiry import END, END_MINUS_7, END_MINUS_14, GRACE_1, GRACE_29
from store.features.partner_hub import HUB_1, HUB_3
from store.features.returns import DEVICE_7, DEVICE_14, DEVICE_MINUS_7
from store.rules.lateness import LATE, said
from store.rules.plan import plan, topic_of
from store.rules.reminder_kinds import ReminderKind, Topic
from store.terms import Service, State
from tests.store.examples import E, a_shipment, a_space, a_trial, at, days, rule, trials


def test_every_reminder_has_a_unique_place_in_the_morning_card() -> None:
    places = [kind.urgency for kind in ReminderKind.all()]
    assert len(set(places)) == len(places)
    assert min(places) == GRACE_29.urgency
    assert END.urgency < END_MINUS_7.urgency < END_MINUS_14.urgency
    assert DEVICE_14.urgency < DEVICE_7.urgency < DEVICE_MINUS_7.urgency


def rings_until(now: datetime):
    trial = a_trial(State.ACTIVE, Service.CALLING)
    trial.shipments = [a_shipment(E)]
    rings = plan(trial, a_space("UTC"), now=now)
    return [ring for ring in rings if E - days(14) < ring.rings_at.date() and ring.rings_at <= now]


def test_after_an_outage_only_the_newest_reminders_are_sent() -> None:
    now = at(E + days(2))
    late = [ring.kind for ring in said(rings_until(now), now)]
    assert len(rings_until(now)) > len(late)
    assert late == [DEVICE_MINUS_7, CUSTOMER_DEVICE, CUSTOMER_END, GRACE_1]


def test_a_late_reminder_silences_none_of_another_topic() -> None:
    now = at(E + days(9))
    ring, *_ = [ring for ring in rings_until(at(E)) if ring.kind is END]
    late = [
        replace(ring, kind=kind, key=f"17/{kind}/{E}{topic}", rings_at=at(E + days(n)))
        for n, kind, topic in (
            (0, END, ""),
            (1, HUB_1, "/task5"),
            (2, HUB_1, "/task6"),
            (3, HUB_3, "/task5"),
            (4, DEVICE_7, "/shipment8"),
            (5, DEVICE_7, "/shipment9"),
        )
    ]
    heard = [ring.key.split("/", 1)[1] for ring in said(late, now)]
    assert heard == [
        f"end/{E}",
        f"hub+1/{E}/task6",
        f"hub+3/{E}/task5",
        f"device+7/{E}/shipment8",
        f"device+7/{E}/shipment9",
    ]


def test_a_late_reminder_is_dropped_if_its_topic_has_one_on_time() -> None:
    now = at(E + days(1), 9)
    kinds = [ring.kind for ring in said(rings_until(now), now)]
    assert kinds == [DEVICE_MINUS_7, CUSTOMER_DEVICE, CUSTOMER_END, GRACE_1]


def test_what_somebody_set_is_said_however_late_and_makes_nothing_obsolete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReminderKind, "_known", dict(ReminderKind._known))
    kind = ReminderKind("set-by-somebody", after=0, urgency=1, topic=Topic.OWN)
    assert (kind.can_wait, kind.keeps_its_day) == (False, True)
    now = at(E + days(2))
    due = rings_until(now)
    own = [replace(due[0], kind=kind, rings_at=at(E + days(n))) for n in (-3, 2)]
    assert [ring.kind for ring in said(own, now)] == [kind, kind]
    assert [ring for ring in said([*due, *own], now) if ring.kind is not kind] == said(due, now)


def test_six_hours_are_not_late() -> None:
    moment = at(E, 9)
    rings = [ring for ring in rings_until(moment) if ring.rings_at == moment]
    assert {END, CUSTOMER_END} <= {ring.kind for ring in rings}
    assert said(rings, moment + LATE) == sorted(rings, key=lambda r: -r.kind.urgency)
    assert len(said(rings, moment + LATE + timedelta(seconds=1))) == 3


@rule
@given(trials(), st.integers(0, 150), st.integers(0, 23))
def test_at_most_one_late_reminder_per_topic_and_audience(trial, after: int, hour: int) -> None:
    now = at(trial.saved_on + days(after), hour)
    due = [ring for ring in plan(trial, a_space(), now=now) if ring.rings_at <= now]
    spoken = said(due, now)
    for customer in (True, False):
        late = [
            ring
            for ring in spoken
            if now - ring.rings_at > LATE and ring.kind.to_customer is customer
        ]
        topics = [(ring.kind.topic, topic_of(ring.key)) for ring in late]
        assert len(topics) == len(set(topics))
        heard = [ring for ring in due if ring.kind.to_customer is customer]
        if heard:
            newest = max(ring.rings_at for ring in heard)
            assert any(ring.rings_at == newest for ring in spoken)
