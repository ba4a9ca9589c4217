"""Webex ids: opaque, except to tell whether two spellings name the same thing."""

import base64
import binascii


def uuid_in(webex_id: str) -> str:
    """The UUID inside an id, which survives a change of cluster; the id itself if it has none."""
    padding = "=" * (-len(webex_id) % 4)
    try:
        inside = base64.urlsafe_b64decode(webex_id + padding).decode()
    except (binascii.Error, ValueError):
        return webex_id
    return inside.rpartition("/")[2] or webex_id
