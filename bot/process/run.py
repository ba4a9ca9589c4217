"""A running bot: one process's web door, worker and timetable."""

import importlib
import threading
from typing import TYPE_CHECKING, Self

from bot.clock import Calendar, ticks
from bot.engine.context import Context
from bot.failures import Again, Undeliverable, backoff
from bot.mail.links import links_of
from bot.observe import log
from bot.settings import Settings
from bot.web.door import Server
from bot.webex import identity
from bot.webex.identity import Identity
from store.database.database import Database
from store.queues.idle import is_idle

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.process.timetable import Timetable
    from bot.webex.gateway import Gateways

FEATURES = "bot.features"
CONNECTIONS = 24
"""Twice the door's threads: the desk and what is read beside it need some too."""

LOOK_AGAIN = 0.005


class Bot:
    """A bot that can be started and stopped; several may run in one process.

    web, work: which halves it has. Port 0 picks a free one; `url` is where it listens.
    """

    def __init__(self, settings: Settings, *, web: bool = True, work: bool = True) -> None:
        database = Database(settings.database_url, connections=CONNECTIONS)
        self.context = Context(settings, database, Calendar(settings.clock_file))
        port = settings.port if web else settings.worker_port
        asked = web or settings.worker_port
        self._server = Server(self.context, port=port, webhooks=web) if asked else None
        self._parts = Parts(self.context, web=web, work=work)
        own = self.url if web else ""
        self.context.public_url = settings.public_url or own or settings.reached_at

    def start(self, *, wait: float = 0.0) -> Self:
        """Start the web door at once, and the worker as soon as Webex says who we are.

        wait: seconds to wait for that and for the webhooks. Raises TimeoutError, and RuntimeError
        if the worker can't start at all; `failed` is set then.
        """
        database = self.context.database
        if database.is_sqlite and not database.is_current():
            database.migrate()
        database.check_writable()
        if self._server:
            self._server.start()
        self._parts.start()
        if wait:
            self._parts.await_ready(wait)
        return self

    def stop(self) -> None:
        """Stop in order: start nothing new, finish what was begun, give back the rest.

        A bot that could not start is stopped as well, so that its port is free again.
        """
        if self._server:
            self._server.stop()
        self._parts.stop()
        self.context.database.close()

    @property
    def failed(self) -> threading.Event:
        """Set when the bot can't go on."""
        return self._parts.failed

    @property
    def url(self) -> str:
        """The web door's URL on this machine."""
        return self._server.url if self._server else ""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open, claimed or due; messages that wait for a space don't count."""
        if not self._parts.is_idle:
            return False
        with self.context.database.reading() as session:
            return is_idle(session.connection(), calendar=self.context.calendar.now())

    def idle(self, within: float = 10.0) -> bool:
        """Wait until the bot is idle, at most `within` seconds; return whether it is."""
        deadline = ticks() + within
        pause = threading.Event()
        while not self.is_idle:
            if ticks() > deadline:
                return False
            pause.wait(LOOK_AGAIN)
        return True


class Parts:
    """What runs behind the door: started in the background, so that the door opens first."""

    def __init__(self, context: Context, *, web: bool, work: bool) -> None:
        self.failed = threading.Event()
        self._ready = threading.Event()
        self._context = context
        self._kind = "run" if web and work else "web" if web else "worker"
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._begin_guarded, name="opening", daemon=True)
        self.desk: Desk | None = None
        self._timetable: Timetable | None = None

    def start(self) -> None:
        """Start in the background."""
        self._thread.start()

    def await_ready(self, within: float) -> None:
        """Wait until everything has started. Raises TimeoutError, or RuntimeError if it can't."""
        if not self._ready.wait(within):
            raise TimeoutError(f"the bot wasn't ready within {within} seconds")
        if self.failed.is_set():
            raise RuntimeError("the bot could not start; the log says why")

    def stop(self) -> None:
        """Stop, in the order in which work flows."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.desk:
            self.desk.stop()
        if self._timetable:
            self._timetable.stop()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed."""
        return self.desk is None or self.desk.is_idle

    def _begin_guarded(self) -> None:
        try:
            self._begin()
        except Exception:
            log.exception("could not start")
            self.failed.set()
        self._ready.set()

    def _begin(self) -> None:
        # Webex's SDK and the cards take half a second to import; the door doesn't need them.
        from bot.process.restored import hold_if_restored, warn_if_held
        from bot.process.timetable import Timetable
        from bot.webex.gateway import Gateways

        context, settings = self._context, self._context.settings
        hold_if_restored(context.database)
        warn_if_held(context.database)
        token = settings.access_token.get_secret_value()
        gateways = Gateways(token, settings.base_url, context.metrics)
        me = self._introduce(gateways)
        if me is None:
            return
        context.links = links_of(settings, context.database, context.public_url)
        if self._work:
            importlib.import_module(FEATURES)
            from bot.engine.desk import Desk

            self.desk = Desk(context, gateways, me)
            self.desk.start()
        self._timetable = Timetable(context, gateways, kind=self._kind)
        self._timetable.start()

    def _introduce(self, gateways: "Gateways") -> Identity | None:
        """Ask Webex who we are, until it answers or we are stopped."""
        tries = 0
        while not self._stopping.is_set():
            try:
                return identity.introduce(gateways.mine(), self._context.database)
            except (Again, Undeliverable) as error:
                log.warning("could not ask Webex who the bot is", error=str(error))
                self._stopping.wait(backoff(tries))
                tries += 1
        return None
