"""The context shared by all parts of a running bot."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import Calendar
from bot.engine.tray import Tray
from bot.mail.links import Links
from bot.observe import Metrics
from bot.settings import Settings
from store.database.database import Database


@dataclass
class Context:
    """One bot's settings, database, clock, counters and tray; one process may have several.

    `wake`: the desk's tray, rung when a row was queued. `deaf_since` (queue time): since when
    incoming events could not be stored. `links`: set once it is known whether e-mails are sent.
    """

    settings: Settings
    database: Database
    calendar: Calendar
    metrics: Metrics = field(default_factory=Metrics)
    wake: Tray = field(default_factory=Tray)
    public_url: str = ""
    deaf_since: datetime | None = None
    links: Links | None = None
