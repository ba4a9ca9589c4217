"""The status of a trial on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.features.cancel import CANCELLATION
from store.features.consent import ACCEPTANCE, DECLINING
from store.features.convert import CONVERSION
from store.features.extend import EXTENSION
from store.features.provisioned import PROVISIONING
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE
from store.features.start import ADDITION, REQUEST, START
from store.rules import statuses
from store.rules.hub import HubChange
from store.tables import HubTask
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


WHILE_OPEN = [
    # the change, the recorded state, and what is shown instead
    (START, State.PROVISIONING, Status.TO_START),
    (ADDITION, State.PROVISIONING, Status.TO_START),
    (REQUEST, State.CONSENT, Status.TO_REQUEST),
    (ACCEPTANCE, State.PROVISIONING, Status.ACCEPTED_HERE),
    (DECLINING, State.CONSENT, Status.DECLINED_HERE),
    (PROVISIONING, State.PROVISIONING, Status.PENDING_PROVISIONING),
    (EXTENSION, State.ACTIVE, Status.ACTIVE),
    (SERVICE_CHANGE, State.ACTIVE, Status.ACTIVE),
    (LICENCE_CHANGE, State.ACTIVE, Status.ACTIVE),
    (CANCELLATION, State.ACTIVE, Status.ACTIVE),
    (CONVERSION, State.ACTIVE, Status.ACTIVE),
]


@pytest.mark.parametrize(("kind", "state", "shown"), WHILE_OPEN)
def test_an_open_change_is_shown_and_never_as_done(
    kind: HubChange, state: State, shown: Status
) -> None:
    trial = a_trial(state, ends=E if state is State.ACTIVE else None)
    trial.hub_tasks = [HubTask(id=4, change=kind, saved_on=R)]
    assert statuses.status(trial, R) is shown
    assert statuses.is_live(trial, R)


def test_every_kind_of_change_is_in_the_list_above() -> None:
    assert {kind for kind, _, _ in WHILE_OPEN} == set(HubChange.all())


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (0, Status.ACTIVE),
        (1, Status.GRACE),
        (30, Status.GRACE),
        (31, Status.UNSURE),
        (60, Status.UNSURE),
        (61, Status.ENDED),
    ],
)
def test_with_an_open_extension_it_is_unsure_until_sixty_days_after_the_end(
    after: int, shown: Status
) -> None:
    trial = a_trial(ends=E)
    trial.hub_tasks = [HubTask(id=4, change=EXTENSION, saved_on=E)]
    assert statuses.status(trial, E + days(after)) is shown


def test_a_request_that_was_not_sent_never_lapses() -> None:
    trial = a_trial(State.CONSENT, ends=None)
    assert statuses.status(trial, R + days(400)) is Status.PENDING_CONSENT


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
