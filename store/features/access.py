"""The partner's own access to the customer, and the day it was given."""

from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules.dates import check_done_on
from store.rules.transitions import RUNNING, Change
from store.tables import Trial
from store.terms import Access, Status

GIVE_ACCESS = Change("access", RUNNING | {Status.ACCEPTED_HERE, Status.PENDING_PROVISIONING})
ACCESS_GIVEN = HistoryKind("access-given")


def access_given(session: Session, trial_id: int, act: Act, *, day: date) -> Trial:
    """Record that the customer gave the partner full administrator access on `day`."""
    trial = hold(session, trial_id, act, GIVE_ACCESS)
    check_done_on(day, today_in(trial.space, act.now), trial.accepted_on)
    before = {"access": trial.access}
    trial.access = Access.FULL
    after = {"access": trial.access, "day": day}
    what = ACCESS_GIVEN
    return keep(session, trial, act, what, before=before, after=after, plans=False)
