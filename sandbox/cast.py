"""The companies, people and two spaces that the sandbox starts with."""

import base64
import hashlib
from dataclasses import dataclass

from sandbox import ids

CONSUMER_ORG = ids.encode("ORGANIZATION", "consumer")

COMPANIES = {
    "operator": "Trialbot",
    "partner": "Harbour Networks",
    "customer": "Meadow Foods",
    "customer-2": "Quarry Tools",
    "other-partner": "Summit Voice",
    "other-bot": "Echo Labs",
}


@dataclass(slots=True, eq=False)
class Person:
    """A person or bot that can be played with `token`; `role` is the sandbox's own label.

    The address may change; the id is the account's and stays.
    """

    id: str
    name: str
    email: str
    org_id: str
    type: str
    token: str
    role: str
    created: str = "2024-03-01T08:00:00.000Z"

    @property
    def is_bot(self) -> bool:
        """Whether this is a bot, which sees less than a person."""
        return self.type == "bot"


@dataclass(frozen=True, slots=True)
class Space:
    """A room that exists from the start; `members` are roles, the first is its creator."""

    role: str
    title: str
    members: tuple[str, ...]
    cluster: str


def org_id(org: str) -> str:
    """The id of an organisation with a label: "partner", "consumer", any other word."""
    return CONSUMER_ORG if org == "consumer" else ids.fixed("ORGANIZATION", f"org/{org}")


def make_person(name: str, email: str, org: str, role: str, kind: str = "person") -> Person:
    """Create a person; id and token derive from the address, so they never change."""
    owner = org if ids.looks_valid(org) else org_id(org)
    digest = hashlib.sha384(f"token/{email}".encode()).digest()
    token = f"{base64.urlsafe_b64encode(digest).decode()}_P0A1_{ids.key(owner)}"
    return Person(ids.fixed("PEOPLE", email), name, email, owner, kind, token, role)


PEOPLE = (
    make_person(
        "Nora Lindqvist", "nora.lindqvist@harbour.example", "partner", "partner-full-admin"
    ),
    make_person("Tom Okafor", "tom.okafor@harbour.example", "partner", "partner-admin"),
    make_person("Ines Duarte", "ines.duarte@harbour.example", "partner", "partner-admin-2"),
    make_person("Viktor Hahn", "viktor.hahn@harbour.example", "partner", "partner-read-only"),
    make_person("Clara Bauer", "clara.bauer@meadow.example", "customer", "customer-full-admin"),
    make_person("Samir Nair", "samir.nair@meadow.example", "customer", "customer-full-admin-2"),
    make_person("Lena Fischer", "lena.fischer@meadow.example", "customer", "customer-admin"),
    make_person("Ben Carter", "ben.carter@meadow.example", "customer", "customer-user"),
    make_person(
        "Petra Novak", "petra.novak@summit.example", "other-partner", "other-partner-full-admin"
    ),
    make_person("Jo Winter", "jo.winter@post.example", "consumer", "outsider"),
    make_person("Trialbot", "trialbot@webex.bot", "operator", "bot", "bot"),
    make_person("Echobot", "echobot@webex.bot", "other-bot", "other-bot", "bot"),
)

SPACES = (
    Space(
        "partner-space",
        "Harbour trials",
        ("partner-full-admin", "partner-admin", "partner-admin-2", "partner-read-only", "bot"),
        ids.US,
    ),
    Space(
        "other-partner-space",
        "Summit trials",
        ("other-partner-full-admin", "bot"),
        ids.TEAM_CLUSTER,
    ),
)
