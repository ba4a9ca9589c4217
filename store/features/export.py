"""Everything that a person may see, for a file: trials, and their history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from store.features.shared.reading import partners_of
from store.features.shared.trials import BARE, complete
from store.refusals import NOTHING_FOR_YOU, Refused
from store.tables import Customer, History, Person, Trial

AT_ONCE = 500
"""How many trials are read at once."""

MOST_ENTRIES = 50_000
"""How many entries of history a file has at most, the newest ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of history, with the trial's code and company and the name of who acted."""

    code: str
    company: str
    row: History
    who: str


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials for a file: how many, and the addresses of those who started them, by id.

    `each`: the trials with all their parts, the oldest first; only some are in memory at a time.
    """

    count: int
    starters: Mapping[int, str]
    each: Iterator[Trial]


def of_person(session: Session, by: Person, within: int | None = None) -> Trials:
    """Every trial that a person may see. Refused: NOTHING_FOR_YOU.

    `within`: only this partner's.
    """
    return of_partners(session, _partners(session, by, within))


def of_partners(session: Session, partner_ids: Sequence[int]) -> Trials:
    """Every trial of some partners."""
    ours = col(Trial.partner_id).in_(partner_ids)
    ids = session.exec(select(col(Trial.id)).where(ours).order_by(col(Trial.id))).all()
    started = select(col(Trial.started_by)).where(ours)
    people = select(col(Person.id), col(Person.email)).where(col(Person.id).in_(started))
    starters = {number: email for number, email in session.exec(people) if number is not None}
    return Trials(len(ids), starters, _some_at_a_time(session, ids))


def _some_at_a_time(session: Session, ids: Sequence[int | None]) -> Iterator[Trial]:
    for first in range(0, len(ids), AT_ONCE):
        some = col(Trial.id).in_(ids[first : first + AT_ONCE])
        trials = session.exec(BARE.where(some).order_by(col(Trial.id))).all()
        complete(session, trials)
        yield from trials


def history(
    session: Session, by: Person, within: int | None = None, trial_id: int | None = None
) -> list[Entry]:
    """The history of every trial that a person may see, or of one of them; newest first.

    Refused: NOTHING_FOR_YOU.
    """
    name = func.coalesce(func.nullif(col(Person.name), ""), col(Person.email), "")
    rows = (
        select(col(Trial.code), col(Customer.company), History, name)
        .select_from(History)
        .join(Trial, col(Trial.id) == col(History.trial_id))
        .join(Customer, col(Customer.id) == col(Trial.customer_id))
        .outerjoin(Person, col(Person.id) == col(History.by))
        .where(col(Trial.partner_id).in_(_partners(session, by, within)))
        .order_by(col(History.id).desc())
        .limit(MOST_ENTRIES)
    )
    if trial_id is not None:
        rows = rows.where(col(Trial.id) == trial_id)
    return [Entry(*found) for found in session.exec(rows)]


def _partners(session: Session, by: Person, within: int | None) -> list[int]:
    partners = partners_of(session, by, within)
    if not partners:
        raise Refused(NOTHING_FOR_YOU)
    return partners
