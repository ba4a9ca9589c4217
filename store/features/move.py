"""Move a trial to another space of its partner."""

from sqlmodel import Session

from store.act import Act
from store.features.shared.trials import hold, keep
from store.history import HistoryKind
from store.queues import reminders
from store.refusals import NOT_FOUND, OTHER_PARTNERS_SPACE, Refused
from store.rules.rights import Action
from store.rules.transitions import ANY, Change
from store.tables import Space, Trial, id_of

MOVE = Change("move", ANY, needs=Action.ASSIGN)
MOVED = HistoryKind("moved")


def move(session: Session, trial_id: int, act: Act, *, space_id: int) -> Trial:
    """Move a trial and its reminders to another space, at that space's hour.

    Refused: as `hold` (full administrators only), OTHER_PARTNERS_SPACE, NOT_FOUND for a space that
    is gone.
    """
    trial = hold(session, trial_id, act, MOVE)
    space = session.get(Space, space_id)
    if space is None or space.partner_id != trial.partner_id:
        raise Refused(OTHER_PARTNERS_SPACE)
    if space.state != "linked":
        raise Refused(NOT_FOUND)
    before = {"space": trial.space.title}
    trial.space, trial.space_id = space, id_of(space)
    reminders.move(session.connection(), trial_id, space_id=space_id)
    after = {"space": space.title}
    return keep(session, trial, act, MOVED, before=before, after=after)
