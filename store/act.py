"""Who acts, when, and on which version of a trial."""

from dataclasses import dataclass
from datetime import datetime

from store.tables import Person


@dataclass(frozen=True, slots=True)
class Act:
    """The context that every operation receives.

    `by`: the person who acts; None if a date does. `now`: calendar time. `seen`: the version shown
    on the pressed card; None skips the check.
    """

    by: Person | None
    now: datetime
    seen: int | None = None

    @property
    def who(self) -> Person:
        """The person who acts. Raises LookupError if a date does."""
        if self.by is None:
            raise LookupError("a date acts, not a person")
        return self.by
