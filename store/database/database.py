"""The database behind a URL, SQLite or PostgreSQL; the only place that begins and commits.

SQLite runs with WAL and foreign keys. A commit waits for the disk after it has let the next writer
go on (`store.database.disk`): what a webhook was answered 200 for survives even a power cut. What
needs no such promise goes through `statements`. Every transaction is begun here, never by a driver:
on PostgreSQL what is a single statement needs none.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from store.database.disk import Log
from store.database.json_text import json_text
from store.database.together import Together
from store.database.trouble import is_out_of_reach

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")

ENDED_ALREADY = None
"""What the pool does to a connection that comes back: every transaction here ends by itself."""

BEGIN_UNHURRIED = "BEGIN; SET LOCAL synchronous_commit = off"
"""PostgreSQL's commit that doesn't wait for the disk."""

PLACES = 3
"""While PostgreSQL works for some who asked, others go on: with one place a core idled."""

MIGRATIONS = Path(__file__).parents[1] / "migrations"

_open: ContextVar[int] = ContextVar("open_transactions", default=0)


def in_transaction() -> bool:
    """Whether this thread holds a transaction open: then nothing may touch the network."""
    return _open.get() > 0


class Database:
    """A database by its URL (`sqlite:///file`, `postgresql://…` or `postgres://…`).

    `connections` is the pool's size: one for each thread that works at the same time.
    """

    def __init__(self, url: str, *, connections: int = 20) -> None:
        self.url = _spelled_out(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writers = _sqlite(self.url, connections)
            self._log: Log | None = Log(Path(f"{self.url.database}-wal"))
            self._readers = _sqlite(self.url, connections, query_only=True)
            # Threads that queue here are served four times faster than by SQLite's busy handler.
            # All but what is durable queue outside first: somebody waits for a webhook's answer.
            self._turn: AbstractContextManager[Any] = threading.Lock()
            self._outside: AbstractContextManager[Any] = threading.RLock()
            self.places = 1
            self._line: AbstractContextManager[Any] = self._outside
            self._lined_up: Together[Callable[[Connection], Any], Any] | None = Together(
                self._turn, self._make_all, for_all=is_out_of_reach
            )
        else:
            self._writers = _postgres(self.url, connections)
            self._log = None
            self._readers = self._writers
            self._turn = self._outside = nullcontext()
            self.places = PLACES
            self._line = threading.BoundedSemaphore(PLACES)
            self._lined_up = None

    def in_line(self) -> AbstractContextManager[Any]:
        """A place, of `places`, at the head of the queue of those who ask and then change things.

        On SQLite everybody who changes things stands there. The interpreter lets one thread work at
        a time anyway, and threads that take turns at every statement cost twice as much as threads
        that wait for each other.
        """
        return self._line

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Session]:
        """Change things: commits at the end, rolls back on any exception.

        `durable`: as for `statements`.
        """
        with (
            self._outside,
            self._turn,
            _opened(),
            Session(self._writers, expire_on_commit=False) as session,
            session.begin(),
        ):
            self._begin(session.connection(), durable=durable)
            yield session
        if durable:
            self._sync()

    @contextmanager
    def statements(self, *, durable: bool = False) -> Iterator[Connection]:
        """Change the queues' rows, without objects.

        Unless `durable`, nobody waits for the disk: a power cut (never a kill of ours) may undo it,
        so it is for what is then simply done again: claims, leases, what was sent.
        """
        queued = nullcontext() if durable else self._outside
        with queued, self._turn, self._writing(durable=durable) as connection:
            yield connection
        if durable:
            self._sync()

    def statement(self, change: Callable[[Connection], T], *, durable: bool = False) -> T:
        """Make a change that is one statement, after a look at most: it is committed by itself.

        On SQLite those who wait for their turn share a commit. `durable`: as for `statements`.
        """
        if self._lined_up is None:
            return self._alone(change)
        changed: T = self._lined_up(change)
        if durable:
            self._sync()
        return changed

    def _make_all(self, changes: Sequence[Callable[[Connection], Any]]) -> Sequence[Any]:
        """SQLite commits alike for everybody; who needs the disk waits for it afterwards."""
        if len(changes) == 1:
            return [self._alone(changes[0])]
        with self._writing(durable=False) as connection:
            return [change(connection) for change in changes]

    def _alone(self, change: Callable[[Connection], T]) -> T:
        with _opened(), self._writers.connect() as connection:
            return change(connection)

    def sharing(self, change: Callable[[Connection, Sequence[A]], Sequence[B]]) -> Together[A, B]:
        """A change of the queues' rows that is made at once for all who want it at that moment.

        They share one transaction, as that of `statements`; if it fails, each gets one of its own.
        """

        def change_all(wanted: Sequence[A]) -> Sequence[B]:
            with self._writing(durable=False) as connection:
                return change(connection, wanted)

        turn = self._turn if self.is_sqlite else threading.Lock()
        return Together(turn, change_all, for_all=is_out_of_reach)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Ask questions; the database refuses every write. Never waits for a writer."""
        with _opened(), Session(self._readers, expire_on_commit=False, autoflush=False) as session:
            connection = session.connection()
            if self.is_sqlite:
                _begin(connection, "BEGIN")
                yield session
            else:
                connection.exec_driver_sql("BEGIN READ ONLY")
                yield session
                # After a rollback, as the session would end, the driver prepares everything anew.
                connection.exec_driver_sql("COMMIT")

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        with _opened(), self._writers.begin() as connection:
            self._begin(connection, durable=durable)
            yield connection

    def _begin(self, connection: Connection, *, durable: bool) -> None:
        if self.is_sqlite:
            _begin(connection, "BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN" if durable else BEGIN_UNHURRIED)

    def _sync(self) -> None:
        if self._log:
            self._log.sync()

    def migrate(self) -> None:
        """Bring the tables up to this version; any number of processes may ask for it at once."""
        from alembic import command

        with self._turn, self._writing(durable=True) as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7474210)")
            command.upgrade(migrations(connection), "head")

    def is_current(self) -> bool:
        """Whether the tables are those of this version, or of a later one: they fit this one, too.

        So who is still of the previous release works on while the next one is deployed.
        """
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        with self._readers.connect() as connection:
            there = set(MigrationContext.configure(connection).get_current_heads())
            scripts = ScriptDirectory.from_config(migrations(connection))
        ours = {script.revision for script in scripts.walk_revisions()}
        return bool(there) and (there == set(scripts.get_heads()) or not there & ours)

    def close(self) -> None:
        """Let go of every connection."""
        self._writers.dispose()
        self._readers.dispose()
        if self._log:
            self._log.close()


