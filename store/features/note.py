"""A line that somebody adds to a trial's history."""

from datetime import datetime

from sqlmodel import Session

from store.features.shared.trials import hold, keep
from store.history import HistoryKind
from store.rules.transitions import ANY, Change
from store.tables import Person, Trial

ADD_NOTE = Change("note", ANY)
NOTED = HistoryKind("note")


def note(session: Session, trial_id: int, *, by: Person, text: str, now: datetime) -> Trial:
    """Add a line to a trial's history. Refused: as `hold`."""
    trial = hold(session, trial_id, by=by, now=now)
    return keep(session, trial, by=by, now=now, what=NOTED, note=text, plans=False)
