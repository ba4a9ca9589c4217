"""Letting a trial run out."""

from sqlmodel import Session

from store.features import let_go
from store.features.customer_notices import CUSTOMER_END
from store.features.expiry import END, GRACE_29, GRACE_30, GRACE_OVER
from store.terms import Outcome, Service
from tests.store.cast import House, a_trial, by, open_reminders


def test_letting_a_trial_go_keeps_only_deadlines_and_can_be_undone(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, services=[Service.MESSAGING], done_on="2026-12-01")
    before = open_reminders(session, trial)
    let_go.let_go(session, trial.id, outcome=Outcome.PRICE, **by(house.admin))
    assert set(open_reminders(session, trial)) == {
        END,
        GRACE_29,
        GRACE_30,
        GRACE_OVER,
        CUSTOMER_END,
    }
    let_go.take_back(session, trial.id, **by(house.admin))
    assert (open_reminders(session, trial), trial.outcome) == (before, "")
