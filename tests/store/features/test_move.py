"""Moving a trial to another space."""

from sqlmodel import Session, select

from store.features import move
from store.features.setup import SpaceFacts, link_space
from store.refusals import OTHER_PARTNERS_SPACE
from store.tables import Reminder
from tests.store.cast import NOW, House, a_house, a_trial, by, refused


def test_a_trial_moves_to_another_space_with_its_reminders(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    elsewhere = link_space(
        session,
        room_id="second",
        title="Second",
        partner=house.partner.id,
        space=SpaceFacts(time_zone="Asia/Tokyo"),
        roles={},
        by=house.full,
        operators=(),
        now=NOW,
    )
    summit = a_house(session, "summit")
    with refused(OTHER_PARTNERS_SPACE):
        move.move(session, trial.id, space_id=summit.space.id, **by(house.full))
    move.move(session, trial.id, space_id=elsewhere.id, **by(house.full))
    rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
    assert {(row.lane, row.rings_at.hour) for row in rows} == {(f"space/{elsewhere.id}", 0)}
