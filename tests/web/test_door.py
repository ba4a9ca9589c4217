"""The web door: which requests it accepts, and what it answers."""

import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from bot.clock import Calendar
from bot.engine.context import Context
from bot.settings import Settings
from bot.web.app import RESOURCES, create_app
from store.database.database import Database
from store.tables import Flag, Inbox

SECRET = "a secret that only Webex and we know"
TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\0\ud800"), max_size=8)
ME = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9tZQ"


@pytest.fixture
def context(database: Database) -> Context:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        base_url="http://127.0.0.1:1/",
        webhook_secret=SECRET,
        database_url=database.url.render_as_string(hide_password=False),
    )
    with database.transaction() as session:
        about = {"id": ME, "displayName": "Bot", "emails": [], "orgId": ""}
        session.add(Flag(name="me", value=about))
    return Context(settings, database, Calendar())


@pytest.fixture
def client(context: Context) -> Iterator[FlaskClient]:
    with create_app(context).test_client() as client:
        yield client


def envelope(**data: Any) -> bytes:
    about = {"id": "m1", "roomId": "r1", "personId": "p1", "roomType": "group", **data}
    return json.dumps({"resource": "messages", "event": "created", "data": about}).encode()


def newer(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Webex-Signature": f"SHA-256={digest}"}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Spark-Signature": hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}


def stored(context: Context) -> int:
    with context.database.reading() as session:
        return session.exec(select(func.count()).select_from(Inbox)).one()


def test_a_signed_event_is_stored_once_however_often_it_is_delivered(
    client: FlaskClient, context: Context
) -> None:
    body = envelope()
    for _ in range(3):
        assert client.post("/webhook", data=body, headers=signed(body)).status_code == 200
    assert stored(context) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Spark-Signature": ""},
        {"X-Spark-Signature": "0" * 40},
        {"X-Spark-Signature": "ключ"},
        signed(envelope(), "another secret"),
        {
            "X-Webex-Signature": "SHA-256="
            + hmac.new(SECRET.encode(), envelope(), "sha256").hexdigest()
        },
        signed(envelope()) | {"X-Webex-Signature": "SHA-256=" + "0" * 64},
    ],
)
def test_an_unsigned_event_gets_401_and_is_not_stored(
    client: FlaskClient, context: Context, headers: dict[str, str]
) -> None:
    raw = [(name, value.encode().decode("latin-1")) for name, value in headers.items()]
    assert client.post("/webhook", data=envelope(), headers=raw).status_code == 401
    assert stored(context) == 0


def test_the_newer_signature_is_checked_too(client: FlaskClient, context: Context) -> None:
    body = envelope()
    headers = signed(body) | newer(body)
    assert client.post("/webhook", data=body, headers=headers).status_code == 200
    assert stored(context) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"resource": "messages"}',
        b'{"resource": "messages", "event": "created", "data": []}',
        b'{"resource": "messages", "event": "created", "data": {"id": 7}}',
        b'{"resource": "messages", "event": "created", "data": {"id": ""}}',
        b'{"resource": ["messages"], "event": "created", "data": {"id": "m"}}',
        b"\xff\xfe",
        b"[" * 1_100 + b"]" * 1_100,
        b'{"resource": "messages", "event": "created", "data": {"id": "m", "n": 1' + b"0" * 9_000,
    ],
)
def test_a_signed_body_that_is_not_an_envelope_gets_400(
    client: FlaskClient, context: Context, body: bytes
) -> None:
    assert_malformed(client, context, body)


@pytest.mark.parametrize("nested", [60, 300, 900, 1_100])
def test_a_body_that_is_nested_too_deeply_gets_400(
    client: FlaskClient, context: Context, nested: int
) -> None:
    deep = b"[" * nested + b"]" * nested
    assert_malformed(client, context, envelope().replace(b'"group"', deep))


@pytest.mark.parametrize("character", ["\0", "\ud800"])
@pytest.mark.parametrize("place", ["id", "roomId", "personId", "roomType", "files", "new"])
def test_a_text_that_no_database_stores_gets_400(
    client: FlaskClient, context: Context, place: str, character: str
) -> None:
    text: Any = [f"a{character}b"] if place == "files" else f"a{character}b"
    assert_malformed(client, context, envelope(**{place: text}))
    assert_malformed(client, context, envelope(**{f"{place}{character}": "c"}))


