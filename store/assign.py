"""Who else may change a trial: assignments, and handing over all of one person's trials."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Delete, delete, insert, select, update
from sqlmodel import Session, col

from store import people
from store.refusals import Reason, Refused
from store.rights import Action
from store.statuses import is_live
from store.tables import Assignment, History, Person, RoleRow, Trial, id_of
from store.terms import Fact, Role, State
from store.transitions import Change, check
from store.trials import hold, keep, loading, today_in


def assign(
    session: Session,
    trial_id: int,
    *,
    person_id: int,
    until: date | None = None,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Let another administrator of the partner change a trial, for good or until a day.

    Refused: as `hold`, NO_SUCH_PERSON for somebody who may not change trials, DAY_TOO_EARLY for a
    day that is over.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now, action=Action.ASSIGN)
    check(trial, Change.ASSIGN, today_in(trial.space, now))
    _check_until(until, [trial], now)
    person = _able(session, trial.partner_id, person_id)
    session.execute(_of(trial, person_id))
    session.add(Assignment(trial_id=id_of(trial), person_id=person_id, until=until))
    after = {"to": person.email, "until": until}
    return keep(session, trial, by=by, now=now, what=Fact.ASSIGNED, after=after, plans=False)


def unassign(
    session: Session,
    trial_id: int,
    *,
    person_id: int,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Take an assignment back. Refused: as `hold`, NO_SUCH_PERSON if there was none."""
    trial = hold(session, trial_id, by=by, seen=seen, now=now, action=Action.ASSIGN)
    gone = session.scalars(_of(trial, person_id).returning(col(Assignment.person_id))).all()
    person = session.get(Person, person_id)
    if not gone or person is None:
        raise Refused(Reason.NO_SUCH_PERSON)
    before = {"to": person.email}
    return keep(session, trial, by=by, now=now, what=Fact.UNASSIGNED, before=before, plans=False)


def assigned(session: Session, trial: Trial, today: date) -> Sequence[Person]:
    """Whom reminders of a trial mention: who started it and who is assigned, while they may act."""
    owners = people.owners(session, trial, today)
    return [
        person
        for person, role in people.with_roles(session, trial.partner_id)
        if role != Role.READ_ONLY and person.id in owners
    ]


def handover(
    session: Session,
    partner_id: int,
    *,
    from_id: int,
    to_id: int,
    until: date | None = None,
    by: Person,
    now: datetime,
) -> int:
    """Hand over all running trials that one person started or is assigned to; how many they are.

    Without `until` they change hands; with it the other person may change them too until that day.
    Refused: NOTHING_FOR_YOU, NOT_ALLOWED, NO_SUCH_PERSON for one who may not change trials,
    DAY_TOO_EARLY for a day that is over.
    """
    people.hold_roles(session, partner_id, by)
    giver = _giver(session, partner_id, from_id)
    taker = _able(session, partner_id, to_id)
    trials = [
        trial
        for trial in _running(session, partner_id, from_id)
        if is_live(trial, today_in(trial.space, now))
    ]
    _check_until(until, trials, now)
    ids = [id_of(trial) for trial in trials]
    if not ids or from_id == to_id:
        return 0
    if until is None:
        _leave(session, ids, from_id, to_id)
    _join(session, ids, to_id, until)
    _write(session, ids, giver, taker, until, by, now)
    return len(ids)


def former(session: Session, partner_id: int) -> Sequence[Person]:
    """Whose trials still run though they have no role any more: somebody should take over."""
    running = (col(Trial.partner_id) == partner_id, col(Trial.state).in_(_RUNNING))
    with_role = select(col(RoleRow.person_id)).where(col(RoleRow.partner_id) == partner_id)
    started = select(col(Trial.started_by)).where(*running).distinct()
    return session.scalars(
        select(Person)
        .where(col(Person.id).in_(started), col(Person.id).not_in(with_role))
        .order_by(col(Person.name), col(Person.id))
    ).all()


_RUNNING = (State.CONSENT, State.PROVISIONING, State.ACTIVE)


def _check_until(until: date | None, trials: Sequence[Trial], now: datetime) -> None:
    if until and any(until < today_in(trial.space, now) for trial in trials):
        raise Refused(Reason.DAY_TOO_EARLY)


def _giver(session: Session, partner_id: int, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person and people.role_of(session, person, partner_id):
        return person
    if person is None or person not in former(session, partner_id):
        raise Refused(Reason.NO_SUCH_PERSON)
    return person


def _able(session: Session, partner_id: int, person_id: int) -> Person:
    person = session.get(Person, person_id)
    role = people.role_of(session, person, partner_id) if person else None
    if person is None or role not in (Role.FULL, Role.ADMIN):
        raise Refused(Reason.NO_SUCH_PERSON)
    return person


def _of(trial: Trial, person_id: int) -> Delete:
    return delete(Assignment).where(
        col(Assignment.trial_id) == trial.id, col(Assignment.person_id) == person_id
    )


def _running(session: Session, partner_id: int, person_id: int) -> Sequence[Trial]:
    assigned_to = select(col(Assignment.trial_id)).where(col(Assignment.person_id) == person_id)
    return session.scalars(
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
    session.execute(
        update(Trial)
        .where(col(Trial.id).in_(ids), col(Trial.started_by) == from_id)
        .values(started_by=to_id)
    )
    session.execute(
        delete(Assignment).where(
            col(Assignment.trial_id).in_(ids), col(Assignment.person_id) == from_id
        )
    )


def _join(session: Session, ids: list[int], to_id: int, until: date | None) -> None:
    """Assign them; who was assigned for longer already stays so."""
    held = session.execute(
        select(col(Assignment.trial_id), col(Assignment.until)).where(
            col(Assignment.trial_id).in_(ids), col(Assignment.person_id) == to_id
        )
    ).all()
    longer = {row.trial_id for row in held if row.until is None or (until and row.until >= until)}
    joined = [trial_id for trial_id in ids if trial_id not in longer]
    session.execute(
        delete(Assignment).where(
            col(Assignment.trial_id).in_(joined), col(Assignment.person_id) == to_id
        )
    )
    rows = [{"trial_id": trial_id, "person_id": to_id, "until": until} for trial_id in joined]
    if rows:
        session.execute(insert(Assignment), rows)


def _write(
    session: Session,
    ids: list[int],
    giver: Person,
    taker: Person,
    until: date | None,
    by: Person,
    now: datetime,
) -> None:
    session.execute(update(Trial).where(col(Trial.id).in_(ids)).values(version=Trial.version + 1))
    line = {
        "at": now,
        "by": by.id,
        "what": Fact.HANDOVER,
        "before": {"from": giver.email},
        "after": {"to": taker.email, "until": until.isoformat() if until else None},
        "note": "",
    }
    session.execute(insert(History), [line | {"trial_id": trial_id} for trial_id in ids])
