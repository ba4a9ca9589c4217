"""The gateway to Webex, over webexpythonsdk's public API; nothing else imports the SDK.

Every call may raise `Again` (not now) or `Undeliverable` (never), and returns only what can be
stored. No call may be made while a transaction is open. A gateway belongs to one thread;
`Gateways` gives each thread its own.
"""

import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

import requests
from urllib3.exceptions import HTTPError
from webexpythonsdk import ApiError, WebexAPI
from webexpythonsdk.exceptions import webexpythonsdkException

from bot.clock import ticks
from bot.failures import Again, Undeliverable
from bot.observe import Metrics
from bot.webex.beyond_sdk import BeyondSdk
from bot.webex.connections import IDLE, Fresh, proxies_for, was_sent
from store.database.database import in_transaction
from store.database.storable import storable
from store.queues.pauses import ALL

CARD = "application/vnd.microsoft.card.adaptive"
TIMEOUT = 10
PAUSE = 5.0
LONGEST_WAIT = 300.0
REFUSED_TOKEN = 60.0
FOR_A_WHILE = frozenset({408, 423, 425, 428})
UNSCANNABLE = 428
"""The status of a file that Webex can't scan, such as an encrypted one; it stays so."""

FAILURES = (webexpythonsdkException, OSError, HTTPError, JSONDecodeError, RecursionError)
"""Webex refused, didn't answer or answered unreadably; requests' exceptions are OSErrors."""

TOO_DEEP = 400
"""The status of an answer that is nested too deeply to be read: it won't get better."""

T = TypeVar("T")
Json = dict[str, Any]
Wanted = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Post:
    """A message to post: where, what, an optional card or file, and the thread."""

    to: Json
    markdown: str
    card: Json | None = None
    thread: str | None = None
    file: tuple[str, bytes, str] | None = None


class Gateway:
    """Webex's API as the bot uses it.

    timeout: seconds to connect, and again to wait for a response. idle: seconds after which unused
    connections are given up.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        metrics: Metrics,
        *,
        timeout: int = TIMEOUT,
        idle: float = IDLE,
    ) -> None:
        self._sdk = Fresh(partial(_sdk, token, base_url, timeout), idle)
        self._beyond_sdk = Fresh(partial(BeyondSdk, token, base_url, timeout), idle)
        self._metrics = metrics

    # -------------------------------------------------------------- reading

    def me(self) -> Json:
        """The bot itself."""
        return self._call("GET /people/me", lambda: self._sdk().people.me().json_data)

    def message(self, message_id: str) -> Json:
        """A message that the bot may see."""
        return self._call("GET /messages", lambda: self._sdk().messages.get(message_id).json_data)

    def action(self, action_id: str) -> Json:
        """A press of a card's button, with its inputs."""
        return self._call(
            "GET /attachment/actions",
            lambda: self._sdk().attachment_actions.get(action_id).json_data,
        )

    def person(self, person_id: str) -> Json:
        """A person by id."""
        return self._call("GET /people", lambda: self._sdk().people.get(person_id).json_data)

    def room(self, room_id: str) -> Json:
        """A room that the bot is in."""
        return self._call("GET /rooms", lambda: self._sdk().rooms.get(room_id).json_data)

    def members(self, room_id: str) -> list[Json]:
        """The members of a room."""
        return self._call(
            "GET /memberships", lambda: _all(self._sdk().memberships.list(roomId=room_id))
        )

    def rooms(self, wanted: Wanted) -> list[Json]:
        """The bot's rooms, most recently active first, up to the first that isn't `wanted`."""
        return self._call(
            "GET /rooms",
            lambda: _all(self._sdk().rooms.list(sortBy="lastactivity", max=1000), wanted),
        )

    def mentions(self, room_id: str, wanted: Wanted, *, direct: bool) -> list[Json]:
        """A room's messages to the bot, newest first, up to the first that isn't `wanted`.

        The SDK pages by itself; with its `beforeMessage` argument it would never stop.
        """
        whom = None if direct else "me"
        return self._call(
            "GET /messages",
            lambda: _all(self._sdk().messages.list(room_id, mentionedPeople=whom, max=50), wanted),
        )

    def file(self, url: str) -> tuple[str, bytes]:
        """The name and content of a file in a message.

        Raises `Again` with 423 while Webex scans it; `Undeliverable` with 413 if it is over 5 MB,
        with 410 if a virus was found, with 428 if it can't be scanned.
        """
        return self._call("GET /contents", lambda: self._beyond_sdk().download(url))

    # -------------------------------------------------------------- writing

    def post(self, post: Post) -> Json:
        """Post a message; return its `id` and `roomId`: empty where Webex doesn't give one."""
        made = self._change("POST /messages", lambda: self._send(post))
        return {"id": "", "roomId": post.to.get("roomId", "")} | made

    def put(self, message_id: str, room_id: str, markdown: str, card: Json) -> Json:
        """Edit a message that the bot sent; return its `id` and `roomId`."""
        body = {"roomId": room_id, "markdown": markdown, "attachments": _attached(card)}
        edited = self._change(
            "PUT /messages", lambda: _place(self._beyond_sdk().edit_message(message_id, body))
        )
        return {"id": message_id, "roomId": room_id} | edited

    def delete(self, message_id: str) -> None:
        """Delete a message."""
        self._change("DELETE /messages", lambda: self._sdk().messages.delete(message_id))

    # -------------------------------------------------------------- webhooks

    def webhooks(self) -> list[Json]:
        """Every webhook of the bot's token, including those that other programs made."""
        return self._call("GET /webhooks", lambda: _all(self._sdk().webhooks.list(max=100)))

    def create_webhook(self, **about: str) -> Json:
        """Create a webhook."""
        return self._change(
            "POST /webhooks", lambda: self._sdk().webhooks.create(**about).json_data
        )

    def update_webhook(self, webhook_id: str, **about: str) -> Json:
        """Change a webhook's name, target or secret, or reactivate it."""
        return self._change(
            "PUT /webhooks", lambda: self._sdk().webhooks.update(webhook_id, **about).json_data
        )

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook."""
        self._change("DELETE /webhooks", lambda: self._sdk().webhooks.delete(webhook_id))

    # -------------------------------------------------------------- helpers

    def _send(self, post: Post) -> Json:
        about = {**post.to, "parentId": post.thread, "markdown": post.markdown}
        create = self._sdk().messages.create
        if post.file:
            return _upload(partial(create, **about), *post.file[:2])
        attached = _attached(post.card) if post.card else None
        return _place(create(**about, attachments=attached).json_data)

    def _change(self, call: str, do: Callable[[], Json | None]) -> Json:
        return self._call(call, lambda: _done(do))

    def _call(self, call: str, do: Callable[[], T]) -> T:
        if in_transaction():
            raise AssertionError(f"{call} while a transaction is open")
        began, status = ticks(), "200"
        try:
            return storable(do())
        except FAILURES as error:
            status = str(_status(error) or type(error).__name__)
            raise _failure(call, error) from error
        finally:
            self._metrics.gateway.labels(call, status).observe(ticks() - began)


class Gateways:
    """One gateway per thread: the SDK's session can't be shared."""

    def __init__(self, token: str, base_url: str, metrics: Metrics) -> None:
        self._about = (token, base_url, metrics)
        self._mine = threading.local()

    def mine(self) -> Gateway:
        """This thread's gateway."""
        found: Gateway | None = getattr(self._mine, "gateway", None)
        if found is None:
            found = self._mine.gateway = Gateway(*self._about)
        return found


