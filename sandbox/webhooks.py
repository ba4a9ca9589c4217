"""Registered webhooks: what they listen to, and when they are switched off."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox import ids
from sandbox.cast import Person
from sandbox.records import Event, Json, Problem
from sandbox.world import World, not_found

EVENTS = {
    "messages": {"created", "updated", "deleted"},
    "memberships": {"created", "updated", "deleted"},
    "rooms": {"created", "updated", "migrated"},
    "attachmentActions": {"created"},
}
FIREHOSE = ("memberships", "messages", "rooms")
FILTERS = {
    "messages": {
        "roomId",
        "roomType",
        "personId",
        "personEmail",
        "mentionedPeople",
        "hasFiles",
        "hasAttachments",
    },
    "memberships": {"roomId", "personId", "personEmail", "isModerator"},
    "rooms": {"type", "isLocked"},
    "attachmentActions": {"messageId", "personId", "roomId"},
    "all": set[str](),
}
APPLICATION = ids.fixed("APPLICATION", "application")


@dataclass(slots=True)
class Webhook:
    """A webhook; `failures` are the times of failed deliveries, in monotonic seconds."""

    id: str
    owner: Person
    name: str
    target_url: str
    resource: str
    event: str
    created: str
    filter: str = ""
    secret: str = ""
    active: bool = True
    conditions: list[tuple[str, set[str]]] = field(default_factory=list)
    failures: deque[float] = field(default_factory=deque)

    def wants(self, event: Event) -> bool:
        """Whether this webhook delivers `event`."""
        return (
            self.active
            and self._listens_to(event)
            and event.reaches(self.owner)
            and all(_meets(event.facts.get(key), wanted) for key, wanted in self.conditions)
        )

    def _listens_to(self, event: Event) -> bool:
        if self.resource == "all":
            return event.resource in FIREHOSE and event.event != "migrated"
        if self.resource != event.resource:
            return False
        return event.event == self.event or (self.event == "all" and event.event != "migrated")

    def view(self) -> Json:
        """The webhook as REST shows it, with its secret."""
        shown = {
            "id": self.id,
            "name": self.name,
            "targetUrl": self.target_url,
            "resource": self.resource,
            "event": self.event,
            "orgId": self.owner.org_id,
            "createdBy": self.owner.id,
            "appId": APPLICATION,
            "ownedBy": "creator",
            "status": "active" if self.active else "inactive",
            "created": self.created,
        }
        if self.filter:
            shown["filter"] = self.filter
        if self.secret:
            shown["secret"] = self.secret
        return shown


class Webhooks:
    """All webhooks. One is switched off after `limit` failures within `window` seconds.

    A webhook that is revived within the window is on probation by the same rule: its old failures
    still count, so the first new one switches it off again.
    """

    def __init__(self, world: World, limit: int = 100, window: float = 300.0) -> None:
        self.limit = limit
        self.window = window
        self._world = world
        self._lock = threading.Lock()
        self._webhooks: dict[str, Webhook] = {}

    def create(self, who: Person, body: Json) -> Webhook:
        """Register a webhook for `who`."""
        _refuse_incomplete(body)
        resource, event = body["resource"], body["event"]
        if event not in EVENTS.get(resource, {"all"}) | {"all"} or resource not in FILTERS:
            raise Problem(400, "invalid value for resource or event")
        webhook = Webhook(
            ids.new("WEBHOOK"),
            who,
            body["name"],
            body["targetUrl"],
            resource,
            event,
            self._world.clock.stamp(),
            body.get("filter") or "",
            body.get("secret") or "",
        )
        webhook.conditions = self._read_filter(who, resource, webhook.filter)
        with self._lock:
            self._webhooks = self._webhooks | {webhook.id: webhook}
        return webhook

    def all(self) -> Iterable[Webhook]:
        """Every webhook of everybody."""
        return self._webhooks.values()

    def of(self, who: Person) -> list[Webhook]:
        """The webhooks of `who`, newest first."""
        return [w for w in reversed(self._webhooks.values()) if w.owner.id == who.id]

    def get(self, who: Person, webhook_id: str) -> Webhook:
        """One webhook of `who`."""
        found = self._webhooks.get(webhook_id)
        if found is None or found.owner.id != who.id:
            raise not_found(webhook_id, "Could not find a webhook with provided ID.")
        return found

    def update(self, who: Person, webhook_id: str, body: Json) -> Webhook:
        """Change name, URL and secret; status=active revives it; the rest is ignored."""
        webhook = self.get(who, webhook_id)
        _refuse_incomplete(body, ("name", "targetUrl"))
        if body.get("status") not in (None, "active"):
            raise Problem(400, "status can only be set to active")
        webhook.name, webhook.target_url = body["name"], body["targetUrl"]
        webhook.secret = body.get("secret") or webhook.secret
        webhook.active = webhook.active or body.get("status") == "active"
        return webhook

    def delete(self, who: Person, webhook_id: str) -> None:
        """Delete a webhook."""
        self.get(who, webhook_id).active = False
        with self._lock:
            self._webhooks = {k: w for k, w in self._webhooks.items() if k != webhook_id}

    def clear(self) -> None:
        """Delete all webhooks."""
        with self._lock:
            for webhook in self._webhooks.values():
                webhook.active = False
            self._webhooks = {}

    def failed(self, webhook: Webhook) -> None:
        """Count a failed delivery, and switch the webhook off at the limit."""
        now = time.monotonic()
        with self._lock:
            webhook.failures.append(now)
            while webhook.failures and now - webhook.failures[0] > self.window:
                webhook.failures.popleft()
            if len(webhook.failures) >= self.limit:
                webhook.active = False

    def _read_filter(self, who: Person, resource: str, text: str) -> list[tuple[str, set[str]]]:
        conditions = []
        for part in filter(None, text.split("&")):
            key, _, value = part.partition("=")
            if key not in FILTERS[resource] or not value:
                raise Problem(400, f"invalid filter: {key}")
            wanted = {who.id if one == "me" else one for one in value.split(",")}
            self._refuse_strange_ids(who, key, wanted)
            conditions.append((key, wanted))
        return conditions

    def _refuse_strange_ids(self, who: Person, key: str, wanted: set[str]) -> None:
        known = {
            "roomId": self._world.room,
            "personId": lambda _, one: self._world.person(one),
            "messageId": self._world.message,
        }.get(key)
        for one in wanted if known else ():
            try:
                known(who, one)  # type: ignore[misc]
            except Problem:
                raise Problem(400, f"invalid value for filter: {key}") from None


def _refuse_incomplete(
    body: Json, required: tuple[str, ...] = ("name", "targetUrl", "resource", "event")
) -> None:
    for key in required:
        if not isinstance(body.get(key), str) or not body[key]:
            raise Problem(400, f"{key} cannot be empty")
    if not body["targetUrl"].startswith(("http://", "https://")):
        raise Problem(400, "targetUrl must be an http or https URL")


def _meets(fact: str | list[str] | None, wanted: set[str]) -> bool:
    if isinstance(fact, list):
        return not wanted.isdisjoint(fact)
    return fact in wanted
