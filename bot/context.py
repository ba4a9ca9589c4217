"""What every part of one running bot works with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.announce import Announcer
from bot.clock import Calendar
from bot.observe import Metrics
from bot.settings import Settings
from bot.wake import Bells
from store.database.database import Database

if TYPE_CHECKING:
    from bot.feeder import Feeder


@dataclass
class Context:
    """One bot's settings, database, clock, counters and wake-ups; several fit in one process.

    `deaf_since` (queue time): since when events came that could not be stored. `hands`: who takes
    events in this process, if anybody does. `announcer`: who wakes those of other processes.
    """

    settings: Settings
    database: Database
    calendar: Calendar
    metrics: Metrics = field(default_factory=Metrics)
    wake: Bells = field(default_factory=Bells)
    public_url: str = ""
    deaf_since: datetime | None = None
    hands: "Feeder | None" = None
    announcer: Announcer = field(init=False)

    def __post_init__(self) -> None:
        self.announcer = Announcer(self.database)
