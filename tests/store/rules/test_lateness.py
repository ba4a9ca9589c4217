"""What is said first, and what of late reminders."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.rules.lateness import LATE, URGENT_FIRST, said, urgency
from store.rules.plan import CUSTOMER_BELLS, plan
from store.terms import Bell, Service, State
from tests.store.examples import E, a_shipment, a_space, a_trial, at, days, rule, trials


def test_every_reminder_has_one_place_in_the_morning_card() -> None:
    assert sorted(URGENT_FIRST) == sorted(Bell)
    assert urgency(Bell.GRACE_29) == 0
    assert urgency(Bell.END) < urgency(Bell.END_MINUS_7) < urgency(Bell.END_MINUS_14)
    assert urgency(Bell.DEVICE_14) < urgency(Bell.DEVICE_7) < urgency(Bell.DEVICE_MINUS_7)


def rings_until(now: datetime):
    trial = a_trial(State.ACTIVE, Service.CALLING)
    trial.shipments = [a_shipment(E)]
    rings = plan(trial, a_space("UTC"), now=now)
    return [ring for ring in rings if E - days(14) < ring.rings_at.date() and ring.rings_at <= now]


def test_after_an_outage_the_partner_and_the_customer_hear_the_newest() -> None:
    now = at(E + days(2))
    late = [ring.kind for ring in said(rings_until(now), now)]
    assert len(rings_until(now)) > len(late)
    assert late == [Bell.CUSTOMER_END, Bell.GRACE_1]


def test_a_late_one_is_silent_beside_one_of_its_subject_that_is_on_time() -> None:
    now = at(E + days(1), 9)
    kinds = [ring.kind for ring in said(rings_until(now), now)]
    assert kinds == [Bell.CUSTOMER_END, Bell.GRACE_1]


def test_six_hours_are_not_late() -> None:
    moment = at(E, 9)
    rings = [ring for ring in rings_until(moment) if ring.rings_at == moment]
    assert {Bell.END, Bell.CUSTOMER_END} <= {ring.kind for ring in rings}
    assert said(rings, moment + LATE) == sorted(rings, key=lambda r: -urgency(r.kind))
    assert len(said(rings, moment + LATE + timedelta(seconds=1))) == 2


@rule
@given(trials(), st.integers(0, 150), st.integers(0, 23))
def test_at_most_one_late_reminder_a_trial_and_audience(trial, after: int, hour: int) -> None:
    now = at(trial.saved_on + days(after), hour)
    due = [ring for ring in plan(trial, a_space(), now=now) if ring.rings_at <= now]
    spoken = said(due, now)
    for customer in (True, False):
        late = [
            ring
            for ring in spoken
            if now - ring.rings_at > LATE and (ring.kind in CUSTOMER_BELLS) is customer
        ]
        assert len(late) <= 1
        heard = [ring for ring in due if (ring.kind in CUSTOMER_BELLS) is customer]
        if heard:
            newest = max(ring.rings_at for ring in heard)
            assert any(ring.rings_at == newest for ring in spoken)
