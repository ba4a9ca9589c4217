"""A database that is read-only for a while, as during a fail-over of PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from tests.people import wait_for
from tests.stage import Stage

POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """Let the server refuse every change in sessions that begin meanwhile; end all others."""
    name = make_url(url).database
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND pid != pg_backend_pid()"
        )
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def ready(stage: Stage) -> int:
    return requests.get(f"{stage.bot.url}ready", timeout=30).status_code


def delivered(stage: Stage) -> int:
    """The status that the last webhook got."""
    wait_for(lambda: stage.webex.hooks.is_idle, "the webhook never ended", 30)
    return int(stage.ask("deliveries?last=1")[0]["status"])


@POSTGRES
def test_after_a_read_only_database_everything_is_answered_within_seconds(
    stage: Stage, postgres_url: str
) -> None:
    stage.tom.says("before")
    stage.tom.sees("I don't know “before”")
    stage.idle()
    assert ready(stage) == 200
    with read_only(postgres_url):
        stage.tom.says("meanwhile")
        assert delivered(stage) == 503
        assert ready(stage) == 503
    wait_for(lambda: ready(stage) == 200, "it is never ready again", 5)
    stage.tom.says("afterwards")
    stage.tom.sees("I don't know “afterwards”", within=5)
    stage.tom.sees("I don't know “meanwhile”", within=30)
