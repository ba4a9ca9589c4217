"""Which reminders a trial has and when: every row of the plan, and general properties.

The plan: docs/domain.md#reminder-plan.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from store.features.cancel import CANCELLATION
from store.features.consent import CONSENT_20, CONSENT_27, NO_CONSENT
from store.features.convert import CONVERSION, ORDERED_5, ORDERED_20, ORDERED_27, ORDERED_29
from store.features.customer_notices import (
    CUSTOMER_DEVICE,
    CUSTOMER_DEVICE_7,
    CUSTOMER_END,
    CUSTOMER_MINUS_7,
)
from store.features.digest import DIGEST, next_digest
from store.features.expiry import (
    CALLING_STOPS,
    END,
    END_MINUS_7,
    END_MINUS_14,
    GRACE_1,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
    GRACE_OVER,
    NUMBERS_7,
    NUMBERS_RELEASED,
)
from store.features.extend import EXTENSION, STILL_UNSURE
from store.features.partner_hub import HUB_1, HUB_3, HUB_WEEKLY
from store.features.provisioned import PROVISION_2, PROVISION_7, PROVISION_WEEKLY, PROVISIONING
from store.features.returns import DEVICE_7, DEVICE_14, DEVICE_MINUS_7, DEVICE_WEEKLY
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE
from store.rules.dates import all_back, is_working_day
from store.rules.hub import is_quiet
from store.rules.plan import (
    Ring,
    instant,
    plan,
    slot_of,
    topic_of,
    upcoming,
)
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.snoozes import SNOOZES
from store.tables import HubTask, Trial
from store.terms import Service, State
from tests.store.examples import (
    CUSTOMERS,
    OF_THE_SERVICE,
    D,
    E,
    R,
    a_shipment,
    a_space,
    a_trial,
    at,
    calendar_days,
    days,
    hours,
    rule,
    still_out,
    trials,
    zones,
)

BEFORE = at(date(2026, 1, 1))
SOFIA = ZoneInfo("Europe/Sofia")


def table(trial: Trial, now: datetime = BEFORE, **space: object) -> list[tuple[ReminderKind, date]]:
    """The kinds of reminders and their local dates, in order."""
    room = a_space(**space)  # type: ignore[arg-type]
    zone = ZoneInfo(room.time_zone)
    rings = plan(trial, room, now=now)
    return [(ring.kind, ring.rings_at.astimezone(zone).date()) for ring in rings]


def kinds(trial: Trial, now: datetime = BEFORE) -> set[ReminderKind]:
    return {ring.kind for ring in plan(trial, a_space(), now=now)}


# ------------------------------------------------------------------ the table's rows


def test_consent_reminders_ring_on_days_20_and_27_and_consent_lapses_after_30() -> None:
    trial = a_trial(State.CONSENT, ends=None, asked_on=R)
    assert table(trial) == [
        (CONSENT_20, R + days(20)),
        (CONSENT_27, R + days(27)),
        (NO_CONSENT, R + days(31)),
    ]


def test_an_accepted_trial_has_reminders_after_2_and_7_days_then_weekly() -> None:
    trial = a_trial(State.PROVISIONING, ends=None, asked_on=R, accepted_on=R)
    assert table(trial, now=at(R)) == [
        (PROVISION_2, R + days(2)),
        (PROVISION_7, R + days(7)),
        (PROVISION_WEEKLY, R + days(14)),
    ]
    later = [day for kind, day in table(trial, now=at(R + days(40))) if kind.is_weekly]
    assert later == [R + days(n) for n in (14, 21, 28, 35, 42, 49)]


def test_reminders_before_the_end_and_during_grace() -> None:
    assert table(a_trial()) == [
        (END_MINUS_14, E - days(14)),
        (CUSTOMER_MINUS_7, E - days(7)),
        (END_MINUS_7, E - days(7)),
        (CUSTOMER_END, E),
        (END, E),
        (GRACE_1, E + days(1)),
        (GRACE_15, E + days(15)),
        (GRACE_27, E + days(27)),
        (GRACE_29, E + days(29)),
        (GRACE_30, E + days(30)),
        (GRACE_OVER, E + days(31)),
    ]


def test_a_calling_trial_has_reminders_of_its_end_and_numbers() -> None:
    extra = set(table(a_trial(State.ACTIVE, Service.CALLING))) - set(table(a_trial()))
    assert extra == {
        (CALLING_STOPS, E + days(30)),
        (NUMBERS_7, E + days(38)),
        (NUMBERS_RELEASED, E + days(45)),
    }


def test_open_changes_have_reminders_after_1_and_3_days_then_weekly() -> None:
    trial = a_trial()
    quiet = table(trial, now=at(R))
    trial.hub_tasks = [
        HubTask(id=4, change=SERVICE_CHANGE, saved_on=R),
        HubTask(id=5, change=LICENCE_CHANGE, saved_on=R),
        HubTask(id=6, change=SERVICE_CHANGE, saved_on=R, done_on=R),
        HubTask(id=7, change=PROVISIONING, saved_on=R),  # has its own reminders
        HubTask(id=8, change=CONVERSION, saved_on=R),  # and so does this
    ]
    extra = [entry for entry in table(trial, now=at(R)) if entry not in quiet]
    assert extra == [
        (kind, R + days(n))
        for kind, n in ((HUB_1, 1), (HUB_3, 3), (HUB_WEEKLY, 10))
        for _ in range(2)
    ]
    keys = [ring.key for ring in plan(trial, a_space(), now=at(R + days(40)))]
    assert len(keys) == len(set(keys))


def test_an_extension_is_reminded_of_until_the_end_then_by_the_reminders_of_the_end() -> None:
    trial = a_trial(customer_notices=False)
    trial.hub_tasks = [HubTask(id=4, change=EXTENSION, saved_on=E - days(10))]
    own = {HUB_1, HUB_3, HUB_WEEKLY}
    heard = [(kind, day) for kind, day in table(trial, now=at(E + days(60))) if kind in own]
    assert heard == [(HUB_1, E - days(9)), (HUB_3, E - days(7)), (HUB_WEEKLY, E)]


def test_device_reminders_continue_until_everything_is_back() -> None:
    trial = a_trial(State.CONVERTED)
    trial.shipments = [a_shipment(D)]
    assert table(trial, now=at(D + days(15))) == [
        (DEVICE_MINUS_7, D - days(7)),
        (CUSTOMER_DEVICE, D),
        (CUSTOMER_DEVICE_7, D + days(7)),
        (DEVICE_7, D + days(7)),
        (DEVICE_14, D + days(14)),
        (DEVICE_WEEKLY, D + days(21)),
        (DEVICE_WEEKLY, D + days(28)),
    ]
    trial.shipments[0].serials[0].returned_on = D
    assert table(trial)
    trial.shipments[0].serials[1].returned_on = D
    assert not table(trial)


def test_devices_without_a_due_date_have_no_reminders() -> None:
    trial = a_trial(State.ENDED)
    trial.shipments = [a_shipment(None)]
    assert not table(trial)


def test_an_ordered_trial_has_only_provisioning_reminders() -> None:
    assert table(a_trial(ordered_on=E - days(3))) == [
        (ORDERED_5, E + days(2)),
        (ORDERED_20, E + days(20)),
        (ORDERED_27, E + days(27)),
        (ORDERED_29, E + days(29)),
        (GRACE_OVER, E + days(31)),
    ]
    assert table(a_trial(handed_over_on=E - days(3))) == table(a_trial(ordered_on=E - days(3)))
    late = kinds(a_trial(State.ACTIVE, Service.CALLING, ordered_on=E + days(28)))
    assert ORDERED_5 not in late
    assert late > {NUMBERS_7, NUMBERS_RELEASED}


def test_a_trial_let_go_keeps_its_end_last_safe_day_and_device_reminders() -> None:
    trial = a_trial(State.ACTIVE, Service.CALLING, let_go=True, customer_notices=False)
    trial.hub_tasks = [HubTask(id=4, change=SERVICE_CHANGE, saved_on=R)]
    assert kinds(trial) == {END, GRACE_29, GRACE_30, GRACE_OVER}
    trial.shipments = [a_shipment(D)]
    assert {DEVICE_MINUS_7, DEVICE_7, DEVICE_14} <= kinds(trial)


def test_customers_are_notified_only_if_notices_are_on() -> None:
    trial = a_trial(customer_notices=True)
    trial.shipments = [a_shipment(D)]
    with_notices = kinds(trial)
    trial.customer_notices = False
    assert with_notices - kinds(trial) == CUSTOMERS


# ------------------------------------------------------------------ finished trials


@rule
@given(trials([State.ENDED, State.CONVERTED, State.CANCELLED]), calendar_days)
def test_a_finished_trial_has_only_reminders_of_calling_numbers(trial: Trial, now: date) -> None:
    calling = any(row.service is Service.CALLING for row in trial.services)
    heard = kinds(trial, at(now)) & OF_THE_SERVICE
    if trial.state is State.ENDED and calling:
        assert heard <= {CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED}
        assert trial.let_go or trial.snoozed_until or heard >= {NUMBERS_7, NUMBERS_RELEASED}
    else:
        assert heard == set()


@rule
@given(trials(), calendar_days)
def test_device_reminders_continue_whatever_the_trials_outcome(trial: Trial, now: date) -> None:
    assume(trial.snoozed_until is None)
    rings = plan(trial, a_space(), now=at(now))
    devices = {ring.shipment_id for ring in rings if ring.shipment_id is not None}
    assert devices <= {s.id for s in still_out(trial)}
    owed = {
        s.id
        for s in still_out(trial)
        if s.expires_on
        and (s.pickup_on is None or s.pickup_on + days(7) <= s.expires_on + days(14))
    }
    assert owed <= devices
    for state in State:
        other = a_trial(state, asked_on=R, accepted_on=R, customer_notices=trial.customer_notices)
        other.shipments = trial.shipments
        again = [r for r in plan(other, a_space(), now=at(now)) if r.shipment_id is not None]
        assert again == [ring for ring in rings if ring.shipment_id is not None]


def test_a_trial_to_be_cancelled_has_only_its_last_reminders() -> None:
    trial = a_trial(State.ACTIVE, Service.CALLING)
    trial.hub_tasks = [HubTask(id=5, change=CANCELLATION, saved_on=E - days(1))]
    assert table(trial) == [
        (END, E),
        (HUB_1, E),
        (HUB_3, E + days(2)),
        (HUB_WEEKLY, E + days(9)),
        (GRACE_29, E + days(29)),
        (GRACE_30, E + days(30)),
        (GRACE_OVER, E + days(31)),
    ]


# ------------------------------------------------------------------ properties of every plan


@rule
@given(trials(), calendar_days, zones, hours, st.booleans())
def test_a_plan_is_sorted_deterministic_and_without_duplicates(
    trial: Trial, now: date, zone: str, hour: int, working: bool
) -> None:
    space = a_space(zone, hour, working)
    rings = plan(trial, space, now=at(now))
    assert rings == plan(trial, space, now=at(now))
    assert rings == sorted(rings)
    assert len({ring.key for ring in rings}) == len(rings)
    for ring in rings:
        assert ring.rings_at.tzinfo is UTC
        assert ring.key.startswith(f"17/{ring.kind}/{ring.anchor}")


@rule
@given(trials(), calendar_days, st.integers(0, 200), zones)
def test_planning_later_only_adds_weekly_reminders(
    trial: Trial, now: date, later: int, zone: str
) -> None:
    space = a_space(zone)
    one, two = (plan(trial, space, now=at(now + days(n))) for n in (0, later))
    assert set(one) <= set(two)
    assert {ring.kind for ring in set(two) - set(one)} <= {
        PROVISION_WEEKLY,
        DEVICE_WEEKLY,
        HUB_WEEKLY,
    }


@rule
@given(trials(), calendar_days, st.integers(-60, 60), zones, hours)
def test_moving_a_trial_by_weeks_moves_its_plan_by_weeks(
    trial: Trial, now: date, weeks: int, zone: str, hour: int
) -> None:
    space, by = a_space(zone, hour), timedelta(weeks=weeks)
    local = [_local(ring, zone) for ring in plan(trial, space, now=at(now))]
    _move(trial, by)
    moved = [_local(ring, zone) for ring in plan(trial, space, now=at(now + by))]
    expected = [(kind, day + by, clock, anchor + by) for kind, day, clock, anchor in local]
    if all(clock.hour == hour for *_, clock, _ in [*moved, *local]):
        assert sorted(moved) == sorted(expected)
    else:  # an hour skipped by the change to summer time
        assert sorted((k, a) for k, *_, a in moved) == sorted((k, a) for k, *_, a in expected)


def _local(ring: Ring, zone: str) -> tuple:
    there = ring.rings_at.astimezone(ZoneInfo(zone))
    return ring.kind, there.date(), there.time(), ring.anchor


def _move(trial: Trial, by: timedelta) -> None:
    rows = [trial, *trial.shipments, *trial.hub_tasks]
    for row in rows:
        for field, value in list(row.model_dump().items()):
            if isinstance(value, date):
                setattr(row, field, value + by)


@rule
@given(trials(), zones)
def test_a_weekly_reminder_is_followed_by_one_a_week_later(trial: Trial, zone: str) -> None:
    assume(trial.snoozed_until is None)
    space = a_space(zone, working_days=True)
    now = at(trial.saved_on + days(200))
    weekly = {PROVISION_WEEKLY, DEVICE_WEEKLY}
    chains: dict[tuple, list[Ring]] = {}
    for ring in plan(trial, space, now=now):
        if ring.kind in weekly:
            chains.setdefault((ring.kind, ring.shipment_id), []).append(ring)
    accepted = trial.state is State.PROVISIONING and not is_quiet(trial)
    assert len(chains) == len(still_out(trial)) + accepted
    for chain in chains.values():
        for ring, following in pairwise(chain):
            assert following.anchor - ring.anchor == days(7)
            when_it_rings = plan(trial, space, now=ring.rings_at)
            assert following in when_it_rings
        assert chain[-1].rings_at > now


# ------------------------------------------------------------------ local hours


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 7, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 6, tzinfo=UTC)),  # summer time begins
        (date(2026, 10, 24), datetime(2026, 10, 24, 6, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 7, tzinfo=UTC)),  # summer time ends
    ],
)
def test_nine_oclock_stays_nine_oclock_across_summer_time(day: date, utc: datetime) -> None:
    assert instant(day, 9, SOFIA) == utc


def test_a_skipped_or_repeated_hour_rings_once() -> None:
    gap, fold = date(2026, 3, 29), date(2026, 10, 25)
    assert instant(gap, 3, SOFIA).astimezone(SOFIA).hour == 4
    assert instant(fold, 3, SOFIA) == datetime(2026, 10, 25, 0, tzinfo=UTC)


@rule
@given(calendar_days, hours, zones)
def test_a_local_hour_is_kept_except_in_a_gap(day: date, hour: int, zone: str) -> None:
    there = instant(day, hour, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert there.date() == day
    gap = there.hour - hour
    assert gap in (0, 1)
    if gap:
        before = instant(day - days(1), hour, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
        assert before.utcoffset() != there.utcoffset()


# ------------------------------------------------------------------ working days


def test_a_weekend_reminder_to_a_partner_rings_on_friday_and_keeps_its_date() -> None:
    saturday = date(2026, 4, 4)
    trial = a_trial(ends=saturday)
    rings = {ring.kind: ring for ring in plan(trial, a_space(working_days=True), now=BEFORE)}
    assert rings[END].rings_at.astimezone(SOFIA).date() == saturday - days(1)
    assert rings[END].names_day == saturday
    assert rings[END].anchor == saturday
    assert rings[CUSTOMER_END].rings_at.astimezone(SOFIA).date() == saturday
    assert rings[GRACE_1].rings_at.astimezone(SOFIA).date() == saturday + days(2)
    assert rings[GRACE_1].names_day == saturday + days(1)


def test_holidays_count_if_working_days_are_on() -> None:
    trial, holidays = a_trial(), frozenset({E})
    off = plan(trial, a_space(), now=BEFORE, holidays=holidays)
    assert off == plan(trial, a_space(), now=BEFORE)
    on = plan(trial, a_space(working_days=True), now=BEFORE, holidays=holidays)
    end = next(ring for ring in on if ring.kind is END)
    assert end.rings_at.astimezone(SOFIA).date() == E - days(1)


def test_two_weeks_of_holidays_give_no_duplicate_weekly_reminders() -> None:
    trial = a_trial(State.CONVERTED)
    trial.shipments = [a_shipment(D)]
    holidays = frozenset(D + days(n) for n in range(17, 31))
    space = a_space(working_days=True)
    rings = plan(trial, space, now=at(D + days(40)), holidays=holidays)
    weekly = [ring.rings_at.date() for ring in rings if ring.kind is DEVICE_WEEKLY]
    assert len(weekly) == len(set(weekly)) == 5


@rule
@given(trials(), calendar_days, st.frozensets(calendar_days, max_size=40))
def test_working_days_move_only_partner_reminders_and_keep_their_order(
    trial: Trial, now: date, holidays: frozenset[date]
) -> None:
    trial.snoozed_until = None
    space = a_space("UTC")
    true = {ring.key: ring for ring in plan(trial, space, now=at(now))}
    space.working_days = True
    rings = plan(trial, space, now=at(now), holidays=holidays)
    assert {ring.key for ring in rings} == set(true)
    for ring in rings:
        day = true[ring.key].rings_at.date()
        assert ring.names_day == day
        if ring.kind.keeps_its_day or is_working_day(day, holidays):
            assert ring.rings_at == true[ring.key].rings_at
        else:
            assert is_working_day(ring.rings_at.date(), holidays)
            assert day - days(60) < ring.rings_at.date() <= day + days(6)
        if (ring.kind.after or 0) > 0:
            assert ring.rings_at.date() > ring.anchor


# ------------------------------------------------------------------ pickup and snooze


def test_a_booked_pickup_silences_reminders_for_seven_days() -> None:
    trial = a_trial(State.ENDED)
    trial.shipments = [a_shipment(D, pickup_on=D + days(10))]
    assert table(trial, now=at(D + days(15))) == [
        (DEVICE_WEEKLY, D + days(21)),
        (DEVICE_WEEKLY, D + days(28)),
    ]
    trial.shipments[0].pickup_on = D + days(7)
    assert (DEVICE_14, D + days(14)) in table(trial)


@pytest.mark.parametrize(
    ("snoozed_until", "again"),
    [
        (E - days(13), (END_MINUS_14, E - days(13))),
        (E - days(4), (END_MINUS_7, E - days(4))),
        (E - days(7), None),  # the next one rings that day anyway
        (E, None),
        (E + days(16), (GRACE_15, E + days(16))),
        (E + days(28), (GRACE_27, E + days(28))),
    ],
)
def test_a_snoozed_reminder_rings_again_on_its_day(snoozed_until: date, again: tuple) -> None:
    plain, snoozed = table(a_trial()), table(a_trial(snoozed_until=snoozed_until))
    added = [entry for entry in snoozed if entry not in plain]
    assert added == ([again] if again else [])
    silent = {entry for entry in plain if entry not in snoozed}
    assert silent == {(k, day) for k, day in plain if k.can_wait and day < snoozed_until}


def test_a_snooze_leaves_reminders_on_its_last_day_unchanged() -> None:
    space, trial = a_space(), a_trial()
    plain = plan(trial, space, now=BEFORE)
    trial.snoozed_until = E - days(7)
    snoozed = plan(trial, space, now=BEFORE)
    assert snoozed == [ring for ring in plain if ring.kind is not END_MINUS_14]


def test_a_snooze_keeps_reminders_of_other_topics() -> None:
    trial = a_trial(snoozed_until=E - days(11))
    trial.shipments = [a_shipment(E - days(5))]  # its D−7 falls within the snooze
    on_the_day = [kind for kind, day in table(trial) if day == E - days(11)]
    assert sorted(on_the_day) == [DEVICE_MINUS_7, END_MINUS_14]


@rule
@given(trials(), st.sampled_from(SNOOZES), st.booleans())
def test_a_snooze_leaves_deadlines_customer_notices_and_later_reminders(
    trial: Trial, count: int, working: bool
) -> None:
    until = trial.snoozed_until
    assume(until is not None)
    now = until - days(count)
    space = a_space("UTC", working_days=working)
    snoozed = plan(trial, space, now=at(now))
    trial.snoozed_until = None
    plain = plan(trial, space, now=at(now))
    untouched = [r for r in plain if not r.kind.can_wait or r.rings_at.date() >= until]
    assert set(untouched) <= set(snoozed)
    for ring in set(snoozed) - set(plain):
        assert ring.rings_at.date() == until
        original = next(r for r in plain if ring.key == f"{r.key}/{until}")
        assert replace(original, rings_at=ring.rings_at, key=ring.key) == ring


# ------------------------------------------------------------------ upcoming reminders


def test_only_future_reminders_are_planned() -> None:
    space = a_space()
    rings = plan(a_trial(), space, now=at(E))
    ahead = upcoming(rings, space, since=at(E, 7))
    assert [ring.kind for ring in ahead][:2] == [GRACE_1, GRACE_15]
    assert upcoming(rings, space, since=at(E, 6))[0].kind is CUSTOMER_END
    assert upcoming(rings, space, since=at(E - days(100))) == rings


def test_a_reminder_moved_into_the_past_still_rings() -> None:
    """Saved on Friday noon with E−7 on Sunday: Friday's nine o'clock is over, Sunday isn't."""
    sunday = date(2026, 3, 22)
    space = a_space(working_days=True)
    rings = plan(a_trial(ends=sunday + days(7)), space, now=at(sunday - days(2)))
    ahead = upcoming(rings, space, since=at(sunday - days(2)))
    assert END_MINUS_7 in {ring.kind for ring in ahead}
    after = upcoming(rings, space, since=at(sunday))
    assert END_MINUS_7 not in {ring.kind for ring in after}


