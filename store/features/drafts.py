"""Unfinished start forms: one per person and partner, kept seven days.

`values` holds the answers so far, with the field names of `start.NewTrial`; only `start` reads it.
`step` is the person's current card. `version` increases with every save: a card with an older one
is OLD_CARD.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select

from store.act import Act
from store.features.shared import people
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU, OLD_CARD, Reason, Refused
from store.rules.rights import Action, may
from store.tables import Draft, Person, Space, Trial, id_of

DRAFT_GONE = Reason("draft-gone")


KEPT = timedelta(days=7)


def current(session: Session, by: Person, partner_id: int, *, now: datetime) -> Draft | None:
    """The draft that a person can continue at a partner."""
    return session.exec(
        select(Draft).where(
            col(Draft.person_id) == by.id,
            col(Draft.partner_id) == partner_id,
            col(Draft.updated_at) > now - KEPT,
        )
    ).first()


def begin(
    session: Session,
    *,
    by: Person,
    space: Space,
    step: str,
    now: datetime,
    values: dict[str, Any] | None = None,
) -> Draft:
    """Begin a start form for a space, discarding an earlier draft.

    Refused: NOTHING_FOR_YOU or NOT_ALLOWED without the right to start trials.
    """
    _may_start(session, by, space.partner_id)
    session.exec(
        delete(Draft).where(
            col(Draft.person_id) == by.id, col(Draft.partner_id) == space.partner_id
        )
    )
    draft = Draft(
        person_id=id_of(by),
        partner_id=space.partner_id,
        space_id=id_of(space),
        step=step,
        values=values or {},
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


def partner_of(session: Session, draft_id: int, by: Person) -> int:
    """The partner of a draft, or of the trial that it became; for people who may start trials.

    Refused: NOTHING_FOR_YOU without any role, NOT_ALLOWED if no role is enough; DRAFT_GONE for a
    draft of a partner at which this person may not start trials, as for an id of nothing.
    """
    roles = people.roles(session, by)
    if not roles:
        raise Refused(NOTHING_FOR_YOU)
    able = {partner_id for partner_id, role in roles.items() if may(role, Action.START, own=True)}
    if not able:
        raise Refused(NOT_ALLOWED)
    drafted = select(col(Draft.partner_id)).where(col(Draft.id) == draft_id)
    started = select(col(Trial.partner_id)).where(col(Trial.draft_id) == draft_id)
    found = session.exec(drafted).first() or session.exec(started).first()
    if found not in able:
        raise Refused(DRAFT_GONE)
    return found


def save(session: Session, draft_id: int, act: Act, *, step: str, values: dict[str, Any]) -> Draft:
    """Save the answers of one card and go to `step`, forward or back.

    `values` are merged into the draft's. Refused: as `hold`.
    """
    draft = hold(session, draft_id, act)
    draft.values = draft.values | values
    draft.step, draft.version, draft.updated_at = step, draft.version + 1, act.now
    session.flush()
    return draft


def hold(session: Session, draft_id: int, act: Act) -> Draft:
    """Lock one's own draft.

    Refused: DRAFT_GONE, OLD_CARD (`draft_id`), or as `begin`. Somebody else's draft counts as gone.
    People with the right to know learn what became of it: `trial_id` and `code`, or the `draft_id`
    of a colleague's draft to copy.
    """
    draft = session.exec(
        select(Draft)
        .where(
            col(Draft.id) == draft_id,
            col(Draft.person_id) == act.who.id,
            col(Draft.updated_at) > act.now - KEPT,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if draft is None:
        raise Refused(DRAFT_GONE, **_instead(session, draft_id, act.who, act.now))
    if act.seen is not None and act.seen != draft.version:
        raise Refused(OLD_CARD, draft_id=draft.id)
    _may_start(session, act.who, draft.partner_id)
    return draft


def copy(session: Session, draft_id: int, *, by: Person, now: datetime) -> Draft:
    """Continue a copy of a colleague's draft; theirs stays.

    Refused: as `partner_of`, DRAFT_GONE.
    """
    partner_of(session, draft_id, by)
    draft = session.get(Draft, draft_id)
    if draft is None or draft.updated_at <= now - KEPT:
        raise Refused(DRAFT_GONE)
    space = session.get_one(Space, draft.space_id)
    return begin(session, by=by, space=space, step=draft.step, values=draft.values, now=now)


def drop(session: Session, draft_id: int, *, by: Person) -> None:
    """Discard one's own draft."""
    mine = delete(Draft).where(col(Draft.id) == draft_id, col(Draft.person_id) == by.id)
    session.exec(mine)


def prune(session: Session, *, now: datetime) -> None:
    """Delete drafts that nobody has touched for seven days."""
    session.exec(delete(Draft).where(col(Draft.updated_at) <= now - KEPT))


def _may_start(session: Session, by: Person, partner_id: int) -> None:
    role = people.role_of(session, by, partner_id)
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    if not may(role, Action.START, own=True):
        raise Refused(NOT_ALLOWED)


def _instead(session: Session, draft_id: int, by: Person, now: datetime) -> dict[str, Any]:
    """The trial that a draft became, or the colleague's draft behind this id."""
    trial = session.exec(
        select(col(Trial.id), col(Trial.code), col(Trial.partner_id)).where(
            col(Trial.draft_id) == draft_id
        )
    ).first()
    if trial:
        trial_id, code, partner_id = trial
        known = people.role_of(session, by, partner_id) is not None
        return {"trial_id": trial_id, "code": code} if known else {}
    draft = session.get(Draft, draft_id)
    if draft is None or draft.updated_at <= now - KEPT or draft.person_id == by.id:
        return {}
    role = people.role_of(session, by, draft.partner_id)
    return {"draft_id": draft.id} if may(role, Action.START) else {}
