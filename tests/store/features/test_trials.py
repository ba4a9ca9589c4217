"""What every change of a trial shares: who may, and the reminders that follow."""

from sqlmodel import Session, select

from store.features import let_go
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU, OLD_CARD
from store.tables import Reminder
from tests.store.cast import House, a_house, a_trial, at, by, refused


def test_an_administrator_changes_only_what_is_theirs(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    with refused(NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.other))
    with refused(NOT_ALLOWED):
        let_go.let_go(session, trial.id, **by(house.reader))
    with refused(NOTHING_FOR_YOU):
        let_go.let_go(session, trial.id, **by(a_house(session, "summit").full))
    with refused(OLD_CARD) as facts:
        let_go.let_go(session, trial.id, **by(house.admin, seen=trial.version - 1))
    assert facts == {"trial_id": trial.id}
    assert not trial.let_go
    let_go.let_go(session, trial.id, **by(house.full, seen=trial.version))


def test_replanning_changes_nothing_and_what_has_rung_stays_rung(
    session: Session, house: House
) -> None:
    from store.features.shared.trials import replan

    trial = a_trial(session, house)
    rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    rung = rows[0]
    rung.settled_at = at(1)
    session.flush()
    keys = sorted(row.key for row in rows)
    replan(session, trial, at(2))
    again = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    assert sorted(row.key for row in again) == keys
    assert rung.settled_at == at(1)
