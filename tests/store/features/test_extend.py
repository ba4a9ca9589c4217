"""Extending a trial, counted from the day it was done."""

from datetime import date

from sqlmodel import Session

from store.features import partner_hub
from store.features.expiry import END
from store.features.extend import EXTENSION, extend
from store.refusals import NOTHING_TO_DO
from store.rules.extensions import NOT_AN_EXTENSION_CHOICE, SHORTENS
from store.rules.hub import open_changes, opened
from tests.store.cast import House, a_trial, by, open_reminders, refused


def test_an_extension_counts_from_its_done_date(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    extend(session, trial.id, days=30, **by(house.admin, day=20))
    assert (trial.ends, trial.extensions) == (date(2026, 12, 31), 0)
    assert open_reminders(session, trial)[END] == date(2026, 12, 31)
    partner_hub.done_on(
        session,
        trial.id,
        task_id=opened(trial, EXTENSION).id,
        day=date(2026, 12, 19),
        **by(house.admin, day=22),
    )
    assert (trial.ends, trial.extensions) == (date(2027, 1, 18), 1)
    assert open_reminders(session, trial)[END] == date(2027, 1, 18)


def test_a_second_extension_replaces_the_first(session: Session, house: House) -> None:
    house.partner.extension_days = [30, 60]
    trial = a_trial(session, house)
    extend(session, trial.id, days=30, **by(house.admin, day=20))
    first = opened(trial, EXTENSION).id
    extend(session, trial.id, days=60, **by(house.admin, day=20))
    (task,) = open_changes(trial)
    with refused(NOTHING_TO_DO):
        partner_hub.done_on(session, trial.id, task_id=first, **by(house.admin, day=20))
    partner_hub.done_on(session, trial.id, task_id=task.id, **by(house.admin, day=20))
    assert trial.ends == date(2027, 2, 19)


def test_shortening_a_trial_requires_confirmation(session: Session, house: House) -> None:
    trial = a_trial(session, house, duration=90)
    day = date(2026, 12, 26)
    with refused(SHORTENS) as facts:
        extend(session, trial.id, days=30, **by(house.admin, day=25))
    assert (facts["old"], facts["new"]) == (date(2027, 3, 1), date(2027, 1, 25))
    with refused(NOT_AN_EXTENSION_CHOICE):
        extend(session, trial.id, days=60, shorten=True, **by(house.admin, day=25))
    extend(session, trial.id, days=30, shorten=True, done_on=day, **by(house.admin, day=25))
    assert (trial.ends, trial.extensions) == (date(2027, 1, 25), 1)
