"""Tasks in Partner Hub, and the end date that it shows."""

from datetime import date

from sqlmodel import Session, select

from store.features import partner_hub
from store.features.expiry import END
from store.features.partner_hub import HUB_1, HUB_3
from store.refusals import NOTHING_TO_DO
from store.tables import History
from tests.store.cast import House, a_trial, by, open_reminders, refused


def test_steps_are_ticked_individually_and_the_change_has_a_done_date(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house, done_on=None)
    (task,) = trial.hub_tasks
    partner_hub.tick(session, trial.id, task_id=task.id, step="save", done=True, **by(house.admin))
    assert task.ticks["save"]["by"] == house.admin.id
    with refused(NOTHING_TO_DO):
        partner_hub.tick(
            session, trial.id, task_id=task.id, step="site", done=True, **by(house.admin)
        )
    assert {HUB_1, HUB_3} <= set(open_reminders(session, trial))
    partner_hub.done_on(
        session, trial.id, task_id=task.id, day=date(2026, 12, 1), **by(house.admin)
    )
    assert trial.todo_since is None
    assert not {HUB_1, HUB_3} & set(open_reminders(session, trial))


def test_the_end_can_be_set_to_the_date_in_partner_hub(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    partner_hub.correct_end(
        session, trial.id, ends=date(2027, 1, 2), reason="Partner Hub says so", **by(house.admin)
    )
    line = session.exec(select(History).order_by(History.id.desc())).first()
    assert (line.before, line.after) == ({"ends": "2026-12-31"}, {"ends": "2027-01-02"})
    assert open_reminders(session, trial)[END] == date(2027, 1, 2)
