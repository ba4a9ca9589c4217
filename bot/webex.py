"""The gateway to Webex: the only importer of its SDK.

Every call may raise `Again` (not now) or `Undeliverable` (never). None may happen while a
transaction is open. A gateway belongs to one thread; `Gateways` gives each thread its own.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from requests_toolbelt import MultipartEncoder
from webexpythonsdk import ApiError, WebexAPI
from webexpythonsdk.exceptions import RateLimitError, webexpythonsdkException
from werkzeug.http import parse_options_header

from bot.clock import ticks
from bot.failures import Again, Undeliverable
from bot.line import FAILURES as NO_ANSWER
from bot.line import Line, was_sent
from bot.observe import Metrics
from bot.pauses import ALL, Pauses
from store.db import in_transaction

CARD = "application/vnd.microsoft.card.adaptive"
TIMEOUT = 10
FILE_LIMIT = 1_000_000
PAUSE = 5.0
REFUSED_TOKEN = 60.0
FOR_A_WHILE = frozenset({408, 423, 425, 428})

FAILURES = (ApiError, webexpythonsdkException, *NO_ANSWER)

T = TypeVar("T")
Json = dict[str, Any]
Wanted = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Post:
    """A message to send: where, what, with a card or a file, under which message."""

    to: Json
    markdown: str
    card: Json | None = None
    thread: str | None = None
    file: tuple[str, bytes, str] | None = None


class Gateway:
    """Webex's API as the bot uses it."""

    def __init__(self, token: str, base_url: str, pauses: Pauses, metrics: Metrics) -> None:
        self._api = WebexAPI(
            access_token=token,
            base_url=base_url,
            single_request_timeout=TIMEOUT,
            wait_on_rate_limit=False,
        )
        self._session = self._api._session
        self._session._req_session = Line(self._session._req_session.headers, base_url)
        self._pauses = pauses
        self._metrics = metrics

    # -------------------------------------------------------------- asking

    def me(self) -> Json:
        """The bot itself."""
        return self._get("people/me", "GET /people/me")

    def message(self, message_id: str) -> Json:
        """A message that the bot may see."""
        return self._get(f"messages/{message_id}", "GET /messages")

    def action(self, action_id: str) -> Json:
        """A press of a card's button, with what was filled in."""
        return self._get(f"attachment/actions/{action_id}", "GET /attachment/actions")

    def person(self, person_id: str) -> Json:
        """Somebody by id."""
        return self._get(f"people/{person_id}", "GET /people")

    def room(self, room_id: str) -> Json:
        """A room that the bot is in."""
        return self._get(f"rooms/{room_id}", "GET /rooms")

    def members(self, room_id: str) -> list[Json]:
        """Everybody in a room."""
        return self._list("memberships", "GET /memberships", roomId=room_id)

    def rooms(self, wanted: Wanted) -> list[Json]:
        """The rooms that the bot is in, the liveliest first, as long as they are wanted."""
        params = {"sortBy": "lastactivity", "max": 1000}
        return self._list("rooms", "GET /rooms", wanted, **params)

    def mentions(self, room_id: str, wanted: Wanted, *, direct: bool) -> list[Json]:
        """What a room's people said to the bot, the newest first, as long as it is wanted."""
        params = {"roomId": room_id, "max": 50} | ({} if direct else {"mentionedPeople": "me"})
        return self._list("messages", "GET /messages", wanted, **params)

    def file(self, url: str) -> tuple[str, bytes]:
        """The name and content of a file that somebody sent; `Undeliverable` if over 1 MB."""
        return self._call("GET /contents", lambda: self._download(url))

    # -------------------------------------------------------------- saying

    def post(self, post: Post) -> Json:
        """Send a message; the message as Webex made it."""
        body = {**post.to, "markdown": post.markdown, "parentId": post.thread}
        body = {key: value for key, value in body.items() if value is not None}
        if post.file:
            return self._call("POST /messages", lambda: self._upload(body, post.file))
        if post.card:
            body["attachments"] = _attached(post.card)
        return self._call("POST /messages", lambda: self._session.post("messages", json=body))

    def put(self, message_id: str, room_id: str, markdown: str, card: Json) -> Json:
        """Change a message that the bot sent; the SDK's own way carries no card."""
        body = {"roomId": room_id, "markdown": markdown, "attachments": _attached(card)}
        url = f"messages/{message_id}"
        return self._call("PUT /messages", lambda: self._session.put(url, json=body))

    def delete(self, message_id: str) -> None:
        """Take a message back."""
        self._call("DELETE /messages", lambda: self._api.messages.delete(message_id))

    # -------------------------------------------------------------- webhooks

    def webhooks(self) -> list[Json]:
        """Every webhook of the bot, also those of others who use its token."""
        return self._list("webhooks", "GET /webhooks", max=100)

    def create_webhook(self, **about: str) -> Json:
        """Ask Webex to tell us of something."""
        return self._call("POST /webhooks", lambda: self._api.webhooks.create(**about).json_data)

    def update_webhook(self, webhook_id: str, **about: str) -> Json:
        """Change a webhook's name, target, secret, or make it active again."""
        url = f"webhooks/{webhook_id}"
        return self._call("PUT /webhooks", lambda: self._session.put(url, json=about))

    def delete_webhook(self, webhook_id: str) -> None:
        """Take a webhook away."""
        self._call("DELETE /webhooks", lambda: self._api.webhooks.delete(webhook_id))

    # -------------------------------------------------------------- how

    def _get(self, url: str, call: str) -> Json:
        return self._call(call, lambda: self._session.get(url))

    def _list(self, url: str, call: str, wanted: Wanted | None = None, **params: Any) -> list[Json]:
        """All pages, or as many as it takes to come to what isn't wanted any more."""

        def ask() -> list[Json]:
            found: Iterator[Json] = self._session.get_items(url, params=params)
            return list(takewhile(wanted, found) if wanted else found)

        return self._call(call, ask)

    def _upload(self, body: Json, file: tuple[str, bytes, str] | None) -> Json:
        form = MultipartEncoder({**body, "files": file})
        kind = {"Content-type": form.content_type}
        found: Json = self._session.post("messages", data=form, headers=kind)
        return found

    def _download(self, url: str) -> tuple[str, bytes]:
        base = self._session.base_url
        if not url.startswith(base):
            raise Undeliverable(400, "a file that isn't Webex's")
        answer = self._session.request("GET", url, 200, stream=True)
        content = answer.raw.read(FILE_LIMIT + 1, decode_content=True)
        answer.close()
        if len(content) > FILE_LIMIT:
            raise Undeliverable(413, "a file of more than 1 MB")
        _, about = parse_options_header(answer.headers.get("Content-Disposition"))
        return about.get("filename", "file"), content

    def _call(self, call: str, do: Callable[[], T]) -> T:
        if in_transaction():
            raise AssertionError(f"{call} while a transaction is open")
        probe = self._pauses.let_pass(call)
        began, status = ticks(), "200"
        try:
            result = do()
        except FAILURES as error:
            status = _status(error)
            raise self._failure(call, error, probe) from error
        finally:
            self._metrics.gateway.labels(call, status).observe(ticks() - began)
        if probe:
            self._pauses.lift(probe)
        return result

    def _failure(self, call: str, error: Exception, probe: str | None) -> Again | Undeliverable:
        if isinstance(error, RateLimitError):
            wait = _retry_after(error) or PAUSE
            self._pauses.pause(call, wait, "429", probed=probe == call)
            return Again(wait, "429", counted=False)
        status = error.status_code if isinstance(error, ApiError) else None
        if status == 401:
            why = "401: Webex refuses the access token"
            self._pauses.pause(ALL, REFUSED_TOKEN, why, probed=probe == ALL)
            return Again(REFUSED_TOKEN, "401", counted=False)
        if probe:
            self._pauses.lift(probe)
        if not isinstance(error, ApiError):
            return _not_answered(error)
        if status in FOR_A_WHILE or not 400 <= error.status_code < 500:
            return Again(_retry_after(error), f"{status}", ambiguous=status == 504)
        return Undeliverable(error.status_code, str(error.message or error.description or ""))


class Gateways:
    """A gateway for each thread: the SDK's session can't be shared."""

    def __init__(self, token: str, base_url: str, pauses: Pauses, metrics: Metrics) -> None:
        self._about = (token, base_url, pauses, metrics)
        self._mine = threading.local()

    def mine(self) -> Gateway:
        """This thread's own."""
        found: Gateway | None = getattr(self._mine, "gateway", None)
        if found is None:
            found = self._mine.gateway = Gateway(*self._about)
        return found


def _attached(card: Json) -> list[Json]:
    return [{"contentType": CARD, "content": card}]


def _status(error: Exception) -> str:
    return str(error.status_code) if isinstance(error, ApiError) else type(error).__name__


def _not_answered(error: Exception) -> Again:
    return Again(0, type(error).__name__, ambiguous=was_sent(error))


def _retry_after(error: ApiError) -> float:
    text = str(error.response.headers.get("Retry-After", ""))
    return min(float(text), 300.0) if text.isdigit() else 0.0
