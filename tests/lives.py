"""Events in a trial's life outside conversations, made directly by the store's operations."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from store.act import Act
from store.features import digest, spaces
from store.features.shared import people
from store.tables import Trial, id_of
from tests.stage import BEGINS, ROLES, Stage


def ending(day: date) -> dict[str, Any]:
    """Start form fields for a running trial that ends on `day`; it began by the first day."""
    duration = max(30, (day - BEGINS.date()).days)
    return {"done_on": day - timedelta(days=duration), "duration": duration}


def happens(
    stage: Stage, operation: Callable[..., Any], trial: Trial, who: str = "nora", **facts: Any
) -> None:
    """Run an operation on a trial as somebody, outside any conversation."""
    with stage.database.transaction() as session:
        by = people.known(session, stage.cast[ROLES[who]]["personId"])
        operation(session, id_of(trial), Act(by, stage.clock.now()), **facts)


def without_digest(stage: Stage) -> None:
    """Turn the weekly digest off in the partner's space, so that it gets reminders only."""
    the_space(stage, weekly_digest=False)


def the_space(stage: Stage, **settings: Any) -> None:
    """Change settings of the partner's space and replan its digest."""
    with stage.database.transaction() as session:
        space = spaces.space_of(session, stage.rooms["partner-space"])
        assert space is not None
        for name, value in settings.items():
            setattr(space, name, value)
        digest.plan_next(session, space, stage.clock.now())
