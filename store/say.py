"""Messages that a handler returns; they are committed together with what caused them."""

from dataclasses import dataclass
from typing import Any

from store.tables import Person


@dataclass(frozen=True, slots=True)
class To:
    """Where a message goes.

    `room:<id>`, `person:<webex id>`, `email:<address>` (in Webex), `trial:<id>` or
    `mail:<address>` (an e-mail).
    """

    address: str

    @classmethod
    def room(cls, room_id: str) -> "To":
        """A room that Webex has shown us."""
        return cls(f"room:{room_id}")

    @classmethod
    def person(cls, person: Person) -> "To":
        """A person, one to one: by Webex id if known, else by address."""
        return cls(f"person:{person.webex_id}") if person.webex_id else cls(f"email:{person.email}")

    @classmethod
    def email(cls, address: str) -> "To":
        """Somebody known only by address, one to one."""
        return cls(f"email:{address}")

    @classmethod
    def trial(cls, trial_id: int) -> "To":
        """A trial's space, looked up when the message is sent: reminders survive a lost space."""
        return cls(f"trial:{trial_id}")

    @classmethod
    def mail(cls, address: str) -> "To":
        """An address, by e-mail."""
        return cls(f"mail:{address}")


@dataclass(frozen=True, slots=True)
class File:
    """A file to send; Webex doesn't accept a card with it."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail has besides its plain text.

    `unsubscribe`: the address to which a mail program posts when its reader wants no more of these
    e-mails (RFC 8058).
    """

    subject: str
    html: str
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """One message.

    `text`: escaped markdown that makes sense even where the card isn't shown. `slot`: a named place
    in the room for one message (`trial/17/bell`); a newer message takes it over. `replace`: edit
    the pressed message instead of posting, if the outbox allows it. `thread`: the root message to
    reply under. `trial_id`: the trial it is about. `event`: the cause, if it isn't the event being
    handled; a replan withdraws the messages of an obsolete reminder (`r5`). `mail`: the rest of an
    e-mail, whose `text` is plain text.
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
    mail: Mail | None = None
