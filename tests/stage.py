"""The stage of a conversation: a sandbox Webex, the bot, a database, and people.

Only Webex is simulated: the bot listens on its own port and talks HTTP. The clock starts on a
Tuesday morning, so that tests can count in days.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from bot.process.run import Bot
from bot.settings import Settings
from sandbox.server import Sandbox
from store.database.database import Database
from store.features import setup, spaces, start
from store.features.settings import replan_by, replan_some
from store.features.shared import people
from store.rules import calendars
from store.tables import Reminder, Trial
from store.terms import Kind, Role, Service
from tests.people import Message, Person, wait_for

BEGINS = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
ZONE = "Europe/Sofia"
ROLES = {
    "nora": "partner-full-admin",
    "tom": "partner-admin",
    "ines": "partner-admin-2",
    "viktor": "partner-read-only",
    "clara": "customer-full-admin",
    "samir": "customer-full-admin-2",
    "lena": "customer-admin",
    "ben": "customer-user",
    "petra": "other-partner-full-admin",
    "jo": "outsider",
}
HARBOUR = {"nora": Role.FULL, "tom": Role.ADMIN, "ines": Role.ADMIN, "viktor": Role.READ_ONLY}
SUMMIT = {"petra": Role.FULL}


@pytest.fixture
def bare_stage(database_url: str, tmp_path: Path) -> Iterator["Stage"]:
    """A stage on which no space is linked yet."""
    with staged(database_url, tmp_path) as stage:
        yield stage


@pytest.fixture
def stage(bare_stage: "Stage") -> "Stage":
    """A stage with both partners' spaces linked and roles given, as its database was cloned."""
    return bare_stage


def link_both(database_url: str) -> None:
    """Link both partners' spaces in a database; people's ids are the same on every stage."""
    with Sandbox() as webex:
        webex_is_at(webex.url, BEGINS)
        stage = Stage(webex, database_url, Path(), {})
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        stage.link("other-partner-space", "Summit Voice", SUMMIT)
        stage.plan_by_rules_of_today()
        stage.close()


@contextmanager
def staged(
    database_url: str,
    folder: Path,
    make_webex: Callable[..., Sandbox] = Sandbox,
    *,
    starts: bool = True,
    **settings: Any,
) -> Iterator["Stage"]:
    """A sandbox and, if `starts`, a bot that runs until the end."""
    clock_file = folder / "clock"
    with make_webex(clock_file=clock_file) as webex:
        webex_is_at(webex.url, BEGINS)
        stage = Stage(webex, database_url, clock_file, settings)
        try:
            if starts:
                stage.bot = stage.another_bot()
            yield stage
        finally:
            stage.close()


