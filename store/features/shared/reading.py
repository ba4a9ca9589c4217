"""Queries about trials; people see only the partners at which they have a role.

Every query uses an index, so that its cost grows with the result, not with the tables.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import selectinload
from sqlmodel import Session, bindparam, col, func, literal, select, tuple_, union_all
from sqlmodel.sql.expression import Select, SelectOfScalar

from store.codes import normal_code
from store.features.shared import people
from store.features.shared.administrators import is_administrator
from store.features.shared.people import Standing
from store.features.shared.trials import BARE, loading, today_in, whole
from store.refusals import NOTHING_FOR_YOU, OLD_CARD, Refused
from store.rules import spelling
from store.rules.dates import GRACE_DAYS
from store.rules.eligibility import address, site_url
from store.rules.rights import Action, may
from store.rules.spelling import name_key, organisation
from store.tables import Assignment, Customer, History, Person, Serial, Shipment, Trial, related
from store.terms import Filter, Role, State

PAGE = 10
_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,18})")
HITS = 50
MOST = 1000
"""The limit of home's counts: more are shown as "1000 or more"."""


# ------------------------------------------------------------------ one trial


@dataclass(frozen=True, slots=True)
class View:
    """A trial, with what decides what this person may do with it."""

    trial: Trial
    standing: Standing


def show(session: Session, trial_id: int, *, by: Person, now: datetime) -> View:
    """One trial. Refused: NOTHING_FOR_YOU without such a trial or a role at its partner."""
    trial = whole(session, session.exec(_BY_ID, params={"trial_id": trial_id}).one_or_none())
    if trial is None:
        raise Refused(NOTHING_FOR_YOU)
    return view(session, trial, by=by, now=now)


def standing(session: Session, trial_id: int, *, by: Person, now: datetime) -> View:
    """Like `show`, but without the trial's parts: enough to check a right."""
    trial = session.exec(_BY_ID, params={"trial_id": trial_id}).one_or_none()
    if trial is None:
        raise Refused(NOTHING_FOR_YOU)
    return view(session, trial, by=by, now=now)


def administered(session: Session, trial_id: int, *, by: Person, room_id: str) -> Trial:
    """A trial of a customer whose administrator this is. Refused: NOTHING_FOR_YOU."""
    trial = session.exec(_BY_ID, params={"trial_id": trial_id}).one_or_none()
    if trial is None or not is_administrator(session, trial.customer, by, room_id):
        raise Refused(NOTHING_FOR_YOU)
    return trial


_BY_ID = BARE.where(col(Trial.id) == bindparam("trial_id"))


def view(session: Session, trial: Trial, *, by: Person, now: datetime) -> View:
    """Like `show`, for a trial that is already loaded."""
    standing = people.standing(session, by, trial, today_in(trial.space, now))
    if not may(standing.role, Action.SEE):
        raise Refused(NOTHING_FOR_YOU)
    return View(trial, standing)


def history(
    session: Session, trial_id: int, *, by: Person, now: datetime, limit: int = 100
) -> list[tuple[History, str]]:
    """The history of a trial, newest first, each row with the actor's name ("": a date)."""
    show(session, trial_id, by=by, now=now)
    rows = session.exec(
        select(History, func.coalesce(func.nullif(col(Person.name), ""), col(Person.email), ""))
        .outerjoin(Person)
        .where(col(History.trial_id) == trial_id)
        .order_by(col(History.id).desc())
        .limit(limit)
    )
    return [(row, name) for row, name in rows]


def last_changed_by(session: Session, trial_id: int) -> int | None:
    """The id of the person who last changed a trial; None if a date did."""
    rows = select(col(History.by)).where(col(History.trial_id) == trial_id)
    return session.exec(rows.order_by(col(History.id).desc()).limit(1)).first()


def actors(session: Session, trial: Trial, today: date) -> list[Person]:
    """The people who may act on a trial: full administrators, and administrators who own it."""
    staff = people.with_roles(session, trial.partner_id)
    # Owning a trial matters only to partner administrators.
    has_admins = any(role is Role.ADMIN for _, role in staff)
    owners = people.owners(session, trial, today) if has_admins else set()
    return [p for p, role in staff if may(role, Action.CHANGE, own=p.id in owners)]


# ------------------------------------------------------------------ finding


