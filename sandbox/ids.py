"""Ids as Webex writes them: opaque, unpadded base64url, from more than one cluster."""

import base64
import binascii
import random
import uuid

US = "us"
TEAM_CLUSTER = "urn:TEAM:us-west-2_r"
MOVED_CLUSTER = "urn:TEAM:eu-central-1_k"

_NAMESPACE = uuid.UUID("5d6f3c1e-6f0a-4f58-9d0c-7b1f2f0c6a11")


def encode(kind: str, key: str, cluster: str = US) -> str:
    """The public id of a `kind` (ROOM, MESSAGE, …) whose internal key is `key`."""
    address = f"ciscospark://{cluster}/{kind}/{key}"
    return base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")


def new_key() -> str:
    """A new internal key."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def new(kind: str, cluster: str = US) -> str:
    """A new id."""
    return encode(kind, new_key(), cluster)


def fixed(kind: str, name: str, cluster: str = US) -> str:
    """An id that is the same for the same `name` at every start."""
    return encode(kind, fixed_key(name), cluster)


def fixed_key(name: str) -> str:
    """A UUID, as text, that is the same for the same `name` at every start."""
    return str(uuid.uuid5(_NAMESPACE, name))


def key(public_id: str) -> str:
    """The internal key inside a public id; any other text is returned as it is."""
    decoded = _decode(public_id)
    return decoded.rsplit("/", 1)[-1] if decoded else public_id


def looks_valid(text: str) -> bool:
    """Whether a text is a base64 id of any cluster or a bare UUID."""
    if _decode(text):
        return True
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _decode(text: str) -> str:
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeError, ValueError):
        return ""
    return decoded if decoded.startswith("ciscospark://") else ""
