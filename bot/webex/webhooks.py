"""Our webhooks at Webex: created or repaired, never duplicated; others' are left alone.

Ours are those with our name and our public URL. In spaces we only want messages that mention us:
without a filter, each message of our own would come back, doubling the traffic.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.failures import Undeliverable
from bot.observe import log
from bot.webex.gateway import Gateway

NAME = "Trialbot"
"""An older release writes this in lower case: it ignores ours, while we also manage its own."""

Webhook = dict[str, Any]


class Kind(NamedTuple):
    """What a webhook reports. `filter`: a condition's key, which `condition` completes."""

    resource: str
    event: str
    filter: str = ""

    @property
    def condition(self) -> str:
        """The filter as Webex expects it."""
        return f"{self.filter}={_CONDITIONS[self.filter]}"

    def __str__(self) -> str:
        """The kind as operators read it."""
        return " ".join(filter(None, self))


_CONDITIONS = {"mentionedPeople": "me", "roomType": "direct"}

WANTED = (
    Kind("messages", "created", "mentionedPeople"),
    Kind("messages", "created", "roomType"),
    Kind("attachmentActions", "created"),
    Kind("memberships", "created"),
    Kind("memberships", "deleted"),
    Kind("rooms", "updated"),
    Kind("rooms", "migrated"),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done; `revived`: webhooks that were switched off, so events were missed."""

    created: int = 0
    repaired: int = 0
    revived: int = 0
    dropped: int = 0


def target(public_url: str) -> str:
    """The URL to which Webex posts events."""
    return f"{public_url}webhook"


def repair(gateway: Gateway, public_url: str, secret: str) -> Repair:
    """List, repair, create, list again, drop duplicates; any number of processes may run this."""
    wanted = {"targetUrl": target(public_url), "secret": secret}
    ours = _ours(gateway.webhooks(), wanted["targetUrl"])
    broken = [hook for hook in ours if not _is_sound(hook, secret)]
    for hook in broken:
        gateway.update_webhook(hook["id"], name=hook["name"], status="active", **wanted)
    missing = [kind for kind in WANTED if kind not in map(_kind, ours)]
    for kind in missing:
        gateway.create_webhook(**_description(kind), **wanted)
    too_many = missing or len(ours) > len(WANTED)
    dropped = _drop_doubles(gateway, wanted["targetUrl"]) if too_many else 0
    revived = sum(hook.get("status") == "inactive" for hook in broken)
    done = Repair(len(missing), len(broken), revived, dropped)
    if done != Repair():
        log.info("webhooks", created=done.created, repaired=done.repaired, dropped=done.dropped)
    return done


def survey(gateway: Gateway, public_url: str) -> dict[Kind, str]:
    """The state of each wanted webhook: active, inactive, missing or double."""
    hooks = _ours(gateway.webhooks(), target(public_url))
    ours = [_kind(hook) for hook in hooks]
    states = {_kind(hook): str(hook.get("status", "active")) for hook in hooks}
    return {
        kind: "double" if ours.count(kind) > 1 else states.get(kind, "missing") for kind in WANTED
    }


def elsewhere(gateway: Gateway, public_url: str) -> set[str]:
    """Where webhooks lead that are called like ours: another installation, or a former address."""
    url = target(public_url)
    return {
        str(hook.get("targetUrl"))
        for hook in gateway.webhooks()
        if _is_called_ours(hook) and hook.get("targetUrl") != url
    }


def _is_called_ours(hook: Webhook) -> bool:
    return str(hook.get("name", "")).startswith((NAME, NAME.lower()))


def _ours(hooks: Iterable[Webhook], url: str) -> list[Webhook]:
    return [hook for hook in hooks if _is_called_ours(hook) and hook.get("targetUrl") == url]


def _kind(hook: Webhook) -> Kind:
    condition, _, _ = str(hook.get("filter") or "").partition("=")
    return Kind(str(hook.get("resource")), str(hook.get("event")), condition)


def _description(kind: Kind) -> dict[str, str]:
    about = {"name": f"{NAME} {kind}", "resource": kind.resource, "event": kind.event}
    return about | {"filter": kind.condition} if kind.filter else about


def _is_sound(hook: Webhook, secret: str) -> bool:
    return hook.get("status") != "inactive" and hook.get("secret") == secret


def _drop_doubles(gateway: Gateway, url: str) -> int:
    """Keep the webhook with the smallest id of each kind, so that all processes agree."""
    kept: set[Kind] = set()
    dropped = 0
    for hook in sorted(_ours(gateway.webhooks(), url), key=lambda hook: str(hook["id"])):
        kind = _kind(hook)
        if kind in WANTED and kind not in kept:
            kept.add(kind)
            continue
        try:
            gateway.delete_webhook(hook["id"])
            dropped += 1
        except Undeliverable:
            continue
    return dropped
