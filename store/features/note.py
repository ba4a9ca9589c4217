"""Notes in a trial's history."""

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep
from store.history import HistoryKind
from store.rules.transitions import ANY, Change
from store.tables import Trial

ADD_NOTE = Change("note", ANY)
NOTED = HistoryKind("note")


def note(session: Session, trial_id: int, act: Act, *, text: str) -> Trial:
    """Add a note to a trial's history. Refused: as `hold`."""
    trial = hold(session, trial_id, act, ADD_NOTE)
    return keep(session, trial, act, NOTED, note=text, plans=False)