class Stage:
    """Where a conversation happens. `stage.nora`, `stage.clara`, …: people in their places."""

    nora: Person
    tom: Person
    ines: Person
    viktor: Person
    clara: Person
    samir: Person
    lena: Person
    ben: Person
    petra: Person
    jo: Person
    bot: Bot

    def __init__(
        self, webex: Sandbox, database_url: str, clock_file: Path, settings: dict[str, Any]
    ) -> None:
        self.webex = webex
        self.url = url = webex.url
        self.clock = Clock(self)
        self.database = Database(database_url)
        self.cast = {each["role"]: each for each in self.ask("people")}
        self.rooms = {each["role"]: each["id"] for each in self.ask("rooms")}
        self._settings = {
            "access_token": self.cast["bot"]["token"],
            "base_url": f"{url}/v1/",
            "clock_file": clock_file,
            "database_url": database_url,
            "host": "127.0.0.1",
            "port": 0,
            **settings,
        }
        self._bots: list[Bot] = []
        for name, role in ROLES.items():
            setattr(self, name, Person(url, self.cast[role], self.cast["bot"], self._place(role)))

    def _place(self, role: str) -> str | None:
        if role.startswith("partner"):
            return self.rooms["partner-space"]
        return self.rooms["other-partner-space"] if role.startswith("other-partner") else None

    # -------------------------------------------------------------- the bot

    def another_bot(self) -> Bot:
        """Start one more bot on the same database; the first start creates the webhooks."""
        bot = Bot(Settings(_env_file=None, **self._settings))  # type: ignore[call-arg]
        bot.start(wait=20)
        self._bots.append(bot)
        return bot

    def restart(self) -> None:
        """Stop the bot and start it again."""
        self.bot.stop()
        self._bots.remove(self.bot)
        self.bot = self.another_bot()

    def look_at_the_clock(self) -> None:
        """Wake the bots now, instead of within a second."""
        for bot in self._bots:
            bot.context.wake.ring()

    def idle(self) -> None:
        """Wait until every event and message is settled and every due reminder has rung."""
        wait_for(self._is_at_rest, "the bot never came to rest", 30)

    def _is_at_rest(self) -> bool:
        hooks = self.webex.hooks
        return hooks.is_idle and all(bot.is_idle for bot in self._bots) and hooks.is_idle

    def close(self) -> None:
        for bot in self._bots:
            bot.stop()
        self.database.close()

    # -------------------------------------------------------------- the data

    def link(
        self, room: str, partner: str, roles: dict[str, Role], *, time_zone: str = ZONE
    ) -> None:
        """Link a space as `trialbot setup` does."""
        with self.database.transaction() as session:
            for who, webex in ((who, self.cast[ROLES[who]]) for who in roles):
                assert who in ROLES
                people.meet(
                    session,
                    webex["personId"],
                    emails=[webex["email"]],
                    name=webex["name"],
                    org_id=webex["orgId"],
                    now=self.clock.now(),
                )
            setup.link_space(
                session,
                room_id=self.rooms[room],
                title=room,
                partner=setup.PartnerFacts(partner),
                space=setup.SpaceFacts(time_zone=time_zone),
                roles={self.cast[ROLES[who]]["email"]: role for who, role in roles.items()},
                by=None,
                operators=(),
                now=self.clock.now(),
            )

    def plan_by_rules_of_today(self) -> None:
        """Say that all is planned by this process's calendars, so that no bot replans at start."""
        with self.database.transaction() as session:
            replan_by(session, calendars.versions(), now=self.clock.now())
            while replan_some(session, now=self.clock.now()):
                pass

    def a_trial(self, by: str = "tom", room: str = "partner-space", **form: Any) -> Trial:
        """A trial of a new customer, saved by somebody; `form`: fields of the start form.

        It was started in Partner Hub today, or its request sent; with `done_on=None` it is to do.
        """
        new = start.NewTrial.model_validate(
            {
                "kind": Kind.NEW,
                "company": "Meadow Foods",
                "administrator": self.cast["customer-full-admin"]["email"],
                "country": "BG",
                "services": [Service.MESSAGING],
                "done_on": self.clock.today(),
                **form,
            }
        )
        with self.database.transaction() as session:
            space = spaces.space_of(session, self.rooms[room])
            person = people.known(session, self.cast[ROLES[by]]["personId"])
            assert space is not None
            assert person is not None
            started = start.start(session, new, by=person, space=space, now=self.clock.now())
            return started.trial

    def trial(self, code: str) -> Trial:
        """A trial as it is in the database now."""
        from sqlmodel import col

        from store.features.shared.trials import loading

        with self.database.reading() as session:
            found = session.exec(loading().where(col(Trial.code) == code)).one()
            assert found.services is not None
            assert found.hub_tasks is not None
            assert found.shipments is not None
            return found

    def open_reminders(self, trial: Trial) -> list[str]:
        """The kinds of reminder that a trial still has open, in ringing order."""
        from sqlmodel import col, select

        with self.database.reading() as session:
            return list(
                session.exec(
                    select(Reminder.kind)
                    .where(col(Reminder.trial_id) == trial.id, col(Reminder.settled_at).is_(None))
                    .order_by(col(Reminder.rings_at), col(Reminder.id))
                )
            )

    def ask(self, what: str) -> Any:
        """Read from the sandbox: `people`, `rooms`, `deliveries`, `requests`."""
        return requests.get(f"{self.url}/sandbox/{what}", timeout=30).json()

    def fault(self, match: str, kind: str, **more: Any) -> None:
        """Make Webex fail from now on."""
        body = {"match": match, "kind": kind, **more}
        assert requests.post(f"{self.url}/sandbox/faults", json=body, timeout=30).ok

    def mend(self) -> None:
        """Remove all faults."""
        requests.delete(f"{self.url}/sandbox/faults", timeout=30)


@dataclass
class Clock:
    """The sandbox's clock, which the bot's calendar follows."""

    stage: Stage

    def now(self) -> datetime:
        """The current instant."""
        return datetime.fromisoformat(self.stage.ask("clock")["now"])

    def today(self, zone: str = ZONE) -> date:
        """The current day in the partner's space."""
        return self.now().astimezone(ZoneInfo(zone)).date()

    def to(self, when: datetime) -> None:
        """Move to an instant and wait until everything due has happened."""
        webex_is_at(self.stage.url, when)
        self.stage.look_at_the_clock()
        self.stage.idle()

    def days(self, n: float) -> None:
        """Move on by days."""
        self.to(self.now() + timedelta(days=n))

    def at(self, day: date, hour: int = 9, minute: int = 0, zone: str = ZONE) -> None:
        """Move to an hour of a day in the space's time zone."""
        self.to(datetime.combine(day, time(hour, minute), ZoneInfo(zone)))

    def next_hour(self, hour: int = 9, zone: str = ZONE) -> None:
        """Move to the next time that it is this hour in the space's time zone."""
        local = self.now().astimezone(ZoneInfo(zone))
        day = local.date() + timedelta(days=local.hour >= hour)
        self.at(day, hour, zone=zone)


def webex_is_at(url: str, when: datetime) -> None:
    """Set the sandbox's clock."""
    body = {"now": when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    assert requests.post(f"{url}/sandbox/clock", json=body, timeout=30).ok


__all__ = ["Message", "Stage", "bare_stage", "stage", "wait_for"]
