"""The errands: fetch an event, fetch what its route needs, send a message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Table

from bot.conversation import fetching
from bot.conversation.fetching import FETCHES, Fetched
from bot.conversation.told import Told
from bot.failures import NotDrawn, Undeliverable
from bot.mail import smtp
from bot.mail.message import message_of
from bot.mail_server import MailServer
from bot.observe import log
from bot.webex.gateway import Gateway, Post
from cards.kit.canvas import png
from cards.kit.chart import CHART, Chart
from cards.kit.words import Md, cut
from store.queues import outbox
from store.queues.leases import INBOX, OUTBOX, REMINDERS, Claimed

CALLS = {"post": "POST /messages", "put": "PUT /messages", "delete": "DELETE /messages"}
"""The Webex call that delivers a message, by its `call`."""

PNG = "image/png"
WRONG_TYPE = 415
"""What Webex answers to a file that it doesn't take; then the text goes without it."""

MAILS = {outbox.MAIL: smtp.CALL}
"""What the pace calls the sending of an e-mail."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch an event's content, and its person and room if we don't know them yet."""

    row: Claimed
    with_person: bool
    with_room: bool
    table: ClassVar[Table] = INBOX

    @property
    def call(self) -> str:
        """The Webex call."""
        return FETCHES[self.row.resource]

    def run(self, gateway: Gateway) -> Fetched:
        """Call Webex. Raises `Again` and `Undeliverable`."""
        return fetching.event(
            gateway, self.row, with_person=self.with_person, with_room=self.with_room
        )


@dataclass(frozen=True, slots=True)
class FetchNeeds:
    """Fetch what else an event's route needs (`room`, `members`, `file`), and work on it.

    `beside`: what is done with it in the messenger's thread; its result is the errand's.
    """

    row: Claimed
    told: Told
    needs: frozenset[str]
    beside: Callable[[Json], Any] | None = None
    table: ClassVar[Table] = INBOX

    def run(self, gateway: Gateway) -> Any:
        """Call Webex, and do the route's work beside the desk. Raises `Again`, `Undeliverable`."""
        room_id, files, tries = self.told.room_id, self.told.files, self.row.attempts
        fetched = fetching.needed(self.needs, gateway, room_id, files, tries=tries)
        return self.beside(fetched) if self.beside else fetched


@dataclass(frozen=True, slots=True)
class FetchSpace:
    """Fetch what a space's due reminders need (`room`, `members`)."""

    row: Claimed
    room_id: str
    needs: frozenset[str]
    table: ClassVar[Table] = REMINDERS

    def run(self, gateway: Gateway) -> dict[str, Any]:
        """Call Webex. Raises `Again` and `Undeliverable`."""
        return fetching.needed(self.needs, gateway, self.room_id)


@dataclass(frozen=True, slots=True)
class Send:
    """Post, edit or delete a message.

    `to`: where a post goes. `message_id`, `room_id`: the message to edit or delete.
    """

    row: Claimed
    to: Mapping[str, str]
    message_id: str | None = None
    room_id: str = ""
    card: dict[str, Any] | None = None
    table: ClassVar[Table] = OUTBOX

    @property
    def call(self) -> str:
        """The Webex call; an edit that has nothing to edit is a post."""
        return CALLS["post" if self.to else self.row.call]

    def run(self, gateway: Gateway) -> Json:
        """Call Webex. Raises `Again` and `Undeliverable`."""
        letter = self.row
        if self.to:
            post = Post(
                dict(self.to), cut(Md(letter.text)), self.card, letter.thread, _sent(letter)
            )
            return gateway.post(post)
        if letter.call == "put":
            text = cut(Md(letter.text))
            return gateway.put(str(self.message_id), self.room_id, text, self.card or {})
        gateway.delete(str(self.message_id))
        return {}


def _sent(letter: Claimed) -> tuple[str, bytes, str] | None:
    """The file of a message; a chart is drawn only here, so that nobody waits for it."""
    if not letter.file_name:
        return None
    if letter.file_type != CHART:
        return letter.file_name, letter.file, letter.file_type
    try:
        return letter.file_name, png(Chart.model_validate_json(letter.file)), PNG
    except Exception as error:
        log.error("can't draw", letter=letter.id, id=letter.event, exc_info=error)
        raise NotDrawn(WRONG_TYPE, "it couldn't be drawn") from error


@dataclass(frozen=True, slots=True)
class SendMail:
    """Hand in an e-mail at the mail server."""

    row: Claimed
    server: MailServer
    table: ClassVar[Table] = OUTBOX
    call: ClassVar[str] = smtp.CALL

    def run(self, gateway: Gateway) -> None:
        """Call the mail server; Webex isn't needed. Raises `Again` and `Undeliverable`."""
        smtp.send(message_of(self.row, self.server), self.server)


@dataclass(frozen=True, slots=True)
class AskAboutRoom:
    """Ask how Webex shows us a room in which it has refused a message."""

    row: Claimed
    room_id: str
    refusal: Undeliverable
    table: ClassVar[Table] = OUTBOX

    def run(self, gateway: Gateway) -> Json | None:
        """The room; None if we aren't a member. Raises `Again`."""
        try:
            return gateway.room(self.room_id)
        except Undeliverable:
            return None
