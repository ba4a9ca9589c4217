"""Logs and metrics: JSON log lines carry an event's id from the webhook to the delivery.

No log line contains what people wrote, their names or their addresses.
"""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy.exc import DBAPIError
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import ExcInfo

log: Any = structlog.get_logger("trialbot")


def _chain() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_told),
    ]


# Local variables hold tokens and what people wrote.
_trace = ExceptionDictTransformer(show_locals=False)


def _told(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Describe an exception; of a database's error its code and statement, but no value.

    PostgreSQL's own message may quote one: `Key (email)=(clara@meadow.example) already exists`.
    """
    instead: dict[str, str] = {}
    for error in _chain_of(exc_info[1]):
        if isinstance(error, DBAPIError):
            instead |= {str(error): f"{_code(error)} [SQL: {error.statement}]"}
            instead |= {str(error.orig): _code(error)}
    stacks = _trace(exc_info)
    for stack in stacks:
        stack["exc_value"] = instead.get(stack["exc_value"], stack["exc_value"])
    return stacks


def _chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that caused it or that it interrupted."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _code(error: DBAPIError) -> str:
    """The code of a database's error: an SQLSTATE, or SQLite's name for it."""
    origin = error.orig
    return str(getattr(origin, "sqlstate", None) or getattr(origin, "sqlite_errorname", ""))


# An embedded bot (in a test, say) logs to the current standard output.
structlog.configure(processors=[*_chain(), structlog.processors.JSONRenderer()])


def set_up_logging(level: str = "INFO") -> None:
    """Log one JSON object per line to standard error, for our own and the libraries' logs."""
    json = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*_chain(), json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    theirs = logging.StreamHandler(sys.stderr)
    theirs.setFormatter(structlog.stdlib.ProcessorFormatter(json, foreign_pre_chain=_chain()))
    logging.basicConfig(level=logging.WARNING, handlers=[theirs], force=True)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class Metrics:
    """One process's counters; gauges are read from the database on each scrape."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = self._count("events", "Events received from Webex.", "resource", "outcome")
        self.turns = self._count("turns", "Events and reminders handled.", "kind", "outcome")
        self.deliveries = self._count("deliveries", "Messages sent.", "call", "outcome")
        self.refusals = self._count("refusals", "Requests that the bot refused.", "reason")
        self.pauses = self._count("pauses", "Times that calls paused, by call.", "call")
        self.repeats = self._count(
            "repeats", "Messages that may have been sent twice, by cause.", "cause"
        )
        self.gateway = Histogram(
            "trialbot_gateway_seconds",
            "How long Webex took to answer.",
            ("call", "status"),
            registry=self.registry,
            buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
        )

    def _count(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"trialbot_{name}", help, labels, registry=self.registry)
