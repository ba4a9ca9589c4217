"""The doctor detects a pooler that may give each transaction another connection."""

from dataclasses import replace

import pytest

from bot.process.doctor import POOLED, Finding, examine
from bot.webex.gateway import Gateway
from store.database.database import Database
from tests.cable import Cable
from tests.pooler import Pooler
from tests.stage import Stage

POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
SOCKETS = pytest.mark.enable_socket  # PostgreSQL's own socket is a file


@POSTGRES
@SOCKETS
def test_behind_a_transaction_pooler_the_database_is_red(stage: Stage) -> None:
    assert stage.bot._parts._timetable is not None
    gateway = stage.bot._parts._timetable._gateways.mine()
    with Pooler(stage.database.url.render_as_string(hide_password=False)) as pooler:
        behind = Database(pooler.url, connections=2)
        first = next(examine(replace(stage.bot.context, database=behind), gateway))
        behind.close()
    assert first == Finding("database", False, POOLED)


def test_webhooks_called_like_ours_that_lead_elsewhere_are_named(stage: Stage) -> None:
    assert stage.bot._parts._timetable is not None
    gateway = stage.bot._parts._timetable._gateways.mine()
    assert webhooks(stage, gateway).ok
    about = {"resource": "messages", "event": "created", "name": "Trialbot messages created"}
    theirs = gateway.create_webhook(targetUrl="https://other.example/webhook", **about)
    found = webhooks(stage, gateway)
    assert not found.ok
    assert "https://other.example/webhook" in found.said
    gateway.delete_webhook(theirs["id"])
    assert webhooks(stage, gateway).ok


def webhooks(stage: Stage, gateway: Gateway) -> Finding:
    return next(each for each in examine(stage.bot.context, gateway) if each.check == "webhooks")


def test_a_plain_database_is_not_taken_for_a_pooler(database: Database) -> None:
    assert not database.is_pooled()


@SOCKETS
def test_a_proxy_that_keeps_connections_is_not_taken_for_a_pooler(postgres_url: str) -> None:
    with Cable(postgres_url) as cable:
        through = Database(cable.url, connections=2)
        assert not through.is_pooled()
        through.close()
