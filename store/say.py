"""What a handler wants said: returned, never sent; it is committed together with its cause."""

from dataclasses import dataclass
from typing import Any

from store.tables import Person


@dataclass(frozen=True, slots=True)
class To:
    """Where a message goes: `room:<id>`, `person:<webex id>`, `email:<address>`, `trial:<id>`."""

    address: str

    @classmethod
    def room(cls, room_id: str) -> "To":
        """A room that Webex showed us."""
        return cls(f"room:{room_id}")

    @classmethod
    def person(cls, person: Person) -> "To":
        """A person one to one, by Webex's id where we know it, else by address."""
        return cls(f"person:{person.webex_id}") if person.webex_id else cls(f"email:{person.email}")

    @classmethod
    def email(cls, address: str) -> "To":
        """Somebody one to one whom we know by address only."""
        return cls(f"email:{address}")

    @classmethod
    def trial(cls, trial_id: int) -> "To":
        """The space of a trial, looked up when it is sent: reminders survive a lost space."""
        return cls(f"trial:{trial_id}")


@dataclass(frozen=True, slots=True)
class File:
    """A file to send; Webex takes no card beside it."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Say:
    """One message.

    `text` is markdown, already escaped, and says the essential even where the card isn't drawn.
    `slot` names the place in that room where one message stands (`trial/17/summary`): a newer one
    takes it over. `replace`: the pressed message itself becomes this one. `thread`: the root
    message to answer under. `trial_id`: whom it is about. `event`: what brought it about, where
    that isn't what is being handled; a replan takes back what an obsolete reminder (`r5`) says.
    """

    to: To
    text: str
    card: dict[str, Any] | None = None
    file: File | None = None
    slot: str | None = None
    thread: str | None = None
    replace: bool = False
    trial_id: int | None = None
    event: str = ""
