"""Assigning a trial to another administrator."""

from datetime import date

from sqlmodel import Session

from store.features import assign, let_go
from store.refusals import NOT_ALLOWED
from tests.store.cast import House, a_trial, by, refused


def test_an_assigned_administrator_may_change_the_trial(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    assign.assign(session, trial.id, person_id=house.other.id, **by(house.full))
    let_go.let_go(session, trial.id, **by(house.other))
    assert assign.assigned(session, trial, date(2026, 12, 1)) == [house.admin, house.other]
    assign.unassign(session, trial.id, person_id=house.other.id, **by(house.full))
    with refused(NOT_ALLOWED):
        let_go.take_back(session, trial.id, **by(house.other))
