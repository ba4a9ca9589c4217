"""Customer notices and how the customer stops them."""

from sqlmodel import Session

from store.act import Act
from store.features import customer_notices
from store.features.customer_notices import CUSTOMER_END
from store.refusals import NOTHING_FOR_YOU
from tests.store.cast import NOW, House, a_trial, at, by, meet, open_reminders, refused


def test_a_customer_can_stop_the_messages(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    clara = meet(session, "clara@meadow.example", "org-meadow")
    with refused(NOTHING_FOR_YOU):
        ben = meet(session, "ben@meadow.example", "x")
        customer_notices.stop(session, trial.id, Act(ben, NOW), room_id="r")
    customer_notices.stop(session, trial.id, Act(clara, at(1)), room_id="r")
    assert CUSTOMER_END not in open_reminders(session, trial)
    customer_notices.switch(session, trial.id, on=True, **by(house.admin, day=1))
    assert CUSTOMER_END in open_reminders(session, trial)
    assert customer_notices.unreachable(session, trial.id, now=at(1)) is not None
    assert customer_notices.unreachable(session, trial.id, now=at(1)) is None
