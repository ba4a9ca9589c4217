"""The listener: on PostgreSQL, wakes the desk when another process queues a row."""

import threading
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.engine.tray import Tray
from bot.observe import log
from store.database.database import Database
from store.queues.leases import CHANNEL

RECONNECT = 1.0
LOOK_UP = 0.5
"""Seconds between checks for `stop`."""


class Listener:
    """A thread with its own connection; SQLite has a single process, which polls."""

    def __init__(self, database: Database, tray: Tray) -> None:
        self._database = database
        self._tray = tray
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        """Start listening, on PostgreSQL."""
        if not self._database.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _listen(self) -> None:
        import psycopg

        while not self._stopping.is_set():
            try:
                self._hear()
            except (SQLAlchemyError, psycopg.Error) as error:
                log.warning("listener disconnected", error=type(error).__name__)
                self._stopping.wait(RECONNECT)

    def _hear(self) -> None:
        with self._database.standing_connection() as connection:
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            self._tray.ring()
            driver: Any = connection.connection.dbapi_connection
            while not self._stopping.is_set():
                for _ in driver.notifies(timeout=LOOK_UP):
                    self._tray.ring()
