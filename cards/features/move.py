"""Moving a trial to another space of its partner: a form on the card that assigns it."""

from collections.abc import Sequence

from cards.kit.behind import Behind, behind
from cards.kit.forms import Form, Invalid, carried, choose
from cards.kit.history import tells
from cards.kit.rules import on_trial
from cards.kit.words import N_, Words
from store.features.move import MOVE, MOVED
from store.refusals import NOT_FOUND, OTHER_PARTNERS_SPACE
from store.tables import Space, Trial, id_of


class MoveTrial(
    Form,
    key="trial.move",
    rule=on_trial(MOVE),
    title=N_("Move to another space"),
    submit=N_("Move"),
    refused_at={OTHER_PARTNERS_SPACE: "space", NOT_FOUND: "space"},
):
    """Move a trial to another space."""

    trial: int = carried()
    version: int = carried()
    space: int = choose(N_("Space"))


def move_behind(
    trial: Trial, elsewhere: Sequence[Space], words: Words, problem: Invalid | None
) -> Behind:
    """Build the form behind its button, if the partner has another space."""
    if not elsewhere:
        return Behind(None, None)
    return behind(
        MoveTrial,
        words,
        scope="move",
        choices={"space": [(str(space.id), space.title or space.time_zone) for space in elsewhere]},
        problem=problem,
        trial=id_of(trial),
        version=trial.version,
    )


# ------------------------------------------------------------------ history

tells(
    MOVED,
    N_("{who} moved the trial from {old_space} to {space}"),
    N_("{who} moved the trial to another space"),
)
