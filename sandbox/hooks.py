"""Webhook deliveries: signed, in order within a room, logged, and never retried."""

import hmac
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import orjson
import requests

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.records import Event, Json
from sandbox.webhooks import Webhook, Webhooks

REORDER_PATIENCE = 1.0
STOP_PATIENCE = 2.0


@dataclass(slots=True)
class Delivery:
    """One event on its way to one webhook."""

    webhook: Webhook
    event: Event
    signing: str = "right"

    @property
    def lane(self) -> tuple[str, str]:
        """Key of what must arrive in order: a webhook's events of one room."""
        data = self.event.data
        room = data["id"] if self.event.resource == "rooms" else data["roomId"]
        return self.webhook.id, room

    def body(self) -> bytes:
        """The envelope, without a message's text or a press's inputs."""
        envelope = self.webhook.view()
        envelope.pop("secret", None)
        envelope |= {
            "resource": self.event.resource,
            "event": self.event.event,
            "status": "active",
            "actorId": self.event.actor.id,
            "data": self.event.data,
        }
        return orjson.dumps(envelope)


class Hooks:
    """Sends events to the webhooks that want them, from a pool of threads.

    A target has `timeout` seconds to answer with a 2xx. `log` keeps the last deliveries.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        faults: Faults,
        clock: Clock,
        threads: int = 16,
        timeout: float = 8.0,
        log_size: int = 20_000,
    ) -> None:
        self.log: deque[Json] = deque(maxlen=log_size)
        self._webhooks, self._faults, self._clock = webhooks, faults, clock
        self._lock = threading.Lock()
        self._lanes: dict[tuple[str, str], deque[Delivery]] = {}
        self._ready: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._timers: set[threading.Timer] = set()
        self._held: Delivery | None = None
        self._timeout = timeout
        self._mine = threading.local()
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-hook-{n}", daemon=True)
            for n in range(threads)
        ]

    def start(self) -> None:
        """Start delivering."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop; what is still waiting is not delivered."""
        with self._lock:
            timers, self._timers = self._timers, set()
            self._lanes.clear()
        for timer in timers:
            timer.cancel()
        for _ in self._threads:
            self._ready.put(None)
        end = time.monotonic() + STOP_PATIENCE
        for thread in self._threads:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in transit or held back."""
        with self._lock:
            return not self._lanes and not self._timers and self._held is None

    def offer(self, event: Event) -> None:
        """Queue an event for every webhook that wants it."""
        for webhook in self._webhooks.all():
            if webhook.wants(event):
                self._route(Delivery(webhook, event))

    def _route(self, delivery: Delivery) -> None:
        struck = self._faults.for_webhook(delivery.event.resource, delivery.event.event)
        faults = {fault.kind: fault for fault in struck}
        if "webhook-drop" in faults:
            self._note(delivery, delivery.webhook.target_url, 0.0, "dropped by a fault")
            return
        if "webhook-unsigned" in faults:
            delivery.signing = "none"
        elif "webhook-badsign" in faults:
            delivery.signing = "wrong"
        for _ in range(2 if "webhook-duplicate" in faults else 1):
            self._dispatch(delivery, faults)

    def _dispatch(self, delivery: Delivery, faults: dict[str, Fault]) -> None:
        if "webhook-late" in faults:
            self._later(faults["webhook-late"].delay, delivery)
        elif "webhook-reorder" in faults and self._held is None:
            self._held = delivery
            self._timer(REORDER_PATIENCE, self._release)
        else:
            self._queue(delivery)
            self._release()

    def _later(self, delay: float, delivery: Delivery) -> None:
        self._timer(delay, lambda: self._queue(delivery))

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            self._queue(held)

    def _timer(self, delay: float, job: Callable[[], None]) -> None:
        timer = threading.Timer(delay, lambda: self._ring(timer, job))
        timer.daemon = True
        with self._lock:
            self._timers.add(timer)
        timer.start()

    def _ring(self, timer: threading.Timer, job: Callable[[], None]) -> None:
        job()
        with self._lock:
            self._timers.discard(timer)

    def _queue(self, delivery: Delivery) -> None:
        with self._lock:
            lane = self._lanes.get(delivery.lane)
            if lane is not None:
                lane.append(delivery)
                return
            self._lanes[delivery.lane] = deque((delivery,))
        self._ready.put(delivery.lane)

    def _work(self) -> None:
        while (key := self._ready.get()) is not None:
            with self._lock:
                lane = self._lanes.get(key)
                delivery = lane[0] if lane else None
            if delivery is None:
                continue
            self._send(delivery)
            self._next(key)

    def _next(self, key: tuple[str, str]) -> None:
        with self._lock:
            lane = self._lanes.get(key)
            if not lane:
                return
            lane.popleft()
            if not lane:
                del self._lanes[key]
                return
        self._ready.put(key)

    def _send(self, delivery: Delivery) -> None:
        webhook = delivery.webhook
        if not webhook.active:
            return
        body, target = delivery.body(), webhook.target_url
        headers = _headers(webhook.secret, delivery.signing, body, self._clock.stamp())
        began = time.perf_counter()
        outcome: int | str
        try:
            outcome = self._post(target, body, headers)
        except (requests.RequestException, ValueError) as error:
            outcome = _why(error)
        self._note(delivery, target, time.perf_counter() - began, outcome)
        if not isinstance(outcome, int) or not 200 <= outcome < 300:
            self._webhooks.failed(webhook)

    def _post(self, target: str, body: bytes, headers: dict[str, str]) -> int:
        """Post from this thread's own session, without proxies or redirects."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = requests.Session()
            session.trust_env = False
        given: Json = {"headers": headers, "timeout": self._timeout, "allow_redirects": False}
        return session.post(target, data=body, **given).status_code

    def _note(self, delivery: Delivery, target: str, seconds: float, outcome: int | str) -> None:
        self.log.append(
            {
                "time": self._clock.stamp(),
                "webhookId": delivery.webhook.id,
                "resource": delivery.event.resource,
                "event": delivery.event.event,
                "dataId": delivery.event.data["id"],
                "targetUrl": target,
                "status": outcome if isinstance(outcome, int) else None,
                "error": None if isinstance(outcome, int) else outcome,
                "milliseconds": round(seconds * 1000, 2),
            }
        )


def _why(error: BaseException) -> str:
    """The root cause: the message that requests makes of it is longer and says less."""
    while error.__context__:
        error = error.__context__
    return str(error) or type(error).__name__


def _headers(secret: str, signing: str, body: bytes, stamp: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json;charset=UTF-8", "X-Scheduled-For": stamp}
    if not secret or signing == "none":
        return headers
    key = secret.encode() if signing == "right" else secret.encode() + b"?"

    def sign(algorithm: str) -> str:
        return hmac.new(key, body, algorithm).hexdigest()

    headers["X-Spark-Signature"] = sign("sha1")
    headers["X-Webex-Signature"] = f"SHA-256={sign('sha256')}, SHA-512={sign('sha512')}"
    return headers
