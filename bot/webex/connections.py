"""The connections to Webex: how long they are trusted, through which proxy, and what was sent.

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
"""Seconds after which an unused connection isn't trusted any more.

Load balancers hang up after 60 s and web servers after 75 s, as a rule, and firewalls forget a
connection after some minutes. urllib3 notices a connection that was closed before it is used again,
but not one that is being closed at this moment, nor one that a firewall has forgotten.
"""

ANSWERLESS = (requests.RequestException, HTTPError)
NOT_CONNECTED = (NewConnectionError, ssl.SSLCertVerificationError)
NEVER_SENT = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)

T = TypeVar("T")


class Fresh(Generic[T]):
    """A client of one thread that is made anew, with new connections, after it has idled.

    A POST must not go out on a connection that may be dead: if no answer comes, nobody knows
    whether it was sent. The connections of the former client are closed with it.
    """

    def __init__(self, make: Callable[[], T], idle: float) -> None:
        self._make = make
        self._idle = idle
        self._client = make()
        self._used = ticks()

    def __call__(self) -> T:
        """The client to use now."""
        now = ticks()
        if now - self._used >= self._idle:
            self._client = self._make()
        self._used = now
        return self._client


def proxies_for(base_url: str) -> dict[str, str]:
    """What a session has to be told about proxies: none for a Webex on this machine.

    The environment's proxies come on top, but requests prefers an entry for one host to them.
    """
    at = urlsplit(base_url)
    here = at.hostname in ("127.0.0.1", "localhost", "::1")
    return {f"{at.scheme}://{at.hostname}": ""} if here else {}


def was_sent(error: Exception) -> bool:
    """Whether a call that wasn't answered may have reached Webex.

    Other errors come from before it, e.g. because a file of certificates is gone.
    """
    if isinstance(error, NEVER_SENT) or not isinstance(error, ANSWERLESS):
        return False
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    causes = (reason, *getattr(reason, "args", ()))
    return not any(isinstance(cause, NOT_CONNECTED) for cause in causes)
