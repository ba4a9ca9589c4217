"""What happens to people and spaces: members come and go, addresses and accounts change."""

from typing import Any

import requests

from store.features.shared import people
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


def add_person(stage: Stage, name: str, email: str, org: str) -> Person:
    """Somebody more in Webex, one to one with the bot."""
    body = {"name": name, "email": email, "org": org}
    answer = requests.post(f"{stage.url}/sandbox/people", json=body, timeout=30)
    assert answer.ok, answer.text
    return Person(stage.url, answer.json(), stage.cast["bot"])


def moves(person: Person, email: str) -> None:
    """Give somebody another address; the account stays."""
    path = f"people/{person.about['personId']}/address"
    person.about = _changed(person, path, {"email": email})


def anew(person: Person, **org: str) -> Person:
    """Replace somebody's account by a new one with their name and address; in no space yet."""
    about = _changed(person, f"people/{person.about['personId']}/account", org)
    return Person(person.url, about, person.bot, person.room_id)


def shown(stage: Stage, person: Person) -> None:
    """Let the bot see somebody as they are now, as it does once a day."""
    about = person.about
    with stage.database.transaction() as session:
        people.meet(
            session,
            about["personId"],
            emails=[about["email"]],
            name=about["name"],
            org_id=about["orgId"],
            now=stage.clock.now(),
        )


def _changed(person: Person, path: str, body: dict[str, str]) -> dict[str, str]:
    answer = requests.post(f"{person.url}/sandbox/{path}", json=body, timeout=30)
    assert answer.ok, answer.text
    about: dict[str, str] = answer.json()
    return about


def post(stage: Stage, what: str, body: dict[str, Any]) -> str:
    answer = requests.post(f"{stage.url}/sandbox/{what}", json=body, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()["id"])