def migrations(connection: Connection) -> "Config":
    """Alembic's settings for our versions, working on an open connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _opened() -> Iterator[None]:
    token = _open.set(_open.get() + 1)
    try:
        yield
    finally:
        _open.reset(token)


def _spelled_out(url: str) -> URL:
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _sqlite(url: URL, connections: int, *, query_only: bool = False) -> Engine:
    engine = create_engine(
        url,
        json_serializer=json_text,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        pool_reset_on_return=ENDED_ALREADY,
        connect_args={"timeout": 10, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    return engine


def _begin(connection: Connection, how: str) -> None:
    """Begin ourselves: the driver would begin late, as a reader who fails when he turns writer.

    An event of the engine could do it, too, but costs every statement a tenth of its time.
    """
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(how)
    except sqlite3.Error as error:
        raise OperationalError(how, None, error) from error


def _postgres(url: URL, connections: int) -> Engine:
    """What is one statement needs no transaction, so each is begun where it is wanted."""
    from store.database.described import BrieflyDescribed

    return create_engine(
        url,
        json_serializer=json_text,
        isolation_level="AUTOCOMMIT",
        pool_use_lifo=True,  # what is used most has most statements prepared
        pool_size=connections,
        max_overflow=0,
        pool_timeout=2,
        pool_reset_on_return=ENDED_ALREADY,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 2,
            "cursor_factory": BrieflyDescribed,
            "keepalives_idle": 30,
            "tcp_user_timeout": 2500,
            "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
        },
    )
