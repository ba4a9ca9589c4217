"""The weekly digest: what changes in a space."""

from datetime import timedelta

from sqlmodel import Session

from store.features import digest
from store.features.shared.trials import sort
from store.rules.shipments import out
from store.tables import Shipment, Space
from tests.store.cast import House, a_trial
from tests.store.statements import about_parts, statements


def test_a_week_asks_at_once_about_all_its_trials(session: Session, house: House) -> None:
    trials = [a_trial(session, house, administrator=f"a@c{n}.example") for n in range(4)]
    today = trials[0].ends - timedelta(days=5)
    for trial, expires_on in zip(trials, [None, None, today, None], strict=True):
        trial.shipments.append(Shipment(type="phone", shipped_on=today, expires_on=expires_on))
        sort(trial)
    session.flush()
    session.expunge_all()
    space = session.get_one(Space, house.space.id)
    with statements(session) as asked:
        week = digest.week(session, space, today)
        assert (len(week.trials), len(week.devices), len(week.unknown)) == (4, 1, 3)
        assert all(out(trial) for trial in [*week.trials, *week.devices, *week.unknown])
    assert not about_parts(asked)
