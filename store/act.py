"""Who does something, when, and which version of it they saw."""

from dataclasses import dataclass
from datetime import datetime

from store.tables import Person


@dataclass(frozen=True, slots=True)
class Act:
    """What every operation is given besides what it is about.

    `by`: who acts; None: a date does. `now`: calendar time. `seen`: the version that the pressed
    card showed; None: whatever it is now.
    """

    by: Person | None
    now: datetime
    seen: int | None = None

    @property
    def who(self) -> Person:
        """The person who acts. Raises LookupError where a date does."""
        if self.by is None:
            raise LookupError("a date acts, not a person")
        return self.by
