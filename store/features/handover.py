"""Hand over all of one person's running trials to another person."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, delete, insert, select, update

from store.act import Act
from store.features.assign import able, check_until
from store.features.shared import people
from store.features.shared.trials import loading, today_in
from store.history import HistoryKind
from store.refusals import NO_SUCH_PERSON, Refused
from store.rules.statuses import is_live
from store.tables import Assignment, History, Person, RoleRow, Trial, id_of
from store.terms import State

TRIALS_HANDED_OVER = HistoryKind("handover")


def handover(
    session: Session,
    partner_id: int,
    act: Act,
    *,
    from_id: int,
    to_id: int,
    until: date | None = None,
) -> int:
    """Hand over the running trials that a person started or is assigned to; return how many.

    Without `until` the trials change hands; with it the other person may change them too until that
    day. Refused: NOTHING_FOR_YOU, NOT_ALLOWED, NO_SUCH_PERSON for somebody who may not change
    trials, DAY_TOO_EARLY for a day in the past.
    """
    people.hold_roles(session, partner_id, act.by)
    giver = _giver(session, partner_id, from_id)
    taker = able(session, partner_id, to_id)
    trials = [
        trial
        for trial in _running(session, partner_id, from_id)
        if is_live(trial, today_in(trial.space, act.now))
    ]
    check_until(until, trials, act.now)
    ids = [id_of(trial) for trial in trials]
    if not ids or from_id == to_id:
        return 0
    if until is None:
        _leave(session, ids, from_id, to_id)
    _join(session, ids, to_id, until)
    _write(session, ids, giver, taker, until, act.by, act.now)
    return len(ids)


def former(session: Session, partner_id: int) -> Sequence[Person]:
    """People without a role whose trials still run: somebody should take these over."""
    running = (col(Trial.partner_id) == partner_id, col(Trial.state).in_(_RUNNING))
    with_role = select(col(RoleRow.person_id)).where(col(RoleRow.partner_id) == partner_id)
    started = select(col(Trial.started_by)).where(*running).distinct()
    return session.exec(
        select(Person)
        .where(col(Person.id).in_(started), col(Person.id).not_in(with_role))
        .order_by(col(Person.name), col(Person.id))
    ).all()


_RUNNING = (State.CONSENT, State.PROVISIONING, State.ACTIVE)


def _giver(session: Session, partner_id: int, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person and people.role_of(session, person, partner_id):
        return person
    if person is None or person not in former(session, partner_id):
        raise Refused(NO_SUCH_PERSON)
    return person


def _running(session: Session, partner_id: int, person_id: int) -> Sequence[Trial]:
    assigned_to = select(col(Assignment.trial_id)).where(col(Assignment.person_id) == person_id)
    return session.exec(
        loading()
        .where(
            col(Trial.partner_id) == partner_id,
            col(Trial.state).in_(_RUNNING),
            (col(Trial.started_by) == person_id) | col(Trial.id).in_(assigned_to),
        )
        .order_by(col(Trial.id))
        .with_for_update(of=Trial)
    ).all()


def _leave(session: Session, ids: list[int], from_id: int, to_id: int) -> None:
    session.exec(
        update(Trial)
        .where(col(Trial.id).in_(ids), col(Trial.started_by) == from_id)
        .values(started_by=to_id)
    )
    session.exec(
        delete(Assignment).where(
            col(Assignment.trial_id).in_(ids), col(Assignment.person_id) == from_id
        )
    )


def _join(session: Session, ids: list[int], to_id: int, until: date | None) -> None:
    """Assign a person to trials; assignments that last longer already stay."""
    held = session.exec(
        select(col(Assignment.trial_id), col(Assignment.until)).where(
            col(Assignment.trial_id).in_(ids), col(Assignment.person_id) == to_id
        )
    ).all()
    longer = {trial_id for trial_id, end in held if end is None or (until and end >= until)}
    joined = [trial_id for trial_id in ids if trial_id not in longer]
    session.exec(
        delete(Assignment).where(
            col(Assignment.trial_id).in_(joined), col(Assignment.person_id) == to_id
        )
    )
    rows = [{"trial_id": trial_id, "person_id": to_id, "until": until} for trial_id in joined]
    if rows:
        session.exec(insert(Assignment), params=rows)


def _write(
    session: Session,
    ids: list[int],
    giver: Person,
    taker: Person,
    until: date | None,
    by: Person | None,
    now: datetime,
) -> None:
    session.exec(update(Trial).where(col(Trial.id).in_(ids)).values(version=Trial.version + 1))
    line = {
        "at": now,
        "by": by.id if by else None,
        "what": TRIALS_HANDED_OVER,
        "before": {"from": giver.email},
        "after": {"to": taker.email, "until": until.isoformat() if until else None},
        "note": "",
    }
    session.exec(insert(History), params=[line | {"trial_id": trial_id} for trial_id in ids])