def _sdk(token: str, base_url: str, timeout: int) -> WebexAPI:
    return WebexAPI(
        access_token=token,
        base_url=base_url,
        single_request_timeout=timeout,
        wait_on_rate_limit=False,
        proxies=proxies_for(base_url),
    )


def _all(found: Iterable[Any], wanted: Wanted | None = None) -> list[Json]:
    """All items of all pages, or those before the first that isn't `wanted`."""
    items = (each.json_data for each in found)
    return list(takewhile(wanted, items) if wanted else items)


def _attached(card: Json) -> list[Json]:
    return [{"contentType": CARD, "content": card}]


def _upload(create: Callable[..., Any], name: str, content: bytes) -> Json:
    """Post a file: the SDK reads it from a path, whose last part becomes its name."""
    with tempfile.TemporaryDirectory(prefix="trialbot-") as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        return _place(create(files=[str(path)]).json_data)


def _place(message: Any) -> Json:
    """A message's id and room, as far as Webex names them, without the card that it repeats."""
    named = message if isinstance(message, dict) else {}
    return {name: named[name] for name in ("id", "roomId") if name in named}


def _done(change: Callable[[], Json | None]) -> Json:
    """Webex's response to a change that succeeded; empty if it can't be read.

    The SDK treats every 2xx but one as an error. Repeating a message that Webex accepted would be
    worse than not knowing its id.
    """
    try:
        return change() or {}
    except ApiError as error:
        if not 200 <= error.status_code < 300:
            raise
        return error.details if isinstance(error.details, dict) else {}
    except (JSONDecodeError, RecursionError):
        return {}


def _failure(call: str, error: Exception) -> Again | Undeliverable:
    status = _status(error)
    if isinstance(error, RecursionError):
        return Undeliverable(TOO_DEEP, "nested too deeply")
    if status == 429:
        return Again(_retry_after(error) or PAUSE, "429", limited=call)
    if status == 401:
        return Again(REFUSED_TOKEN, "401: Webex refuses the access token", limited=ALL)
    if status is None:
        return Again(0, type(error).__name__, ambiguous=was_sent(error))
    if status == UNSCANNABLE and call == "GET /contents":
        return Undeliverable(status, _said(error))
    if status in FOR_A_WHILE or not 400 <= status < 500:
        return Again(_retry_after(error), f"{status}", ambiguous=status == 504)
    return Undeliverable(status, _said(error))


def _answer(error: Exception) -> requests.Response | None:
    """The response behind an exception of the SDK or of requests."""
    answer: requests.Response | None = getattr(error, "response", None)
    return answer


def _status(error: Exception) -> int | None:
    answer = _answer(error)
    return None if answer is None else answer.status_code


def _retry_after(error: Exception) -> float:
    """Seconds that Webex asks to wait; 0 if it gives no readable value."""
    answer = _answer(error)
    text = "" if answer is None else answer.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _said(error: Exception) -> str:
    """Webex's message for a refusal."""
    answer = _answer(error)
    if answer is None:
        return ""
    try:
        return str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        return str(answer.reason or "")
