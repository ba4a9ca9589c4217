"""The main story of the store: start, consent, provisioned, extend, expire, end, cancel, lapse."""

from datetime import date

import pytest
from sqlmodel import Session

from store.act import Act
from store.features import cancel, consent, expiry, extend, provisioned
from store.features.cancel import WRONG_CODE
from store.features.consent import NO_CONSENT
from store.features.expiry import CALLING_STOPS, END, NUMBERS_7, NUMBERS_RELEASED
from store.features.provisioned import PROVISION_2
from store.features.shared import reading
from store.features.shared.trials import today_in
from store.refusals import Refused
from store.rules.statuses import status
from store.terms import Access, Answer, CancelledBy, Kind, State, Status
from tests.store.cast import TODAY, House, a_trial, at, begun, meet, open_reminders


def test_an_existing_customers_trial_from_consent_to_its_end(
    session: Session, house: House
) -> None:
    started = begun(session, house, kind=Kind.EXISTING)
    trial, (card,) = started.trial, started.consents
    assert trial.code.startswith("T-")
    assert open_reminders(session, trial)[NO_CONSENT] == date(2027, 1, 1)

    clara = meet(session, "clara@meadow.example", "org-meadow")
    consent.decide(
        session, card.id, Act(clara, at(2)), room_id="r", direct=True, accept=True, full_access=True
    )
    assert (trial.state, trial.access, card.answer) == (
        State.PROVISIONING,
        Access.FULL,
        Answer.ACCEPTED,
    )

    day = date(2026, 12, 4)
    provisioned.provisioned(session, trial.id, Act(house.admin, at(4), trial.version), day=day)
    assert trial.ends == date(2027, 1, 3)
    assert PROVISION_2 not in open_reminders(session, trial)

    act, day = Act(house.full, at(26), trial.version), date(2026, 12, 27)
    done = extend.extend(session, trial.id, act, days=30, done_on=day)
    assert (done.extension.old, trial.ends) == (date(2027, 1, 3), date(2027, 1, 26))
    assert open_reminders(session, trial)[END] == date(2027, 1, 26)

    assert expiry.end(session, trial.id, now=at(80)) is None
    expiry.end(session, trial.id, now=at(88))
    assert trial.state == State.ENDED
    numbers = {CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED}
    assert set(open_reminders(session, trial)) == numbers
    whats = [row.what for row, _ in reading.history(session, trial.id, by=house.reader, now=at(90))]
    assert whats == ["ended", "extended", "provisioned", "accepted", "hub-done", "started"]


def test_typing_the_code_cancels_a_trial(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    facts = {"whose": CancelledBy.PARTNER, "act": Act(house.admin, at(1), trial.version)}
    with pytest.raises(Refused) as refused:
        cancel.cancel(session, trial.id, typed="T-2222", **facts)
    assert refused.value.reason is WRONG_CODE
    cancel.cancel(session, trial.id, typed=trial.code.lower(), done_on=TODAY, **facts)
    assert trial.state == State.CANCELLED
    assert END not in open_reminders(session, trial)
    a_trial(session, house, now=at(1))  # its reservations are free again


def test_consent_lapses_after_the_thirtieth_day(session: Session, house: House) -> None:
    trial = a_trial(session, house, kind=Kind.EXISTING)
    assert consent.lapse(session, trial.id, now=at(30)) is None
    assert status(trial, today_in(house.space, at(31))) is Status.CANCELLED
    consent.lapse(session, trial.id, now=at(31))
    assert (trial.state, trial.cancelled_by) == (State.CANCELLED, CancelledBy.NO_CONSENT)
    assert open_reminders(session, trial) == {}
    assert not reading.page(session, reading.Filter.LIVE, by=house.full, today=TODAY).trials