def find(session: Session, text: str, *, by: Person, within: int | None = None) -> Sequence[Trial]:
    """Find trials by typed text, however it is spelled: at most 50, running ones first.

    A code (also without `T-`), the start of a customer's name, an e-mail address, a domain, a site
    URL, an organisation ID, an order or serial number. `within`: only this partner's.
    """
    partners = partners_of(session, by, within)
    wanted = spelling.sought(text)
    if not partners or not wanted:
        return []
    if found := _of_code(session, wanted):
        return [found] if found.partner_id in partners else []
    return _load(session, list(_by_anything(partners, wanted)))


def _of_code(session: Session, text: str) -> Trial | None:
    code = normal_code(text)
    if code is None:
        return None
    return whole(session, session.exec(_BY_CODE, params={"code": code}).one_or_none())


_BY_CODE = BARE.where(col(Trial.code) == bindparam("code"))


def partners_of(session: Session, by: Person, within: int | None = None) -> list[int]:
    """The ids of the partners whose trials a person may see."""
    ids = sorted(people.roles(session, by))
    return [partner_id for partner_id in ids if within in (None, partner_id)]


def _by_anything(partners: list[int], text: str) -> Iterator[SelectOfScalar[Any]]:
    upper = text.upper()
    customers = select(col(Trial.id)).join(related(Trial.customer))
    ours = col(Customer.partner_id).in_(partners)
    if "@" in text:
        yield customers.where(ours, col(Customer.administrator) == address(text))
        return
    yield customers.where(ours, *_starts(col(Customer.company_key), name_key(text)))
    yield customers.where(ours, col(Customer.domain) == site_url(text))
    yield customers.where(ours, col(Customer.organisation_id).in_((text, organisation(text))))
    trials = select(col(Trial.id)).where(col(Trial.partner_id).in_(partners))
    if code := spelling.code(text):
        yield trials.where(col(Trial.code) == code)
    yield trials.where(col(Trial.site) == site_url(text), col(Trial.site) != "")
    yield trials.where(col(Trial.order_number) == upper, col(Trial.order_number) != "")
    shipped = trials.join(related(Trial.shipments))
    yield shipped.where(col(Shipment.order_number) == upper)
    yield shipped.join(related(Shipment.serials)).where(col(Serial.serial) == upper)


def _starts(column: Any, prefix: str) -> tuple[ColumnElement[bool], ...]:
    return column >= prefix, column < prefix + "\U0010ffff"


def _load(session: Session, queries: Sequence[SelectOfScalar[Any]]) -> Sequence[Trial]:
    limited = [select(query.limit(HITS).subquery().c.id) for query in queries]
    hits = union_all(*limited).limit(HITS).subquery()
    ids = session.exec(select(hits.c.id)).all()
    trials = session.exec(loading().where(col(Trial.id).in_(set(ids)))).all()
    over = (State.ENDED, State.CONVERTED, State.CANCELLED)
    return sorted(trials, key=lambda trial: (trial.state in over, trial.sorts_on, trial.id))


# ------------------------------------------------------------------ lists


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and the cursor of the next page (None: there is none)."""

    trials: Sequence[Trial]
    after: str | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A range of an index: a state, and the first and last day of `sorts_on` (None: open)."""

    state: State
    first: date | None = None
    last: date | None = None


def page(
    session: Session,
    which: Filter,
    *,
    by: Person,
    today: date,
    within: int | None = None,
    after: str | None = None,
    size: int = PAGE,
) -> Page:
    """One page of a list, ordered by days left; expired trials newest first.

    `after`: the cursor from the previous page. `within`: only this partner's.
    """
    partners = partners_of(session, by, within)
    if not partners:
        return Page([], None)
    newest_first = which is Filter.EXPIRED
    cursor = _cursor(after) if after else None
    parts = list(_parts(which, partners, by, today))
    limited = [_ahead(part, cursor, newest_first, size + 1).subquery() for part in parts]
    rows = union_all(*(select(part.c.id, part.c.at) for part in limited)).subquery()
    order = [rows.c.at.desc(), rows.c.id.desc()] if newest_first else [rows.c.at, rows.c.id]
    found = session.exec(select(rows.c.id, rows.c.at).order_by(*order).limit(size + 1)).all()
    shown = [trial_id for trial_id, _ in found[:size]]
    wanted = loading().where(col(Trial.id).in_(shown))
    if which is Filter.DEVICES:
        wanted = wanted.options(selectinload(related(Trial.shipments)))
    trials = {trial.id: trial for trial in session.exec(wanted)}
    last = f"{found[size - 1][1].isoformat()}.{shown[-1]}" if len(found) > size else None
    return Page([trials[trial_id] for trial_id in shown], last)


