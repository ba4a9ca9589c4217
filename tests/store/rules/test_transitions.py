"""What may happen to a trial of each status."""

from datetime import date

import pytest

from store.refusals import Reason, Refused
from store.rules import statuses, transitions
from store.rules.statuses import LIVE
from store.rules.transitions import BECOMES, BY_DATE, TRANSITIONS, Change
from store.terms import State, Status
from tests.store.examples import E, R, a_trial, days

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


@pytest.mark.parametrize(("change", "in_these"), KEY_CHANGES)
def test_a_change_may_happen_in_these_statuses_and_no_others(
    change: Change, in_these: set[Status]
) -> None:
    assert {status for status, changes in TRANSITIONS.items() if change in changes} == in_these


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("change", set(Change) - set(BY_DATE))
def test_check_refuses_exactly_what_the_table_does_not_hold(status: Status, change: Change) -> None:
    state, today = IN_STATUS[status]
    trial = a_trial(state, ends=None if state in (State.CONSENT, State.PROVISIONING) else E)
    trial.asked_on = R
    assert statuses.status(trial, today) is status
    if change in TRANSITIONS[status]:
        transitions.check(trial, change, today)
        return
    with pytest.raises(Refused) as refused:
        transitions.check(trial, change, today)
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
    assert not transitions.allowed(trial, change, first_day - days(1))
    assert transitions.allowed(trial, change, first_day)
    assert transitions.allowed(trial, change, first_day + days(100))
    trial.state = BECOMES[change]
    assert not transitions.allowed(trial, change, first_day)
