"""The web door: verifies, stores and answers webhooks; they are handled elsewhere."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import queue_now
from bot.engine.context import Context
from bot.mail.links import CONSENT, UNSUBSCRIBE
from bot.observe import log
from bot.web.gauges import exposition
from bot.web.outage import Outage
from bot.webex import identity
from bot.webex.identity import Identity
from store.database.file import FileGone
from store.database.storable import is_storable
from store.flags import HELD, is_set
from store.queues.inbox import Event, receive
from store.rules.bots import is_bot

LARGEST_BODY = 256 * 1024
LONGEST_KEY = 2000
"""In bytes: PostgreSQL indexes at most 2,704. Keys of Webex's own events have some 150."""
RESOURCES = frozenset({"messages", "attachmentActions", "memberships", "rooms"})


class Malformed(ValueError):
    """A signed body that isn't an envelope as Webex documents it, or that can't be stored."""


def create_app(context: Context, *, webhooks: bool = True) -> Flask:
    """Create a bot's Flask application; without `webhooks`, only the operator's endpoints."""
    app = Flask("trialbot", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    if webhooks:
        app.add_url_rule("/webhook", "webhook", Door(context).webhook, methods=["POST"])
        if context.settings.mail_server is not None:
            _add_pages(app, context)
    app.add_url_rule("/health", "health", lambda: ("ok\n", 200))
    app.add_url_rule("/ready", "ready", _guarded(lambda: _ready(context)))
    app.add_url_rule("/metrics", "metrics", _guarded(lambda: _metrics(context)))
    return app


def _add_pages(app: Flask, context: Context) -> None:
    """Serve the pages that links in e-mails lead to."""
    # The pages need the cards, which take a while to import; the door doesn't.
    from bot.web.consent import ConsentPage
    from bot.web.unsubscribe import UnsubscribePage

    asked, notices = ConsentPage(context), UnsubscribePage(context)
    rules = {CONSENT: (asked.show, asked.take), UNSUBSCRIBE: (notices.show, notices.stop)}
    for name, (show, take) in rules.items():
        app.add_url_rule(f"/{name}/<path:path>", name, show)
        app.add_url_rule(f"/{name}/<path:path>", f"{name}-post", take, methods=["POST"])


class Door:
    """Receives webhooks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._outage = Outage()
        self._secret: bytes | None = None
        self._me: Identity | None = None

    def webhook(self) -> tuple[str, int]:
        """Verify and store a webhook: 401 unsigned, 400 malformed, 503 without a database."""
        body = request.get_data(cache=False)
        if not self._outage.may_ask():
            return self._count("?", "no-database", 503)
        try:
            answer = self._verified(body)
        except SQLAlchemyError as error:
            lost = isinstance(error, FileGone)
            (log.error if lost else log.warning)("database unavailable", error=_why(error))
            self._outage.begin()
            self._context.deaf_since = self._context.deaf_since or queue_now()
            return self._count("?", "no-database", 503)
        self._outage.end()
        return answer

    def _verified(self, body: bytes) -> tuple[str, int]:
        if not self._is_signed(body):
            return self._count("?", "unsigned", 401)
        try:
            event = read_envelope(body)
        except Malformed:
            return self._count("?", "malformed", 400)
        return self._take_in(event)

    def _take_in(self, event: Event) -> tuple[str, int]:
        if event.resource not in RESOURCES:
            return self._count(event.resource, "unknown", 200)
        if self._is_ours(event):
            return self._count(event.resource, "ours", 200)
        number = self._store(event)
        if number is None:
            return self._count(event.resource, "known", 200)
        log.info("received", id=f"e{number}", resource=event.resource)
        self._context.wake.ring()
        return self._count(event.resource, "stored", 200)

    def _store(self, event: Event) -> int | None:
        now = self._context.calendar.now()
        with self._context.database.writing() as connection:
            return receive(connection, event, received_at=now, now=queue_now())

    def _count(self, resource: str, outcome: str, status: int) -> tuple[str, int]:
        self._context.metrics.events.labels(resource, outcome).inc()
        return "", status

    def _is_ours(self, event: Event) -> bool:
        """Whether a message is ours or another bot's: those get no answer."""
        if event.resource != "messages":
            return False
        if self._me is None:
            self._me = identity.remembered(self._context.database)
        if self._me and self._me.is_me(event.person_id):
            return True
        return is_bot(str(event.data.get("personEmail", "")))

    def _is_signed(self, body: bytes) -> bool:
        if self._secret is None:
            self._secret = identity.secret(self._context.settings, self._context.database)
        given = request.headers.get("X-Spark-Signature", "")
        if not _matches(given, self._secret, body, "sha1"):
            return False
        newer = request.headers.get("X-Webex-Signature")
        return newer is None or _matches_newer(newer, self._secret, body)


def read_envelope(body: bytes) -> Event:
    """Parse a webhook's body strictly. Raises `Malformed`."""
    try:
        envelope = json.loads(body)
        data = envelope["data"]
        texts = envelope["resource"], envelope["event"], data["id"]
        optional = [data.get(key, "") for key in ("personId", "roomId")]
        actor = envelope.get("actorId", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed from error
    if not all(isinstance(text, str) for text in (*texts, *optional, actor)) or not all(texts):
        raise Malformed
    if not is_storable(envelope):
        raise Malformed
    resource, kind, object_id = texts
    person_id, room_id = optional
    if resource == "rooms":
        room_id = object_id
    event = Event(resource, kind, object_id, person_id, room_id, data | {"actorId": actor})
    if max(len(event.key.encode()), len(event.lane.encode())) > LONGEST_KEY:
        raise Malformed
    return event


def _matches(given: str, secret: bytes, body: bytes, algorithm: str) -> bool:
    # hmac.digest would release the GIL, and then wait for a worker's thread to release it.
    right = hmac.new(secret, body, algorithm).hexdigest()
    return hmac.compare_digest(given.lower().encode(), right.encode())


def _matches_newer(header: str, secret: bytes, body: bytes) -> bool:
    """Check `SHA-256=<hex>, SHA-512=<hex>`, in either spelling; all known digests must match."""
    parts = (part.strip().partition("=") for part in header.split(","))
    known = [
        (name.replace("-", "").lower(), value)
        for name, _, value in parts
        if name.replace("-", "").lower() in ("sha256", "sha512")
    ]
    return all(_matches(value, secret, body, name) for name, value in known)


def _ready(context: Context) -> tuple[str, int]:
    if not context.database.is_current():
        return "the database needs `trialbot migrate`\n", 503
    context.database.check_writable()
    with context.database.reading() as session:
        held = is_set(session, HELD)
    return "ok, but nothing is sent until `trialbot release`\n" if held else "ok\n", 200


def _metrics(context: Context) -> tuple[str, int] | Response:
    token = context.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    digests = (hashlib.sha256(text.encode()).digest() for text in (given, token))
    if token and not hmac.compare_digest(*digests):
        return "", 401
    return Response(exposition(context), content_type=CONTENT_TYPE_LATEST)


def _why(error: SQLAlchemyError) -> str:
    return str(error.orig) if isinstance(error, FileGone) else type(error).__name__


def _guarded(view: Callable[[], Any]) -> Callable[[], Any]:
    def guarded() -> Any:
        try:
            return view()
        except FileGone as gone:
            return f"{_why(gone)}\n", 503
        except SQLAlchemyError:
            return "database unavailable\n", 503

    return guarded
