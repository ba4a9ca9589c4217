"""Connections to Webex: how long they are trusted, their proxies, and whether a call was sent.

webexpythonsdk and `bot/webex/beyond_sdk.py` both call through requests.
"""

import ssl
from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from bot.clock import ticks

IDLE = 20.0
"""Seconds after which an unused connection is no longer trusted.

Load balancers usually hang up after 60 s, web servers after 75 s, and firewalls drop a connection
after a few minutes. urllib3 notices a connection that was closed before it is reused, but not one
that is being closed at that moment, nor one that a firewall has dropped.
"""

ANSWERLESS = (requests.RequestException, HTTPError)
NOT_CONNECTED = (NewConnectionError, ssl.SSLCertVerificationError)
NEVER_SENT = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)

T = TypeVar("T")


class Fresh(Generic[T]):
    """A client for one thread that is recreated, with new connections, after it was idle.

    A POST must not go out on a connection that may be dead: without a response, nobody knows
    whether it was sent. The former client's connections are closed with it.
    """

    def __init__(self, make: Callable[[], T], idle: float) -> None:
        self._make = make
        self._idle = idle
        self._client = make()
        self._used = ticks()

    def __call__(self) -> T:
        """The client to use now, recreated if it was idle."""
        now = ticks()
        if now - self._used >= self._idle:
            self._client = self._make()
        self._used = now
        return self._client


def proxies_for(base_url: str) -> dict[str, str]:
    """A session's proxy settings: no proxy for a Webex on this machine.

    requests adds the environment's proxies, but prefers an entry for a single host.
    """
    at = urlsplit(base_url)
    here = at.hostname in ("127.0.0.1", "localhost", "::1")
    return {f"{at.scheme}://{at.hostname}": ""} if here else {}


def was_sent(error: Exception) -> bool:
    """Whether a call that wasn't answered may have reached Webex.

    Other errors occur before sending, e.g. because a certificate file is missing.
    """
    if isinstance(error, NEVER_SENT) or not isinstance(error, ANSWERLESS):
        return False
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    causes = (reason, *getattr(reason, "args", ()))
    return not any(isinstance(cause, NOT_CONNECTED) for cause in causes)
