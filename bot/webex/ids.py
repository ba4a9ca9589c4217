"""Webex's ids: opaque, but for comparing what names the same thing in two spellings."""

import base64
import binascii


def uuid_in(webex_id: str) -> str:
    """The UUID inside an id, which stays when a cluster changes; the id itself if it has none."""
    padding = "=" * (-len(webex_id) % 4)
    try:
        inside = base64.urlsafe_b64decode(webex_id + padding).decode()
    except (binascii.Error, ValueError):
        return webex_id
    return inside.rpartition("/")[2] or webex_id
