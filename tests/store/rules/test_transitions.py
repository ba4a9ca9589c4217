"""The changes that each status allows."""

from datetime import date

import pytest

from store.features.cancel import CANCEL
from store.features.consent import ACCEPT, ACCEPTANCE, DECLINE, DECLINING, LAPSE, RESEND
from store.features.convert import CONVERT, ORDER
from store.features.correct import CORRECT
from store.features.expiry import RECORD_END
from store.features.extend import EXTEND, EXTENSION
from store.features.let_go import LET_EXPIRE, RECORD_OUTCOME
from store.features.note import ADD_NOTE
from store.features.provisioned import PROVISION
from store.features.returns import RETURN
from store.features.services import CHANGE_SERVICES
from store.features.start import REQUEST, START
from store.refusals import WRONG_STATUS, Refused
from store.rules import statuses, transitions
from store.rules.hub import HubChange
from store.rules.statuses import LIVE
from store.rules.transitions import Change
from store.tables import HubTask
from store.terms import State, Status
from tests.store.examples import E, R, a_trial, days

IN_STATUS: dict[Status, tuple[State, date, HubChange | None]] = {
    Status.TO_START: (State.PROVISIONING, R, START),
    Status.TO_REQUEST: (State.CONSENT, R, REQUEST),
    Status.PENDING_CONSENT: (State.CONSENT, R, None),
    Status.ACCEPTED_HERE: (State.PROVISIONING, R, ACCEPTANCE),
    Status.DECLINED_HERE: (State.CONSENT, R, DECLINING),
    Status.PENDING_PROVISIONING: (State.PROVISIONING, R, None),
    Status.ACTIVE: (State.ACTIVE, E, None),
    Status.GRACE: (State.ACTIVE, E + days(1), None),
    Status.UNSURE: (State.ACTIVE, E + days(31), EXTENSION),
    Status.ENDED: (State.ENDED, E + days(31), None),
    Status.CONVERTED: (State.CONVERTED, E, None),
    Status.CANCELLED: (State.CANCELLED, E, None),
}
BEFORE_CISCO = {Status.TO_REQUEST, Status.PENDING_CONSENT, Status.DECLINED_HERE}

KEY_CHANGES = [
    # change, the statuses in which it may happen
    (ACCEPT, BEFORE_CISCO),
    (DECLINE, BEFORE_CISCO),
    (RESEND, {Status.TO_REQUEST, Status.PENDING_CONSENT}),
    (PROVISION, {Status.ACCEPTED_HERE, Status.PENDING_PROVISIONING}),
    (EXTEND, {Status.ACTIVE, Status.GRACE}),
    (
        CHANGE_SERVICES,
        {
            Status.TO_START,
            Status.ACCEPTED_HERE,
            Status.PENDING_PROVISIONING,
            Status.ACTIVE,
        },
    ),
    (ORDER, {Status.ACTIVE, Status.GRACE}),
    (CONVERT, {Status.ACTIVE, Status.GRACE}),
    (LET_EXPIRE, {Status.ACTIVE, Status.GRACE}),
    (CANCEL, set(LIVE)),
    (RECORD_OUTCOME, {Status.ENDED, Status.CANCELLED}),
    (RETURN, set(Status) - BEFORE_CISCO),
    (ADD_NOTE, set(Status)),
    (CORRECT, set(Status)),
]


@pytest.mark.parametrize(("change", "in_these"), KEY_CHANGES)
def test_a_change_is_allowed_only_in_its_statuses(change: Change, in_these: set[Status]) -> None:
    assert change.when == in_these


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("change", [each for each in Change.all() if each.records is None])
def test_check_refuses_exactly_what_the_table_omits(status: Status, change: Change) -> None:
    state, today, waiting = IN_STATUS[status]
    trial = a_trial(state, ends=None if state in (State.CONSENT, State.PROVISIONING) else E)
    trial.asked_on = R
    trial.hub_tasks = [HubTask(id=4, change=waiting, saved_on=R)] if waiting else []
    assert statuses.status(trial, today) is status
    if status in change.when:
        transitions.check(trial, change, today)
        return
    with pytest.raises(Refused) as refused:
        transitions.check(trial, change, today)
    assert refused.value.reason is WRONG_STATUS
    assert refused.value.facts == {"status": status, "change": change}


def test_every_status_can_be_reached_and_final_ones_have_no_exit() -> None:
    reached, seen = {State.CONSENT, State.PROVISIONING}, set()
    shown = {
        State.CONSENT: BEFORE_CISCO,
        State.PROVISIONING: [
            Status.TO_START,
            Status.ACCEPTED_HERE,
            Status.PENDING_PROVISIONING,
        ],
        State.ACTIVE: [Status.ACTIVE, Status.GRACE, Status.UNSURE],
        State.ENDED: [Status.ENDED],
        State.CONVERTED: [Status.CONVERTED],
        State.CANCELLED: [Status.CANCELLED],
    }
    moves = [change for change in Change.all() if change.becomes]
    while reached - seen:
        state = (reached - seen).pop()
        seen.add(state)
        exits = {
            change.becomes
            for change in moves
            if change.records is state
            or (change.records is None and change.when & set(shown[state]))
        }
        assert bool(exits) is (state in (State.CONSENT, State.PROVISIONING, State.ACTIVE))
        reached |= exits
    assert seen == set(State)


@pytest.mark.parametrize(
    ("change", "trial", "first_day"),
    [
        (LAPSE, a_trial(State.CONSENT, ends=None, asked_on=R), R + days(31)),
        (RECORD_END, a_trial(), E + days(31)),
    ],
)
def test_a_date_decision_is_recorded_once_from_its_day_on(
    change: Change, trial, first_day: date
) -> None:
    assert not transitions.allowed(trial, change, first_day - days(1))
    assert transitions.allowed(trial, change, first_day)
    assert transitions.allowed(trial, change, first_day + days(100))
    trial.state = change.becomes
    assert not transitions.allowed(trial, change, first_day)
