"""Webex API calls that webexpythonsdk 2.0.6 can't make, with plain requests.

Each method says why it doesn't use the SDK. Posting a file isn't here: the SDK does it, from a
path.
"""

from typing import Any

import requests
from werkzeug.http import parse_options_header

from bot.failures import Undeliverable
from bot.webex.connections import proxies_for

FILE_LIMIT = 5_000_000
PIECE = 65_536

Json = dict[str, Any]


class BeyondSdk:
    """Calls with the bot's token over its own connections. Raises the exceptions of requests."""

    def __init__(self, token: str, base_url: str, timeout: int) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.proxies = proxies_for(base_url)

    def edit_message(self, message_id: str, body: Json) -> Json:
        """Edit a message and its card; the SDK's `messages.update` takes no attachments."""
        url = f"{self._base_url}messages/{message_id}"
        answer = self._session.put(url, json=body, timeout=self._timeout)
        answer.raise_for_status()
        edited: Json = answer.json()
        return edited

    def download(self, url: str) -> tuple[str, bytes]:
        """Download a message's file, as name and content; the SDK only gives its URL.

        Raises `Undeliverable` if the URL isn't Webex's or the file is larger than 5 MB: before it
        is downloaded, if Webex says how large it is.
        """
        if not url.startswith(self._base_url):
            raise Undeliverable(400, "a file that isn't Webex's")
        with self._session.get(url, timeout=self._timeout, stream=True) as answer:
            answer.raise_for_status()
            length = answer.headers.get("Content-Length", "")
            if length.isdigit() and int(length) > FILE_LIMIT:
                raise _too_large()
            content = _limited(answer)
        _, about = parse_options_header(answer.headers.get("Content-Disposition"))
        return about.get("filename", "file"), content


def _limited(answer: requests.Response) -> bytes:
    content = bytearray()
    for piece in answer.iter_content(PIECE):
        content += piece
        if len(content) > FILE_LIMIT:
            raise _too_large()
    return bytes(content)


def _too_large() -> Undeliverable:
    return Undeliverable(413, "a file of more than 5 MB")