# ------------------------------------------------------------------ the digest


@rule
@given(calendar_days, zones, hours)
def test_the_digest_rings_once_on_the_next_monday(today: date, zone: str, hour: int) -> None:
    ring = next_digest(a_space(zone, hour), today)
    assert ring.anchor.weekday() == 0
    assert days(1) <= ring.anchor - today <= days(7)
    assert ring.key == f"space/1/digest/{ring.anchor}"
    assert ring.rings_at.astimezone(ZoneInfo(zone)).date() == ring.anchor
    following = next_digest(a_space(zone, hour), ring.anchor)
    assert following.anchor == ring.anchor + days(7)


def test_exactly_these_kinds_of_reminder_are_weekly() -> None:
    assert {kind for kind in ReminderKind.all() if kind.is_weekly} == {
        PROVISION_WEEKLY,
        DEVICE_WEEKLY,
        HUB_WEEKLY,
        STILL_UNSURE,
        DIGEST,
    }
    assert not [s for s in [a_shipment()] if all_back(s)]


# ------------------------------------------------------------------ topics


@rule
@given(trials(), calendar_days)
def test_a_key_gives_the_topic_of_its_reminder(trial: Trial, today: date) -> None:
    for ring in plan(trial, a_space(), now=at(today)):
        tasks = {f"/task{task.id}" for task in trial.hub_tasks}
        topics = {
            Topic.SERVICE: {""},
            Topic.DEVICES: {f"/shipment{ring.shipment_id}"},
            Topic.TO_DO: tasks,
        }
        assert topic_of(ring.key) in topics[ring.kind.topic]


def test_reminders_of_the_same_topic_share_a_slot() -> None:
    assert slot_of(17, END, "17/end/2026-03-31") == "trial/17/bell"
    assert slot_of(17, END_MINUS_14, "17/end-14/2026-03-31/2026-03-20") == "trial/17/bell"
    put_off = "17/device-7/2026-05-04/shipment3/2026-04-28"
    assert slot_of(17, DEVICE_MINUS_7, put_off) == "trial/17/bell/shipment3"
    assert slot_of(17, HUB_1, "17/hub+1/2026-03-31/task4") == "trial/17/bell/task4"
    assert slot_of(17, CUSTOMER_END, "17/customer-end/2026-03-31") == "customer/17/service"
    assert (
        slot_of(17, CUSTOMER_DEVICE, "17/customer-device/2026-05-04/shipment3") == "customer/17/3"
    )
