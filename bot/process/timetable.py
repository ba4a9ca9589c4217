"""The timetable: periodic jobs that any number of processes may run, guarded and idempotent."""

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import schedule
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Jumps, queue_now, ticks
from bot.engine.context import Context
from bot.failures import Again, Undeliverable, backoff
from bot.observe import log
from bot.process import catch_up, lost_spaces
from bot.process.restored import hold_if_restored
from bot.webex import identity, webhooks
from bot.webex.gateway import Gateways
from store.features import drafts, settings, uploads
from store.queues import beats, leases
from store.queues.leases import QUEUES
from store.rules import calendars

HEARTBEAT = 5
PROBATION = 6
REPLANNED_AT_ONCE = 25
"""Trials in one transaction, so short that people are answered meanwhile."""

PRUNED_AT_ONCE = 500
SILENCE = timedelta(seconds=60)
DAY = 86_400
DOORS = ("web", "run")


class Timetable:
    """One thread and one `schedule` per process."""

    def __init__(self, context: Context, gateways: Gateways, *, kind: str) -> None:
        self._context = context
        self._gateways = gateways
        self._me = f"{kind}/{socket.gethostname()}/{os.getpid()}/{id(context):x}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="timetable", daemon=True)
        self._watchful = 0
        self._plan = schedule.Scheduler()
        self._jumps = Jumps()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._register()
        self._rounds = 0
        self._is_door = kind in DOORS
        self._silent_since: datetime | None = None
        self._was_deaf = False
        self._knows_calendars = False

    def _register(self) -> None:
        """Plan every job anew, from now on."""
        self._plan.clear()
        self._plan.every(HEARTBEAT).seconds.do(self._guarded, self.heartbeat)
        self._plan.every(20).seconds.do(self._guarded, self._check_webhooks_now_and_then)
        self._plan.every(2).seconds.do(self._guarded, self.catch_up)
        self._plan.every(2).seconds.do(self._guarded, self.replan)
        self._plan.every(10).minutes.do(self._guarded, self.prune)
        self._plan.every(10).minutes.do(self._guarded, self.look_for_lost_spaces)
        if self._context.database.is_sqlite:
            self._plan.every(15).seconds.do(self._guarded, self.look_for_a_restore)

    def start(self) -> None:
        """Start the jobs; the first heartbeat and the first webhook check happen at once."""
        self._guarded(self._notice_silence)
        self._guarded(self.heartbeat)
        self._guarded(self.check_webhooks)
        self._guarded(self.catch_up)
        self._thread.start()

    def stop(self) -> None:
        """Stop the jobs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        if self._context.database.is_sqlite:
            self._guarded(self.look_for_a_restore)
        self._guarded(self._stop_beating)

    # -------------------------------------------------------------- the jobs

    def heartbeat(self) -> None:
        """Record that this process is alive."""
        until = queue_now() + timedelta(seconds=3 * HEARTBEAT)
        with self._context.database.writing() as connection:
            beats.beat(connection, self._me, until=until)

    def check_webhooks(self) -> None:
        """Create or repair our webhooks; catch up on what happened while they were off."""
        if self._hold("webhooks", 15) and self._revive_webhooks():
            self._silent_since = self._silent_since or queue_now() - timedelta(minutes=5)
            self.catch_up()

    def _revive_webhooks(self) -> int:
        """Create or repair our webhooks; return how many Webex had switched off."""
        context = self._context
        secret = identity.secret(context.settings, context.database).decode()
        done = webhooks.repair(self._gateways.mine(), context.public_url, secret)
        if done.revived:
            self._watchful = PROBATION * 3
            log.warning("webhooks had been switched off", revived=done.revived)
        return done.revived

    def catch_up(self) -> None:
        """Catch up on missed messages; after a long silence, one process tells the spaces."""
        context = self._context
        deaf, context.deaf_since = context.deaf_since, None
        self._was_deaf |= deaf is not None
        since = self._silent_since = min(filter(None, (self._silent_since, deaf)), default=None)
        if since is None:
            return
        if self._was_deaf:
            self._revive_webhooks()
            self._was_deaf = False
        catch_up.after_silence(context, self._gateways.mine(), since, tell=self._tells(since))
        self._silent_since = None

    def _tells(self, since: datetime) -> bool:
        long = queue_now() - since > SILENCE
        told = f"silence {since.isoformat()}"
        return long and self._hold(told, DAY)

    def replan(self) -> None:
        """Replan reminders of spaces whose clock was changed, one batch per transaction.

        First, once: of all spaces, if the rules of time zones or holidays are new.
        """
        if not self._knows_calendars:
            with self._context.database.transaction() as session:
                now, versions = self._context.calendar.now(), calendars.versions()
                if settings.replan_by(session, versions, now=now):
                    log.info("replanning by new rules", **versions)
            self._knows_calendars = True
        more = True
        while more and not self._stopping.is_set():
            with self._context.database.transaction() as session:
                now = self._context.calendar.now()
                more = settings.replan_some(session, now=now, batch=REPLANNED_AT_ONCE)

    def look_for_a_restore(self) -> None:
        """Hold an SQLite database that a backup was copied over; renew the mark of any other."""
        hold_if_restored(self._context.database, running=True)

    def prune(self) -> None:
        """Delete what was settled long ago, in small batches."""
        before = queue_now() - timedelta(days=self._context.settings.prune_days)
        for table in QUEUES:
            pruned = PRUNED_AT_ONCE
            while pruned == PRUNED_AT_ONCE and not self._stopping.is_set():
                with self._context.database.writing() as connection:
                    pruned = leases.prune(connection, table, before=before, limit=PRUNED_AT_ONCE)
        with self._context.database.transaction() as session:
            drafts.prune(session, now=self._context.calendar.now())
            uploads.prune(session, now=self._context.calendar.now())
            beats.prune(session.connection(), before=queue_now() - timedelta(days=1))

    def look_for_lost_spaces(self) -> None:
        """Go on in spaces that Webex shows again; one process at a time looks."""
        if self._hold("lost spaces", 300):
            lost_spaces.look_again(self._context, self._gateways.mine())

    def _notice_silence(self) -> None:
        """Note when another web door was last known to be open before this one."""
        if self._is_door:
            with self._context.database.reading() as session:
                self._silent_since = beats.last(session.connection(), *DOORS)

    def _check_webhooks_now_and_then(self) -> None:
        """Check every minute; every 20 seconds while Webex may switch a revived one off again."""
        self._rounds += 1
        self._watchful = max(self._watchful - 1, 0)
        if self._watchful or self._rounds % 3 == 0:
            self.check_webhooks()

    # -------------------------------------------------------------- helpers

    def _hold(self, work: str, seconds: float) -> bool:
        with self._context.database.writing() as connection:
            return beats.hold(connection, work, self._me, seconds=seconds, now=queue_now())

    def _stop_beating(self) -> None:
        with self._context.database.writing() as connection:
            beats.stop(connection, self._me, now=queue_now())

    def _keep(self) -> None:
        while not self._stopping.wait(0.5):
            if self._jumps.noticed():
                self._register()  # `schedule` goes by the computer's clock
            self._plan.run_pending()

    def _guarded(self, beat: Callable[[], None]) -> None:
        """Run a job; after Webex failed it, leave it out for longer and longer."""
        name = _name(beat)
        if ticks() < self._not_before.get(name, 0.0):
            return
        try:
            beat()
            self._failures.pop(name, None)
        except (Again, Undeliverable) as error:
            self._put_off(name, getattr(error, "after", 0.0))
            log.warning("periodic job failed", beat=name, error=str(error)[:200])
        except SQLAlchemyError as error:
            log.warning("periodic job failed", beat=name, error=str(error)[:200])
        except Exception:
            self._put_off(name, 0.0)
            log.exception("periodic job failed", beat=name)

    def _put_off(self, name: str, after: float) -> None:
        tries = self._failures[name] = self._failures.get(name, 0) + 1
        self._not_before[name] = ticks() + max(after, backoff(tries))


def _name(beat: Callable[[], None]) -> str:
    return getattr(beat, "__name__", "beat")
