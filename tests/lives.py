"""What happens in a trial's life besides conversations, straight through the store's operations."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from store.act import Act
from store.features import digest, spaces
from store.features.shared import people
from store.tables import Trial, id_of
from tests.stage import ROLES, Stage


def ending(day: date) -> dict[str, Any]:
    """The start form's words for a trial of 30 days that ends on a day."""
    return {"first_day": day - timedelta(days=30)}


def happens(
    stage: Stage, operation: Callable[..., Any], trial: Trial, who: str = "nora", **facts: Any
) -> None:
    """Let somebody do something to a trial that no conversation of this test is about."""
    with stage.database.transaction() as session:
        by = people.known(session, stage.cast[ROLES[who]]["personId"])
        operation(session, id_of(trial), Act(by, stage.clock.now()), **facts)


def without_digest(stage: Stage) -> None:
    """Let the partner's space have reminders only."""
    the_space(stage, weekly_digest=False)


def the_space(stage: Stage, **settings: Any) -> None:
    """Set how the partner's space wants to be spoken to."""
    with stage.database.transaction() as session:
        space = spaces.space_of(session, stage.rooms["partner-space"])
        assert space is not None
        for name, value in settings.items():
            setattr(space, name, value)
        digest.plan_next(session, space, stage.clock.now())
