"""Who may do what, what a trial is on a day, and what may happen to it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import policy
from store.policy import BECOMES, BY_DATE, LIVE, TRANSITIONS, Action, Change
from store.refusals import Reason, Refused
from store.terms import Role, State, Status
from tests.store.examples import E, R, a_trial, at, calendar_days, days, rule, trials

# ------------------------------------------------------------------ who may


@pytest.mark.parametrize(
    ("role", "others", "own"),
    [
        (Role.FULL, set(Action), set(Action)),
        (
            Role.ADMIN,
            {Action.SEE, Action.START},
            {Action.SEE, Action.START, Action.CHANGE},
        ),
        (Role.READ_ONLY, {Action.SEE}, {Action.SEE}),
        (None, set(), set()),
    ],
)
def test_a_role_allows_this_on_others_trials_and_this_on_ones_own(
    role: Role | None, others: set[Action], own: set[Action]
) -> None:
    assert {action for action in Action if policy.may(role, action)} == others
    assert {action for action in Action if policy.may(role, action, own=True)} == own


def test_a_role_read_from_the_database_is_as_good_as_the_word() -> None:
    assert policy.may("full", Action.CHANGE)  # type: ignore[arg-type]
    assert policy.may("admin", Action.CHANGE, own=True)  # type: ignore[arg-type]
    assert not policy.may("admin", Action.CHANGE)  # type: ignore[arg-type]


# ------------------------------------------------------------------ status


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
def test_dates_decide_what_an_active_trial_is(
    after: int, status: Status, left: int | None, grace: int | None
) -> None:
    trial, today = a_trial(ends=E), E + days(after)
    assert policy.status(trial, today) is status
    assert policy.days_left(trial, today) == left
    assert policy.grace_left(trial, today) == grace
    assert policy.is_live(trial, today) is (status is not Status.ENDED)


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
    assert policy.status(trial, R + days(after)) is status
    assert policy.lapsed(trial, R + days(after)) is (status is Status.CANCELLED)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.PROVISIONING, Status.PENDING_PROVISIONING),
        (State.ENDED, Status.ENDED),
        (State.CONVERTED, Status.CONVERTED),
        (State.CANCELLED, Status.CANCELLED),
    ],
)
def test_what_was_recorded_stays_whatever_the_date(state: State, status: Status) -> None:
    trial = a_trial(state, asked_on=R)
    for day in (R, E, E + days(10), E + days(500)):
        assert policy.status(trial, day) is status
        assert policy.days_left(trial, day) is None
        assert policy.grace_left(trial, day) is None


def test_an_order_alone_does_not_stop_the_clock() -> None:
    trial = a_trial(ordered_on=E)
    assert policy.status(trial, E + days(30)) is Status.GRACE
    assert policy.status(trial, E + days(31)) is Status.ENDED


@rule
@given(trials(), calendar_days, st.integers(1, 400))
def test_a_date_never_brings_a_finished_trial_back(trial, today: date, later: int) -> None:
    if not policy.is_live(trial, today):
        then = today + timedelta(days=later)
        assert policy.status(trial, then) is policy.status(trial, today)


@rule
@given(trials(), calendar_days)
def test_days_left_and_grace_left_belong_to_their_status(trial, today: date) -> None:
    left, grace = policy.days_left(trial, today), policy.grace_left(trial, today)
    shown = policy.status(trial, today)
    assert (left is not None) == (shown is Status.ACTIVE)
    assert (grace is not None) == (shown is Status.GRACE)
    assert left is None or left >= 0
    assert grace is None or 0 <= grace <= 29


# ------------------------------------------------------------------ what may happen

IN_STATUS = {
    Status.PENDING_CONSENT: (State.CONSENT, R),
    Status.PENDING_PROVISIONING: (State.PROVISIONING, R),
    Status.ACTIVE: (State.ACTIVE, E),
    Status.GRACE: (State.ACTIVE, E + days(1)),
    Status.ENDED: (State.ENDED, E + days(31)),
    Status.CONVERTED: (State.CONVERTED, E),
    Status.CANCELLED: (State.CANCELLED, E),
}

KEY_CHANGES = [
    # change, the statuses in which it may happen
    (Change.ACCEPT, {Status.PENDING_CONSENT}),
    (Change.DECLINE, {Status.PENDING_CONSENT}),
    (Change.RESEND, {Status.PENDING_CONSENT}),
    (Change.PROVISION, {Status.PENDING_PROVISIONING}),
    (Change.EXTEND, {Status.ACTIVE, Status.GRACE}),
    (Change.SERVICES, {Status.PENDING_PROVISIONING, Status.ACTIVE}),
    (Change.ORDER, {Status.ACTIVE, Status.GRACE}),
    (Change.CONVERT, {Status.ACTIVE, Status.GRACE}),
    (Change.LET_GO, {Status.ACTIVE, Status.GRACE}),
    (Change.CANCEL, set(LIVE)),
    (Change.OUTCOME, {Status.ENDED, Status.CANCELLED}),
    (Change.RETURN, set(Status) - {Status.PENDING_CONSENT}),
    (Change.NOTE, set(Status)),
    (Change.CORRECT, set(Status)),
]


@pytest.mark.parametrize(("change", "statuses"), KEY_CHANGES)
def test_a_change_may_happen_in_these_statuses_and_no_others(
    change: Change, statuses: set[Status]
) -> None:
    assert {status for status, changes in TRANSITIONS.items() if change in changes} == statuses


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("change", set(Change) - set(BY_DATE))
def test_check_refuses_exactly_what_the_table_does_not_hold(status: Status, change: Change) -> None:
    state, today = IN_STATUS[status]
    trial = a_trial(state, ends=None if state in (State.CONSENT, State.PROVISIONING) else E)
    trial.asked_on = R
    assert policy.status(trial, today) is status
    if change in TRANSITIONS[status]:
        policy.check(trial, change, today)
        return
    with pytest.raises(Refused) as refused:
        policy.check(trial, change, today)
    assert refused.value.reason is Reason.WRONG_STATUS
    assert refused.value.facts == {"status": status, "change": change}


def test_every_status_can_be_reached_and_final_ones_have_no_exit() -> None:
    reached, seen = {State.CONSENT, State.ACTIVE}, set()
    shown = {
        State.CONSENT: [Status.PENDING_CONSENT],
        State.PROVISIONING: [Status.PENDING_PROVISIONING],
        State.ACTIVE: [Status.ACTIVE, Status.GRACE],
        State.ENDED: [Status.ENDED],
        State.CONVERTED: [Status.CONVERTED],
        State.CANCELLED: [Status.CANCELLED],
    }
    by_date = {state: BECOMES[change] for change, (state, _) in BY_DATE.items()}
    while reached - seen:
        state = (reached - seen).pop()
        seen.add(state)
        exits = {BECOMES[c] for s in shown[state] for c in TRANSITIONS[s] if c in BECOMES}
        exits |= {by_date[state]} if state in by_date else set()
        assert bool(exits) is (state in (State.CONSENT, State.PROVISIONING, State.ACTIVE))
        reached |= exits
    assert seen == set(State)
    assert set(TRANSITIONS) == set(Status)
    assert set(Change) == frozenset().union(*TRANSITIONS.values()) | set(BY_DATE)


@pytest.mark.parametrize(
    ("change", "trial", "first_day"),
    [
        (Change.LAPSE, a_trial(State.CONSENT, ends=None, asked_on=R), R + days(31)),
        (Change.END, a_trial(), E + days(31)),
    ],
)
def test_what_a_date_decides_is_recorded_from_its_day_on_and_once(
    change: Change, trial, first_day: date
) -> None:
    assert not policy.allowed(trial, change, first_day - days(1))
    assert policy.allowed(trial, change, first_day)
    assert policy.allowed(trial, change, first_day + days(100))
    trial.state = BECOMES[change]
    assert not policy.allowed(trial, change, first_day)


def test_consent_is_sent_again_at_most_once_an_hour() -> None:
    asked = at(R, 12)
    policy.check_resend(asked, at(R, 13))
    with pytest.raises(Refused) as refused:
        policy.check_resend(asked, at(R, 13) - timedelta(seconds=1))
    assert refused.value.reason is Reason.RESENT_RECENTLY
    assert refused.value.facts["again_at"] == at(R, 13)
