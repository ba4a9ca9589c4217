"""The kept connections to Webex, as the SDK uses them."""

import os
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

import requests
from pyreqwest.client import SyncClient, SyncClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError
from pyreqwest.response import SyncResponse
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.exceptions import HTTPError

from store.json_text import json_text

FAILURES = (requests.RequestException, HTTPError, PyreqwestError)
"""Webex didn't answer, or not so that it could be read."""

NEVER_SENT = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
NOT_CONNECTED = "client error (Connect)"
TO_CONNECT = timedelta(seconds=4)
"""Longer than a second repetition of TCP's first packet takes, shorter than a call may last."""


class Line(requests.Session):
    """The way of calls to Webex; it knows neither cookies nor redirects.

    Proxies and certificates are looked up once, not at every call, and to this machine there is
    never a proxy. Plain calls don't go through requests, which prepares each of them anew, nor
    urllib3, which costs three times as much; they share the connections of the whole process.
    """

    def __init__(self, headers: Mapping[str, str], base_url: str) -> None:
        super().__init__()
        self.headers.update(headers)
        self.trust_env = False
        self.proxies = {} if is_here(base_url) else get_environ_proxies(base_url)
        self.verify = certificates = os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
        self._always = {name: str(value) for name, value in self.headers.items()}
        self._client = _client(certificates)

    def request(  # type: ignore[override]
        self, method: str, url: str, *, json: Any = None, timeout: float | None = None, **more: Any
    ) -> requests.Response:
        """As requests does it. Raises its exceptions, and the client's for plain calls."""
        if self.proxies or any(more.values()):
            return super().request(method, url, json=json, timeout=timeout, **more)
        call = self._client.request(method, url).headers(self._always)
        if json is not None:
            call = call.body_bytes(json_text(json).encode())
        if timeout:
            call = call.timeout(timedelta(seconds=timeout))
        return _as_requests(call.build().send(), method, url)


def was_sent(error: Exception) -> bool:
    """Whether a call that wasn't answered may have reached Webex.

    The client's own names for errors don't tell: it calls a lost answer a ConnectError, too.
    """
    if isinstance(error, RequestError):
        causes = error.details["causes"] or []
        return NOT_CONNECTED not in [cause["message"] for cause in causes]
    return not isinstance(error, NEVER_SENT) and "NewConnectionError" not in repr(error)


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


@cache
def _client(certificates: str) -> SyncClient:
    """One for the process. It never repeats a request of which a byte has left."""
    builder = SyncClientBuilder().no_proxy().follow_redirects(False).connect_timeout(TO_CONNECT)
    trusted = ssl.create_default_context(cafile=certificates)
    for certificate in trusted.get_ca_certs(binary_form=True):
        builder = builder.add_root_certificate_der(certificate)
    return builder.build()


def _as_requests(found: SyncResponse, method: str, url: str) -> requests.Response:
    """What the SDK reads of an answer."""
    answer = requests.Response()
    answer.status_code, answer.reason = found.status, responses.get(found.status, "")
    answer.url, answer.headers = url, CaseInsensitiveDict(found.headers.items())
    answer.encoding, answer._content = "utf-8", bytes(found.bytes())
    answer.request = requests.PreparedRequest()
    answer.request.method, answer.request.url = method, url
    return answer
