"""Our webhooks at Webex: created or repaired, never doubled; others' are left alone.

Ours are those with our name and our public URL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.failures import Undeliverable
from bot.observe import log
from bot.webex import Gateway

PREFIX = "trialbot"
WANTED = (
    ("messages", "created"),
    ("attachmentActions", "created"),
    ("memberships", "created"),
    ("memberships", "deleted"),
    ("rooms", "updated"),
    ("rooms", "migrated"),
)

Webhook = dict[str, Any]
Kind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Repair:
    """What had to be done; `revived`: some had been switched off, so events were missed."""

    created: int = 0
    repaired: int = 0
    revived: int = 0
    dropped: int = 0


def target(public_url: str) -> str:
    """Where Webex posts events to."""
    return f"{public_url}webhook"


def repair(gateway: Gateway, public_url: str, secret: str) -> Repair:
    """List, repair, create, list again, drop doubles: any number of processes may do it at once."""
    wanted = {"targetUrl": target(public_url), "secret": secret}
    ours = _ours(gateway.webhooks(), wanted["targetUrl"])
    broken = [hook for hook in ours if not _is_sound(hook, secret)]
    for hook in broken:
        gateway.update_webhook(hook["id"], name=hook["name"], status="active", **wanted)
    missing = [kind for kind in WANTED if kind not in map(_kind, ours)]
    for resource, event in missing:
        name = f"{PREFIX} {resource} {event}"
        gateway.create_webhook(name=name, resource=resource, event=event, **wanted)
    dropped = _drop_doubles(gateway, wanted["targetUrl"]) if missing or len(ours) > 6 else 0
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


def _ours(hooks: Iterable[Webhook], url: str) -> list[Webhook]:
    return [
        hook
        for hook in hooks
        if str(hook.get("name", "")).startswith(PREFIX) and hook.get("targetUrl") == url
    ]


def _kind(hook: Webhook) -> Kind:
    return str(hook.get("resource")), str(hook.get("event"))


def _is_sound(hook: Webhook, secret: str) -> bool:
    return hook.get("status") != "inactive" and hook.get("secret") == secret


def _drop_doubles(gateway: Gateway, url: str) -> int:
    """Of each kind the one with the smallest id stays: everybody decides alike."""
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
