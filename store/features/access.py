"""The partner's own access to the customer: recorded when it was given."""

from datetime import date, datetime

from sqlmodel import Session

from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.rules.dates import check_done_on
from store.rules.transitions import RUNNING, Change, check
from store.tables import Person, Trial
from store.terms import Access, Status

GIVE_ACCESS = Change("access", RUNNING | {Status.PENDING_PROVISIONING})
ACCESS_GIVEN = HistoryKind("access-given")


def access_given(
    session: Session, trial_id: int, *, by: Person, day: date, seen: int | None, now: datetime
) -> Trial:
    """Record that the customer gave the partner full administrator access on a day."""
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    check(trial, GIVE_ACCESS, today_in(trial.space, now))
    check_done_on(day, today_in(trial.space, now), trial.accepted_on)
    before = {"access": trial.access}
    trial.access = Access.FULL
    after = {"access": trial.access, "day": day}
    what = ACCESS_GIVEN
    return keep(session, trial, by=by, now=now, what=what, before=before, after=after, plans=False)
