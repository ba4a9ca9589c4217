"""Faults on demand: refusals, silence, slowness, lost responses, disturbed webhooks and mail."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

REFUSALS = {
    "400": "The request was invalid or cannot be otherwise served.",
    "401": "The request requires a valid access token set in the Authorization request header.",
    "403": "The server understood the request, but refused to fulfill it.",
    "404": "The requested resource could not be found.",
    "410": "The requested resource is no longer available.",
    "413": "The request is too large.",
    "415": "The request's media type is not supported.",
    "423": "The requested resource is temporarily unavailable.",
    "428": "File(s) cannot be scanned for malware and need to be force downloaded.",
    "429": "Too many requests.",
    "500": "Something went wrong on the server.",
    "502": "The server received an invalid response from an upstream server.",
    "503": "Server is overloaded with requests. Try again later.",
    "504": "An upstream server failed to respond on time.",
}
CALLS = frozenset(REFUSALS) | {
    "404-after-webhook",
    "bucket",
    "edit-card-refused",
    "hang",
    "latency",
    "lost",
}
WEBHOOKS = frozenset(
    {
        "webhook-badsign",
        "webhook-drop",
        "webhook-duplicate",
        "webhook-late",
        "webhook-reorder",
        "webhook-unsigned",
    }
)
MAILS = frozenset({"mail-busy", "mail-down", "mail-refused", "mail-slow"})


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault needs to know of an API call; `message_age`: seconds, of the message it gets."""

    method: str
    path: str
    role: str
    rooms: frozenset[str] = frozenset()
    message_age: float | None = None
    edits_card: bool = False


@dataclass(slots=True)
class Fault:
    """A fault.

    kind: a refusal's status, or
      "404-after-webhook": a message younger than `delay` seconds isn't found;
      "bucket": 429 above `rate` calls per second;
      "edit-card-refused": a PUT with a card gets a 400;
      "hang": not carried out, 502 after `delay` seconds;
      "latency": carried out at once, answered after `delay` seconds;
      "lost": carried out, the connection is cut without a response;
      or a webhook kind ("webhook-late" waits `delay`);
      or, for e-mails, "mail-down": none is taken; "mail-refused": there is no such mailbox;
      "mail-busy": not now; "mail-slow": each is taken after `delay` seconds.
    match: method and path prefix as in "POST /v1/messages", `*` for either; for webhook kinds
      resource and event as in "messages.created"; for e-mails an address.
    share: the share of matching calls that it hits, 0 to 1, at random with `seed`.
    seconds, times: how long it lasts, and how often it strikes at most.
    token_role: whose calls it hits ("*": everybody's). room: only calls that name this room's id.
    retry_after: sent as it is, so it may be malformed.
    """

    kind: str
    match: str = "*"
    share: float = 1.0
    retry_after: Any = None
    seconds: float | None = None
    delay: float = 1.0
    rate: float = 10.0
    token_role: str = "bot"
    room: str = ""
    times: int | None = None
    seed: int = 1
    hits: int = 0
    _began: float = field(default_factory=time.monotonic)
    _dice: random.Random = field(default_factory=random.Random)
    _tokens: float = 0.0
    _filled: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.kind not in CALLS | WEBHOOKS | MAILS:
            raise ValueError(f"no fault of kind {self.kind!r}")
        for value in (self.share, self.delay, self.rate, self.seconds or 0, self.times or 0):
            if not isinstance(value, int | float):
                raise TypeError(f"{value!r} is not a number")
        if not 0 <= self.share <= 1:
            raise ValueError("share is between 0 and 1")
        self._dice.seed(self.seed)
        self._tokens = max(1.0, self.rate)

    def concerns(self, call: Call) -> bool:
        """Whether this fault may hit the call."""
        if self.kind not in CALLS or self.token_role not in ("*", call.role):
            return False
        if self.room and self.room not in call.rooms:
            return False
        if self.kind == "404-after-webhook":
            return call.message_age is not None and call.message_age < self.delay
        if self.kind == "edit-card-refused":
            return call.edits_card
        return _matches_call(self.match, call.method, call.path)

    def strikes(self) -> bool:
        """Roll the dice once; return whether this call is hit."""
        if self.over() or self._dice.random() >= self.share:
            return False
        if self.kind == "bucket" and self._take_token():
            return False
        self.hits += 1
        return True

    def over(self) -> bool:
        """Whether its time or its number of strikes is used up."""
        if self.times is not None and self.hits >= self.times:
            return True
        return self.seconds is not None and time.monotonic() - self._began > self.seconds

    def _take_token(self) -> bool:
        now = time.monotonic()
        size = max(1.0, self.rate)
        self._tokens = min(size, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def view(self) -> dict[str, Any]:
        """The fault as ordered, and how often it has struck."""
        names = [name for name in Fault.__slots__ if not name.startswith("_")]
        return {name: getattr(self, name) for name in names}


ORDERABLE = frozenset(name for name in Fault.__slots__ if not name.startswith("_")) - {"hits"}


class Faults:
    """The current faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def order(self, wish: dict[str, Any]) -> Fault:
        """Add a fault. Raises ValueError or TypeError if it can't be read."""
        unknown = set(wish) - ORDERABLE
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        fault = Fault(**wish)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults = []

    def view(self) -> list[dict[str, Any]]:
        """All faults, including those that are over."""
        return [fault.view() for fault in self._faults]

    def any_for_calls(self) -> bool:
        """Whether any fault can hit calls; if not, a call's details needn't be read."""
        return any(fault.kind in CALLS for fault in self._faults)

    def for_call(self, call: Call) -> list[Fault]:
        """The faults that hit this call: at most one of kind "latency" and one other."""
        struck: dict[bool, Fault] = {}
        with self._lock:
            for fault in self._faults:
                slow = fault.kind == "latency"
                if slow not in struck and fault.concerns(call) and fault.strikes():
                    struck[slow] = fault
        return list(struck.values())

    def for_mail(self, kind: str, address: str) -> Fault | None:
        """The fault of this kind that hits an e-mail from or to this address."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == kind and fault.match in ("*", address) and fault.strikes():
                    return fault
        return None

    def for_webhook(self, resource: str, event: str) -> list[Fault]:
        """The faults that hit this delivery."""
        if not self._faults:
            return []
        name = f"{resource}.{event}"
        with self._lock:
            return [
                fault
                for fault in self._faults
                if fault.kind in WEBHOOKS
                and (fault.match == "*" or name.startswith(fault.match))
                and fault.strikes()
            ]


def _matches_call(match: str, method: str, path: str) -> bool:
    if match == "*":
        return True
    wanted, _, prefix = match.rpartition(" ")
    if wanted not in ("", "*", method):
        return False
    return prefix == "*" or path.startswith(prefix)
