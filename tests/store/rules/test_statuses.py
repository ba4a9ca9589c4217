"""The status of a trial on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.rules import statuses
from store.terms import State, Status
from tests.store.examples import E, R, a_trial, calendar_days, days, rule, trials


@pytest.mark.parametrize(
    ("after", "status", "left", "grace"),
    [
        (-65, Status.ACTIVE, 65, None),
        (-1, Status.ACTIVE, 1, None),
        (0, Status.ACTIVE, 0, None),
        (1, Status.GRACE, None, 29),
        (2, Status.GRACE, None, 28),
        (29, Status.GRACE, None, 1),
        (30, Status.GRACE, None, 0),
        (31, Status.ENDED, None, None),
        (400, Status.ENDED, None, None),
    ],
)
def test_dates_decide_the_status_of_an_active_trial(
    after: int, status: Status, left: int | None, grace: int | None
) -> None:
    trial, today = a_trial(ends=E), E + days(after)
    assert statuses.status(trial, today) is status
    assert statuses.days_left(trial, today) == left
    assert statuses.grace_left(trial, today) == grace
    assert statuses.is_live(trial, today) is (status is not Status.ENDED)


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (0, Status.PENDING_CONSENT),
        (30, Status.PENDING_CONSENT),
        (31, Status.CANCELLED),
    ],
)
def test_consent_counts_until_the_end_of_the_thirtieth_day(after: int, status: Status) -> None:
    trial = a_trial(State.CONSENT, ends=None, asked_on=R)
    assert statuses.status(trial, R + days(after)) is status
    assert statuses.lapsed(trial, R + days(after)) is (status is Status.CANCELLED)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.PROVISIONING, Status.PENDING_PROVISIONING),
        (State.ENDED, Status.ENDED),
        (State.CONVERTED, Status.CONVERTED),
        (State.CANCELLED, Status.CANCELLED),
    ],
)
def test_a_recorded_status_stays_whatever_the_date(state: State, status: Status) -> None:
    trial = a_trial(state, asked_on=R)
    for day in (R, E, E + days(10), E + days(500)):
        assert statuses.status(trial, day) is status
        assert statuses.days_left(trial, day) is None
        assert statuses.grace_left(trial, day) is None


def test_an_order_alone_does_not_stop_the_clock() -> None:
    trial = a_trial(ordered_on=E)
    assert statuses.status(trial, E + days(30)) is Status.GRACE
    assert statuses.status(trial, E + days(31)) is Status.ENDED


@rule
@given(trials(), calendar_days, st.integers(1, 400))
def test_a_date_never_reopens_a_finished_trial(trial, today: date, later: int) -> None:
    if not statuses.is_live(trial, today):
        then = today + timedelta(days=later)
        assert statuses.status(trial, then) is statuses.status(trial, today)


@rule
@given(trials(), calendar_days)
def test_days_left_and_grace_left_depend_on_the_status(trial, today: date) -> None:
    left, grace = statuses.days_left(trial, today), statuses.grace_left(trial, today)
    shown = statuses.status(trial, today)
    assert (left is not None) == (shown is Status.ACTIVE)
    assert (grace is not None) == (shown is Status.GRACE)
    assert left is None or left >= 0
    assert grace is None or 0 <= grace <= 29
