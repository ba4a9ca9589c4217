"""Putting reminders off."""

from datetime import date

from sqlmodel import Session

from store.features.snooze import snooze
from store.refusals import Reason
from store.terms import Bell
from tests.store.cast import House, a_trial, by, open_bells, refused


def test_a_snooze_puts_reminders_off_but_no_deadline(session: Session, house: House) -> None:
    trial = a_trial(session, house, done_on="2026-12-01")
    until = snooze(session, trial.id, kind=Bell.END_MINUS_7, days=3, **by(house.admin, day=23))
    assert until == date(2026, 12, 27)
    assert open_bells(session, trial)[Bell.END_MINUS_7] == until
    with refused(Reason.SNOOZE_PAST_DEADLINE):
        snooze(session, trial.id, kind=Bell.END, days=1, **by(house.admin, day=30))
