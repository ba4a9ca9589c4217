"""The database behind a URL, SQLite or PostgreSQL. Only this module begins and commits.

SQLite runs with WAL, foreign keys and synchronous commits: a webhook answered with 200 survives
even a power cut. Its writers queue in order of arrival, because threads contending for SQLite's
own lock halve its speed and can starve.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    make_url,
    text,
)
from sqlmodel import Session

from store.database.file import DatabaseFile
from store.database.json_text import json_text
from store.database.trouble import is_read_only
from store.database.turns import Turns

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MIGRATING = 7474210

SERVING = text("SELECT pg_backend_pid()")
"""The server process behind a connection."""

NO_CHANGE = text("DELETE FROM flag WHERE name = ''")

_open: ContextVar[int] = ContextVar("open_transactions", default=0)


def in_transaction() -> bool:
    """Whether this thread has an open transaction; if so, it must not use the network."""
    return _open.get() > 0


class Database:
    """A database by its URL (`sqlite:///file`, `postgresql://…` or `postgres://…`).

    `connections`: the pool size, one for each thread that works at the same time.
    """

    def __init__(self, url: str, *, connections: int = 20) -> None:
        self.url = _spelled_out(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = DatabaseFile(self.url.database if self.is_sqlite else None)
        if self.is_sqlite:
            self._writers = _sqlite(self.url, connections, self._file, begin="BEGIN IMMEDIATE")
            self._readers = _sqlite(
                self.url, connections, self._file, begin="BEGIN", query_only=True
            )
        else:
            self._writers = _postgres(self.url, connections)
            self._readers = self._writers.execution_options(postgresql_readonly=True)
        _give_up_read_only(self._writers)
        self._turns = Turns(one_at_a_time=self.is_sqlite)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a writing session: commit at the end, roll back on any exception."""
        with self.writing() as connection, session_on(connection) as session:
            yield session

    @contextmanager
    def writing(self, *, lock_timeout: str = "") -> Iterator[Connection]:
        """Open a writing transaction for plain statements, without ORM objects.

        `lock_timeout`: how long PostgreSQL waits for a row locked by another process ("100ms").
        Raises `FileGone` if SQLite's file is gone, also after the commit: it kept nothing then.
        """
        self._file.check()
        with self._turns.mine(), _opened(), self._writers.begin() as connection:
            if lock_timeout and not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{lock_timeout}'")
            yield connection
        self._file.check_kept()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a read-only session; the database refuses writes. Never waits for a writer."""
        self._file.check()
        with _opened(), Session(self._readers, expire_on_commit=False, autoflush=False) as session:
            yield session

    def standing_connection(self) -> Connection:
        """A connection outside the pool, in autocommit mode: for locks and LISTEN."""
        connection = self._writers.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        return connection

    def is_pooled(self) -> bool:
        """Whether a transaction pooler sits between this process and the server.

        With one, a second transaction takes over the server process that our connection has just
        used.
        """
        if self.is_sqlite:
            return False
        with self.standing_connection() as connection:
            before = connection.scalar(SERVING)
            with self.reading() as other:
                other.connection().scalar(SERVING)
                return bool(connection.scalar(SERVING) != before)

    def migrate(self) -> None:
        """Migrate the tables to this version; several processes may call it at once."""
        from alembic import command

        with self.writing() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
            command.upgrade(migrations(connection), "head")

    def revision(self) -> str | None:
        """The version of the tables; None if there are none."""
        from alembic.migration import MigrationContext

        self._file.check()
        with self._readers.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def is_current(self) -> bool:
        """Whether the tables have this version or a later one, which is compatible.

        So a process of the previous release keeps working while the next one is deployed.
        """
        from alembic.script import ScriptDirectory

        there = self.revision()
        with self._readers.connect() as connection:
            scripts = ScriptDirectory.from_config(migrations(connection))
        ours = {script.revision for script in scripts.walk_revisions()}
        return there is not None and (there == scripts.get_current_head() or there not in ours)

    def check_writable(self) -> None:
        """Change nothing, but in a way that fails if nothing can be changed: raises its error."""
        with self.writing() as connection:
            connection.execute(NO_CHANGE)

    def close(self) -> None:
        """Close every connection."""
        self._writers.dispose()
        self._readers.dispose()


@contextmanager
def session_on(connection: Connection) -> Iterator[Session]:
    """Open a session in the transaction or savepoint that is open: it is undone if this raises."""
    joined = Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
    with joined as session, session.begin():
        yield session


def migrations(connection: Connection) -> "Config":
    """Alembic's configuration for our versions, on an open connection."""
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


def _sqlite(
    url: URL, connections: int, file: DatabaseFile, *, begin: str, query_only: bool = False
) -> Engine:
    """Create an engine that begins transactions explicitly.

    The driver would begin them late, and fail when a reader starts to write.
    """
    engine = create_engine(
        url,
        json_serializer=json_text,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": 10, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "do_connect")
    def never_create_another(*_: object) -> None:
        file.check()

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        file.is_open(with_log=mode == "wal")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begins(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _give_up_read_only(writers: Engine) -> None:
    """Replace connections on which changes are refused: a fail-over made their server read-only.

    They look alive, so the pool would keep them for half an hour.
    """

    @event.listens_for(writers, "handle_error")
    def notice(context: ExceptionContext) -> None:
        options = context.connection.get_execution_options() if context.connection else {}
        is_reader = options.get("postgresql_readonly", False)
        if is_read_only(context.original_exception) and not is_reader:
            context.is_disconnect = True


def _postgres(url: URL, connections: int) -> Engine:
    """Create an engine that checks a connection before use and replaces it if it is dead."""
    engine = create_engine(
        url,
        json_serializer=json_text,
        hide_parameters=True,
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

    @event.listens_for(engine, "checkin")
    def forget_reading(connection: Any, record: object) -> None:
        # SQLAlchemy leaves READ WRITE behind, which a standby server refuses in its own way.
        if connection is not None:
            connection.read_only = None

    return engine
