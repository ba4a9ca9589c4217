"""Snoozing reminders."""

from datetime import date

from sqlmodel import Session

from store.features.expiry import END, END_MINUS_7
from store.features.snooze import snooze
from store.rules.snoozes import SNOOZE_PAST_DEADLINE
from tests.store.cast import House, a_trial, by, open_reminders, refused


def test_a_snooze_delays_reminders_but_not_deadlines(session: Session, house: House) -> None:
    trial = a_trial(session, house, done_on="2026-12-01")
    until = snooze(session, trial.id, kind=END_MINUS_7, days=3, **by(house.admin, day=23))
    assert until == date(2026, 12, 27)
    assert open_reminders(session, trial)[END_MINUS_7] == until
    with refused(SNOOZE_PAST_DEADLINE):
        snooze(session, trial.id, kind=END, days=1, **by(house.admin, day=30))
