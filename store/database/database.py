"""The database behind a URL, SQLite or PostgreSQL; the only place that begins and commits.

SQLite runs with WAL, foreign keys, and a commit that waits for the disk: what a webhook was
answered 200 for survives even a power cut. Its writers take turns in the order in which they came,
because threads that fight for SQLite's own lock halve its speed and can starve.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlmodel import Session

from store.database.json_text import json_text
from store.database.turns import Turns

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MIGRATING = 7474210

SERVING = text("SELECT pg_backend_pid()")
"""The server's process at the other end of a connection."""

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
            self._writers = _sqlite(self.url, connections, begin="BEGIN IMMEDIATE")
            self._readers = _sqlite(self.url, connections, begin="BEGIN", query_only=True)
        else:
            self._writers = _postgres(self.url, connections)
            self._readers = self._writers.execution_options(postgresql_readonly=True)
        self._turns = Turns(one_at_a_time=self.is_sqlite)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Change things: commits at the end, rolls back on any exception."""
        with self.writing() as connection, session_on(connection) as session:
            yield session

    @contextmanager
    def writing(self, *, lock_timeout: str = "") -> Iterator[Connection]:
        """The same by statements, without objects.

        `lock_timeout`: how long PostgreSQL waits for a row that another process holds ("100ms").
        """
        with self._turns.mine(), _opened(), self._writers.begin() as connection:
            if lock_timeout and not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout}'")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Ask questions; the database refuses every write. Never waits for a writer."""
        with _opened(), Session(self._readers, expire_on_commit=False, autoflush=False) as session:
            yield session

    def standing_connection(self) -> Connection:
        """A connection outside the pool, without transactions: for locks and LISTEN."""
        connection = self._writers.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        return connection

    def is_pooled(self) -> bool:
        """Whether a pooler gives each transaction another connection to the server.

        Then another transaction takes the one that a connection of ours has just used.
        """
        if self.is_sqlite:
            return False
        with self.standing_connection() as connection:
            before = connection.scalar(SERVING)
            with self.reading() as other:
                other.connection().scalar(SERVING)
                return bool(connection.scalar(SERVING) != before)

    def migrate(self) -> None:
        """Bring the tables up to this version; any number of processes may ask for it at once."""
        from alembic import command

        with self.writing() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
            command.upgrade(migrations(connection), "head")

    def revision(self) -> str | None:
        """The version of the tables; None where there are none."""
        from alembic.migration import MigrationContext

        with self._readers.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def is_current(self) -> bool:
        """Whether the tables are those of this version, or of a later one: they fit this one, too.

        So a process of the previous release works on while the next one is deployed.
        """
        from alembic.script import ScriptDirectory

        there = self.revision()
        with self._readers.connect() as connection:
            scripts = ScriptDirectory.from_config(migrations(connection))
        ours = {script.revision for script in scripts.walk_revisions()}
        return there is not None and (there == scripts.get_current_head() or there not in ours)

    def close(self) -> None:
        """Let go of every connection."""
        self._writers.dispose()
        self._readers.dispose()


@contextmanager
def session_on(connection: Connection, *, in_savepoint: bool = False) -> Iterator[Session]:
    """Objects in a transaction that is open already.

    `in_savepoint`: all changes made in it stay, or none if it raises.
    """
    with (
        Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint" if in_savepoint else "rollback_only",
        ) as session,
        session.begin(),
    ):
        session.connection()  # else the savepoint would begin with the first question only
        yield session


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


def _sqlite(url: URL, connections: int, *, begin: str, query_only: bool = False) -> Engine:
    """Transactions are begun here: the driver would begin late, and fail when a reader writes."""
    engine = create_engine(
        url,
        json_serializer=json_text,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": 10, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres(url: URL, connections: int) -> Engine:
    """A connection that ended while nobody used it is replaced before it is used again."""
    return create_engine(
        url,
        json_serializer=json_text,
        pool_pre_ping=True,
        pool_use_lifo=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=2,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 2,
            "keepalives_idle": 30,
            "tcp_user_timeout": 2500,
            "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
        },
    )
