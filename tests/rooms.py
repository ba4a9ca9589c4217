"""What people do with spaces: create them, add members and the bot, remove them."""

from typing import Any

import requests

from tests.people import Person
from tests.stage import Stage


def a_room(stage: Stage, title: str, *members: Person, bot: bool = True) -> str:
    """Create a space and return its id. If the bot is added, it is notified."""
    ids = [person.about["personId"] for person in members]
    return post(stage, "rooms", {"title": title, "members": ids, "bot": bot})


def adds(person: Person, room_id: str, other: dict[str, str]) -> None:
    """Add somebody, or the bot, to a space."""
    body = {"roomId": room_id, "personId": other["personId"]}
    person.call("POST", "memberships", json=body)


def puts_out(person: Person, room_id: str, other: dict[str, str]) -> None:
    """Remove somebody, or the bot, from a space."""
    params = {"roomId": room_id, "personId": other["personId"]}
    found = person.call("GET", "memberships", params=params)["items"]
    person.call("DELETE", f"memberships/{found[0]['id']}")


def migrated(stage: Stage, room_id: str) -> str:
    """Move a space to another Webex region; its new id."""
    return post(stage, f"rooms/{room_id}/migrate", {})


def post(stage: Stage, what: str, body: dict[str, Any]) -> str:
    answer = requests.post(f"{stage.url}/sandbox/{what}", json=body, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()["id"])
