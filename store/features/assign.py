"""Let others change a trial, permanently or until a day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Delete
from sqlmodel import Session, col, delete

from store.act import Act
from store.features.shared import people
from store.features.shared.trials import hold, keep, today_in
from store.history import HistoryKind
from store.refusals import DAY_TOO_EARLY, NO_SUCH_PERSON, Refused
from store.rules.rights import Action
from store.rules.transitions import ANY, Change
from store.tables import Assignment, Person, Trial, id_of
from store.terms import Role

ASSIGN = Change("assign", ANY, needs=Action.ASSIGN)
ASSIGNED = HistoryKind("assigned")
UNASSIGNED = HistoryKind("unassigned")


def assign(
    session: Session, trial_id: int, act: Act, *, person_id: int, until: date | None = None
) -> Trial:
    """Let another administrator of the partner change a trial, permanently or until a day.

    Refused: as `hold`, NO_SUCH_PERSON for somebody who may not change trials, DAY_TOO_EARLY for a
    day in the past.
    """
    trial = hold(session, trial_id, act, ASSIGN)
    check_until(until, [trial], act.now)
    person = able(session, trial.partner_id, person_id)
    session.exec(_of(trial, person_id))
    session.add(Assignment(trial_id=id_of(trial), person_id=person_id, until=until))
    after = {"to": person.email, "until": until}
    return keep(session, trial, act, ASSIGNED, after=after, plans=False)


def unassign(session: Session, trial_id: int, act: Act, *, person_id: int) -> Trial:
    """Remove an assignment. Refused: as `hold`, NO_SUCH_PERSON if there was none."""
    trial = hold(session, trial_id, act, ASSIGN)
    gone = session.exec(_of(trial, person_id).returning(col(Assignment.person_id))).all()
    person = session.get(Person, person_id)
    if not gone or person is None:
        raise Refused(NO_SUCH_PERSON)
    before = {"to": person.email}
    return keep(session, trial, act, UNASSIGNED, before=before, plans=False)


def assigned(session: Session, trial: Trial, today: date) -> Sequence[Person]:
    """The starter of a trial and those assigned to it, if they may act: reminders mention them."""
    return assigned_of(session, [trial], today)[id_of(trial)]


def assigned_of(
    session: Session, trials: Sequence[Trial], today: date
) -> dict[int, Sequence[Person]]:
    """The people of `assigned` for several trials, by the trial's id."""
    owners = people.owners_of(session, trials, today)
    return {
        id_of(trial): [
            person
            for person, role in people.with_roles(session, trial.partner_id)
            if role != Role.READ_ONLY and person.id in owners[id_of(trial)]
        ]
        for trial in trials
    }


def check_until(until: date | None, trials: Sequence[Trial], now: datetime) -> None:
    """Refuse a day in the past (DAY_TOO_EARLY)."""
    if until and any(until < today_in(trial.space, now) for trial in trials):
        raise Refused(DAY_TOO_EARLY)


def able(session: Session, partner_id: int, person_id: int) -> Person:
    """A person who may change a partner's trials. Refused: NO_SUCH_PERSON."""
    person = session.get(Person, person_id)
    role = people.role_of(session, person, partner_id) if person else None
    if person is None or role not in (Role.FULL, Role.ADMIN):
        raise Refused(NO_SUCH_PERSON)
    return person


def _of(trial: Trial, person_id: int) -> Delete:
    return delete(Assignment).where(
        col(Assignment.trial_id) == trial.id, col(Assignment.person_id) == person_id
    )