def test_a_lone_surrogate_in_raw_bytes_gets_400(client: FlaskClient, context: Context) -> None:
    assert_malformed(client, context, envelope().replace(b"group", b"\xed\xa0\x80"))


@pytest.mark.parametrize("place", ["id", "roomId", "personId"])
def test_an_id_that_no_index_holds_gets_400(
    client: FlaskClient, context: Context, place: str
) -> None:
    assert_malformed(client, context, envelope(**{place: random_text(10_000)}))


def random_text(length: int) -> str:
    """A text that PostgreSQL can't compress."""
    return random.Random(1).randbytes(length).hex()


def assert_malformed(client: FlaskClient, context: Context, body: bytes) -> None:
    """Nothing is stored, the next request isn't taken for the end of an outage, and it counts."""
    before = counted(client)
    assert client.post("/webhook", data=body, headers=signed(body)).status_code == 400
    assert stored(context) == 0
    assert counted(client) == before + 1


def counted(client: FlaskClient) -> float:
    """How many malformed bodies the metrics have counted."""
    told = client.get("/metrics").get_data(as_text=True)
    name = 'trialbot_events_total{outcome="malformed",resource="?"} '
    return sum(float(line.removeprefix(name)) for line in told.splitlines() if name in line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TOP = ("resource", "event", "data", "actorId")
DATA = ("id", "roomId", "personId", "personEmail", "created", "lastActivity")


@given(
    resource=st.sampled_from([*sorted(RESOURCES), "telepathy"]),
    top=st.dictionaries(st.sampled_from(TOP), JSON, max_size=1),
    data=st.dictionaries(st.sampled_from(DATA) | TEXTS, JSON, max_size=3),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_signed_body_gets_a_5xx(
    client: FlaskClient,
    context: Context,
    resource: str,
    top: dict[str, Any],
    data: dict[str, Any],
) -> None:
    about = {"resource": resource, "event": "created", "data": {"id": "m", **data}, **top}
    body = json.dumps(about).encode()
    before = stored(context)
    status = client.post("/webhook", data=body, headers=signed(body)).status_code
    assert status in (200, 400), about
    assert status == 200 or stored(context) == before


@pytest.mark.parametrize("data", [{"personId": ME}, {"personEmail": "echo@webex.bot"}])
def test_messages_from_the_bot_itself_and_other_bots_are_not_stored(
    client: FlaskClient, context: Context, data: dict[str, str]
) -> None:
    body = envelope(**data)
    assert client.post("/webhook", data=body, headers=signed(body)).status_code == 200
    assert stored(context) == 0


def test_a_body_that_is_too_large_gets_413(client: FlaskClient, context: Context) -> None:
    body = envelope(padding="x" * 300_000)
    assert client.post("/webhook", data=body, headers=signed(body)).status_code == 413


def test_without_a_database_the_door_answers_503_but_is_healthy(
    tmp_path: Path,
) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        base_url="http://127.0.0.1:1/",
        webhook_secret=SECRET,
        database_url=f"sqlite:///{tmp_path}/nowhere/trialbot.db",
    )
    context = Context(settings, Database(settings.database_url), Calendar())
    body = envelope()
    with create_app(context).test_client() as client:
        assert client.post("/webhook", data=body, headers=signed(body)).status_code == 503
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200


def test_ready_and_metrics_are_served(client: FlaskClient, context: Context) -> None:
    body = envelope()
    client.post("/webhook", data=body, headers=signed(body))
    assert client.get("/ready").status_code == 200
    told = client.get("/metrics").get_data(as_text=True)
    assert 'trialbot_events_total{outcome="stored",resource="messages"} 1.0' in told
    assert 'trialbot_oldest_seconds{queue="inbox"}' in told


def test_metrics_require_their_token(context: Context) -> None:
    settings = context.settings.model_copy(
        update={"metrics_token": type(context.settings.metrics_token)("token")}
    )
    context.settings = settings
    with create_app(context).test_client() as client:
        assert client.get("/metrics").status_code == 401
        right = {"Authorization": "Bearer token"}
        assert client.get("/metrics", headers=right).status_code == 200


def test_a_worker_serves_metrics_but_takes_no_webhooks(context: Context) -> None:
    with create_app(context, webhooks=False).test_client() as client:
        assert client.get("/health").status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.post("/webhook", data=envelope()).status_code == 404
