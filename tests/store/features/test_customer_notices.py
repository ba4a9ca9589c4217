"""Customer notices and how the customer stops them."""

from sqlmodel import Session, select

from store.act import Act
from store.features import customer_notices
from store.features.correct import Truth, correct
from store.features.customer_notices import CUSTOMER_END, UNREACHABLE
from store.refusals import NOTHING_FOR_YOU
from store.rules.corrections import Correction
from store.tables import Reminder
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


def test_another_address_may_be_reached_until_webex_refuses_it_too(
    session: Session, house: House
) -> None:
    trial = a_trial(session, house)
    customer_notices.unreachable(session, trial.id, now=at(1))
    truth = Truth(text="carla@meadow.example")
    what = {"what": Correction.ADMINISTRATOR, "reason": "She left."}
    correct(session, trial.id, Act(house.full, at(2)), truth=truth, **what)
    assert not trial.customer_unreachable
    assert customer_notices.unreachable(session, trial.id, now=at(3)) is not None
    told = session.exec(select(Reminder).where(Reminder.kind == UNREACHABLE)).all()
    assert len(told) == 2
    assert all(customer_notices.told_of(session, each) is trial for each in told)
