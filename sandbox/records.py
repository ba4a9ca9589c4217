"""The sandbox's records: rooms, memberships, messages, card presses, files and events."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import ids
from sandbox.cast import Person

Json = dict[str, Any]


class Problem(Exception):
    """A request that Webex refuses, with the status and message of its response."""

    def __init__(self, status: int, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


@dataclass(slots=True)
class Room:
    """A space; `key` stays the same when its id moves to another cluster."""

    key: str
    cluster: str
    title: str
    type: str
    creator_id: str
    owner_id: str
    created: str
    role: str = ""
    last_activity: str = ""
    members: dict[str, "Membership"] = field(default_factory=dict)
    messages: dict[str, "Message"] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The public id in the room's current cluster."""
        return ids.encode("ROOM", self.key, self.cluster)

    def view(self, who: Person | None = None) -> Json:
        """The room as `who` sees it: a direct room has the other person's name."""
        return {
            "id": self.id,
            "title": self._title_for(who),
            "type": self.type,
            "isLocked": False,
            "lastActivity": self.last_activity or self.created,
            "creatorId": self.creator_id,
            "created": self.created,
            "ownerId": self.owner_id,
            "isPublic": False,
            "isReadOnly": False,
        }

    def _title_for(self, who: Person | None) -> str:
        if self.type == "group" or who is None:
            return self.title
        others = [m.person.name for m in self.members.values() if m.person.id != who.id]
        return others[0] if others else self.title


@dataclass(slots=True)
class Membership:
    """A person in a room; the id is the same when the person is added again."""

    room: Room
    person: Person
    created: str
    is_moderator: bool = False

    @property
    def id(self) -> str:
        """The public id, derived from person and room."""
        pair = f"{ids.key(self.person.id)}:{self.room.key}"
        return ids.encode("MEMBERSHIP", pair, self.room.cluster)

    def view(self) -> Json:
        """The membership as REST and webhooks show it."""
        return {
            "id": self.id,
            "roomId": self.room.id,
            "roomType": self.room.type,
            "personId": self.person.id,
            "personEmail": self.person.email,
            "personDisplayName": self.person.name,
            "personOrgId": self.person.org_id,
            "isModerator": self.is_moderator,
            "isMonitor": False,
            "isRoomHidden": False,
            "created": self.created,
        }


@dataclass(slots=True)
class File:
    """An uploaded file."""

    id: str
    name: str
    type: str
    content: bytes
    room: Room | None = None


@dataclass(slots=True)
class Draft:
    """A message to post; it must have exactly one of the three destinations."""

    room_id: str = ""
    to_person_id: str = ""
    to_person_email: str = ""
    parent_id: str = ""
    text: str = ""
    markdown: str = ""
    files: list[File] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """A message in a room; `edits` counts up to the limit of ten."""

    id: str
    room: Room
    author: Person
    created: str
    parent_id: str = ""
    text: str = ""
    markdown: str = ""
    html: str = ""
    mentioned: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    updated: str = ""
    edits: int = 0
    born: float = field(default_factory=time.monotonic)

    def visible_to(self, who: Person) -> bool:
        """Whether `who` may see it; in a group, a bot sees only its own messages and mentions."""
        if who.id not in self.room.members:
            return False
        if not who.is_bot or self.room.type == "direct":
            return True
        return self.author.id == who.id or who.id in self.mentioned

    def view(self, base: str) -> Json:
        """The whole message; `base` is the API's URL, for links to files."""
        return self.outline(base) | _present(
            text=self.text,
            markdown=self.markdown,
            html=self.html,
            mentionedGroups=self.groups,
            attachments=self.attachments,
            updated=self.updated,
        )

    def outline(self, base: str) -> Json:
        """The message without its content, as a webhook carries it."""
        return {
            "id": self.id,
            "roomId": self.room.id,
            "roomType": self.room.type,
            "personId": self.author.id,
            "personEmail": self.author.email,
            "created": self.created,
        } | _present(
            parentId=self.parent_id,
            mentionedPeople=self.mentioned,
            files=[f"{base}/contents/{file.id}" for file in self.files],
        )


@dataclass(slots=True)
class Action:
    """A card press."""

    id: str
    message: Message
    person: Person
    inputs: Json
    created: str

    def view(self) -> Json:
        """The press with its inputs."""
        return self.outline() | {"inputs": self.inputs}

    def outline(self) -> Json:
        """The press without its inputs, as a webhook carries it."""
        return {
            "id": self.id,
            "type": "submit",
            "messageId": self.message.id,
            "personId": self.person.id,
            "roomId": self.message.room.id,
            "created": self.created,
        }


@dataclass(slots=True)
class Event:
    """An event for webhooks; `reaches` says whose token may see it, filters match `facts`."""

    resource: str
    event: str
    actor: Person
    data: Json
    facts: Json
    reaches: Callable[[Person], bool]


def _present(**values: Any) -> Json:
    return {key: value for key, value in values.items() if value}
