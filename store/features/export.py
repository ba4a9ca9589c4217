"""Everything that a person may see, for a file: trials, and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from store.features.shared.reading import partners_of
from store.features.shared.trials import BARE, complete
from store.refusals import NOTHING_FOR_YOU, Refused
from store.tables import Customer, History, Person, Trial

AT_ONCE = 500
MOST_ENTRIES = 50_000
"""How many entries of history a file has at most, the newest ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of history, with the trial's code and company and the name of who acted."""

    code: str
    company: str
    row: History
    who: str


def of_person(session: Session, by: Person, within: int | None = None) -> Sequence[Trial]:
    """Every trial that a person may see, the oldest first. Refused: NOTHING_FOR_YOU.

    `within`: only this partner's.
    """
    return of_partners(session, _partners(session, by, within))


def of_partners(session: Session, partner_ids: Sequence[int]) -> Sequence[Trial]:
    """Every trial of some partners, with all its parts, the oldest first."""
    ours = BARE.where(col(Trial.partner_id).in_(partner_ids)).order_by(col(Trial.id))
    found = session.exec(ours).all()
    for first in range(0, len(found), AT_ONCE):
        complete(session, found[first : first + AT_ONCE])
    return found


def starters(session: Session, trials: Sequence[Trial]) -> Mapping[int, str]:
    """The addresses of those who started some trials, by id."""
    ids = {trial.started_by for trial in trials}
    rows = session.exec(select(col(Person.id), col(Person.email)).where(col(Person.id).in_(ids)))
    return {number: email for number, email in rows if number is not None}


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
