"""What people do to spaces: make them, let each other and the bot in, put them out."""

from typing import Any

import requests

from tests.people import Person
from tests.stage import Stage


def a_room(stage: Stage, title: str, *members: Person, bot: bool = True) -> str:
    """A new space; its id. The bot, if it is let in, hears of it."""
    ids = [person.about["personId"] for person in members]
    return post(stage, "rooms", {"title": title, "members": ids, "bot": bot})


def adds(person: Person, room_id: str, other: dict[str, str]) -> None:
    """A person lets somebody, or the bot, into a space."""
    body = {"roomId": room_id, "personId": other["personId"]}
    person.call("POST", "memberships", json=body)


def puts_out(person: Person, room_id: str, other: dict[str, str]) -> None:
    """A person puts somebody, or the bot, out of a space."""
    params = {"roomId": room_id, "personId": other["personId"]}
    found = person.call("GET", "memberships", params=params)["items"]
    person.call("DELETE", f"memberships/{found[0]['id']}")


def migrated(stage: Stage, room_id: str) -> str:
    """Webex moves a space to another region; its new id."""
    return post(stage, f"rooms/{room_id}/migrate", {})


def post(stage: Stage, what: str, body: dict[str, Any]) -> str:
    answer = requests.post(f"{stage.url}/sandbox/{what}", json=body, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()["id"])
