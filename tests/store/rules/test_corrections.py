"""What may be corrected afterwards, and until when."""

from datetime import date

import pytest

from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY, Reason, Refused
from store.rules.corrections import (
    CORRECTION_IMPOSSIBLE,
    CORRECTION_TOO_LATE,
    Correction,
    check_correction,
    correction_deadline,
    corrections,
)
from store.terms import CancelledBy, State
from tests.store.examples import E, R, a_trial, days

LAPSED_ON = R + days(31)


def a_lapsed_trial():
    return a_trial(
        State.CANCELLED,
        ends=None,
        asked_on=R,
        cancelled_on=LAPSED_ON,
        cancelled_by=CancelledBy.NO_CONSENT,
    )


def test_consent_accepted_in_time_and_recorded_late_can_be_corrected() -> None:
    for day in (R, R + days(29), R + days(30)):
        check_correction(
            a_lapsed_trial(), Correction.ACCEPTED, day, recorded_on=LAPSED_ON, today=LAPSED_ON
        )


@pytest.mark.parametrize(
    ("day", "today", "reason"),
    [
        (R + days(31), LAPSED_ON, CORRECTION_IMPOSSIBLE),
        (R + days(29), LAPSED_ON + days(31), CORRECTION_TOO_LATE),
        (R - days(1), LAPSED_ON, DAY_TOO_EARLY),
        (LAPSED_ON + days(1), LAPSED_ON, DAY_IN_FUTURE),
    ],
)
def test_consent_accepted_too_late_stays_lapsed(day: date, today: date, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        check_correction(
            a_lapsed_trial(), Correction.ACCEPTED, day, recorded_on=LAPSED_ON, today=today
        )
    assert refused.value.reason is reason


@pytest.mark.parametrize("correction", [Correction.CONVERTED, Correction.EXTENDED])
def test_an_ended_trial_is_corrected_only_with_a_day_within_grace(
    correction: Correction,
) -> None:
    ended, recorded_on = a_trial(State.ENDED, asked_on=None), E + days(31)
    check_correction(
        ended, correction, E + days(30), recorded_on=recorded_on, today=recorded_on + days(30)
    )
    with pytest.raises(Refused) as refused:
        check_correction(
            ended, correction, E + days(31), recorded_on=recorded_on, today=recorded_on
        )
    assert refused.value.reason is CORRECTION_IMPOSSIBLE


def test_the_end_in_partner_hub_may_be_in_the_future() -> None:
    check_correction(
        a_trial(), Correction.ENDS, E + days(60), recorded_on=E - days(30), today=E - days(20)
    )


def test_corrections_of_an_address_or_outcome_have_no_day() -> None:
    check_correction(
        a_lapsed_trial(), Correction.ADMINISTRATOR, None, recorded_on=LAPSED_ON, today=LAPSED_ON
    )
    with pytest.raises(Refused) as refused:
        check_correction(a_trial(), Correction.OUTCOME, None, recorded_on=E, today=E)
    assert refused.value.reason is CORRECTION_IMPOSSIBLE


@pytest.mark.parametrize(
    ("trial", "possible"),
    [
        (
            a_trial(State.CONSENT, ends=None, asked_on=R),
            {Correction.ACCEPTED, Correction.DECLINED, Correction.ADMINISTRATOR},
        ),
        (
            a_trial(asked_on=R, accepted_on=R, provisioned_on=R),
            {
                Correction.PROVISIONED,
                Correction.ENDS,
                Correction.EXTENDED,
                Correction.CONVERTED,
                Correction.CANCELLED,
                Correction.ADMINISTRATOR,
            },
        ),
        (
            a_lapsed_trial(),
            {
                Correction.ACCEPTED,
                Correction.DECLINED,
                Correction.CANCELLED,
                Correction.ADMINISTRATOR,
                Correction.OUTCOME,
            },
        ),
    ],
)
def test_possible_corrections_depend_on_what_happened(trial, possible: set) -> None:
    assert set(corrections(trial)) == possible


def test_a_cancellation_by_a_person_can_be_undone() -> None:
    trial = a_trial(State.CANCELLED, cancelled_by=CancelledBy.PARTNER)
    assert Correction.NOT_CANCELLED in corrections(trial)
    assert Correction.NOT_CANCELLED not in corrections(a_lapsed_trial())


def test_corrections_are_possible_for_thirty_days() -> None:
    assert correction_deadline(date(2026, 3, 2)) == date(2026, 4, 1)