def counts(
    session: Session, *, by: Person, today: date, within: int | None = None
) -> dict[Filter, int]:
    """The number of trials in each list, up to `MOST`."""
    partners = partners_of(session, by, within)
    if not partners:
        return dict.fromkeys(Filter, 0)
    sizes = []
    for which in Filter:
        limited = [
            _ahead(part, None, False, MOST).subquery()
            for part in _parts(which, partners, by, today)
        ]
        rows = union_all(*(select(part.c.id) for part in limited)).limit(MOST).subquery()
        size = select(literal(which.value).label("which"), func.count().label("size"))
        sizes.append(size.select_from(rows))
    lists = union_all(*sizes).subquery()
    found = session.exec(select(lists.c.which, lists.c.size))
    return {Filter(which): size for which, size in found}


@dataclass(frozen=True, slots=True)
class _Part:
    """One range of one index: its conditions, and the date that orders it."""

    where: tuple[ColumnElement[bool], ...]
    at: Any


def _parts(which: Filter, partners: list[int], by: Person, today: date) -> Iterator[_Part]:
    if which is Filter.MINE:
        yield from _mine(partners, by, today)
        return
    for partner_id in partners:
        ours = col(Trial.partner_id) == partner_id
        if which is Filter.TODO:
            yield _Part((ours, col(Trial.todo_since).is_not(None)), col(Trial.todo_since))
        elif which is Filter.DEVICES:
            yield _Part((ours, col(Trial.devices_due).is_not(None)), col(Trial.devices_due))
        else:
            for stretch in _stretches(which, today):
                yield _Part((ours, *_within(stretch)), col(Trial.sorts_on))


def _mine(partners: list[int], by: Person, today: date) -> Iterator[_Part]:
    helping = select(col(Assignment.trial_id)).where(
        col(Assignment.person_id) == by.id,
        col(Assignment.until).is_(None) | (col(Assignment.until) >= today),
    )
    # "+ 0": search by person, never scan the partner's trials.
    ours = (col(Trial.partner_id) + 0).in_(partners)
    for stretch in _stretches(Filter.LIVE, today):
        live = _within(stretch)
        yield _Part((col(Trial.started_by) == by.id, ours, *live), col(Trial.sorts_on))
        others = col(Trial.started_by) != by.id
        yield _Part((col(Trial.id).in_(helping), others, ours, *live), col(Trial.sorts_on))


def _stretches(which: Filter, today: date) -> tuple[_Stretch, ...]:
    day = timedelta(days=1)
    grace = today - GRACE_DAYS * day
    pending = (_Stretch(State.CONSENT, today), _Stretch(State.PROVISIONING))
    return {
        Filter.LIVE: (*pending, _Stretch(State.ACTIVE, grace)),
        Filter.ACTIVE: (_Stretch(State.ACTIVE, today),),
        Filter.EXPIRING: (_Stretch(State.ACTIVE, grace, today + 30 * day),),
        Filter.PENDING: pending,
        Filter.EXPIRED: (_Stretch(State.ACTIVE, None, today - day), _Stretch(State.ENDED)),
    }[which]


def _within(stretch: _Stretch) -> tuple[ColumnElement[bool], ...]:
    at = col(Trial.sorts_on)
    first = () if stretch.first is None else (at >= stretch.first,)
    last = () if stretch.last is None else (at <= stretch.last,)
    return (col(Trial.state) == stretch.state, *first, *last)


def _ahead(
    part: _Part, cursor: tuple[date, int] | None, newest_first: bool, limit: int
) -> Select[Any, Any]:
    query: Select[Any, Any] = select(col(Trial.id).label("id"), part.at.label("at"))
    query = query.where(*part.where)
    place = tuple_(part.at, col(Trial.id))
    if newest_first:
        query = query.order_by(part.at.desc(), col(Trial.id).desc())
        return (query.where(place < cursor) if cursor else query).limit(limit)
    query = query.order_by(part.at, col(Trial.id))
    return (query.where(place > cursor) if cursor else query).limit(limit)


def _cursor(after: str) -> tuple[date, int]:
    found = _CURSOR.fullmatch(after)
    try:
        day, trial_id = found.groups() if found else ("", "")
        return date.fromisoformat(day), int(trial_id)
    except ValueError as error:
        raise Refused(OLD_CARD) from error
