"""The errands: fetch an event, fetch what its route needs, send a message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Table

from bot.conversation.missing import Missing
from bot.conversation.told import Told
from bot.failures import Again, NotDrawn, Undeliverable
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
from store.rules.bots import is_bot

FETCHES = {"messages": "GET /messages", "attachmentActions": "GET /attachment/actions"}
"""The Webex call that fetches an event, by its resource."""

CALLS = {"post": "POST /messages", "put": "PUT /messages", "delete": "DELETE /messages"}
"""The Webex call that delivers a message, by its `call`."""

PNG = "image/png"
WRONG_TYPE = 415
"""What Webex answers to a file that it doesn't take; then the text goes without it."""

MAILS = {outbox.MAIL: smtp.CALL}
"""What the pace calls the sending of an e-mail."""

SCANNED = "423"
SCAN_TRIES = 6
"""Tries, about half a minute, after which a person is told that Webex still scans their file."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message or a button press as Webex shows it.

    `person`: its author, if requested and shown; `partly`: not by `GET /people`. `direct`: whether
    the room is direct (one-to-one), if requested.
    """

    content: Json
    person: Json | None = None
    direct: bool | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch an event's content, and its person and room if we don't know them yet."""

    row: Claimed
    with_person: bool
    with_room: bool
    table: ClassVar[Table] = INBOX

    def run(self, gateway: Gateway) -> Fetched:
        """Call Webex. Raises `Again` and `Undeliverable`."""
        look = gateway.message if self.row.resource == "messages" else gateway.action
        content = look(self.row.object_id)
        ask = self.with_person or content["personId"] != self.row.person_id
        person = _person(gateway, content) if ask else None
        direct = _is_direct(gateway, str(content["roomId"])) if self.with_room else None
        return Fetched(content, person, direct)


def _person(gateway: Gateway, content: Json) -> Json | None:
    """The author; if Webex doesn't show them to us, what the event or the room shows of them.

    None if neither shows an address.
    """
    try:
        return gateway.person(str(content["personId"]))
    except Undeliverable:
        about = content if content.get("personEmail") else _membership(gateway, content)
    email = str(about.get("personEmail") or "")
    if not email:
        return None
    known = {"displayName": about.get("personDisplayName"), "orgId": about.get("personOrgId")}
    kind = "bot" if is_bot(email) else "person"
    return {"id": content["personId"], "emails": [email], "type": kind, **known, "partly": True}


def _membership(gateway: Gateway, content: Json) -> Json:
    """The author as a member of the room; a press shows no address."""
    try:
        members = gateway.members(str(content["roomId"]))
    except Undeliverable:
        return {}
    return next((each for each in members if each.get("personId") == content["personId"]), {})


def _is_direct(gateway: Gateway, room_id: str) -> bool:
    return gateway.room(room_id).get("type") == "direct"


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
        fetched = needed(self.needs, gateway, room_id, files, tries=tries)
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
        return needed(self.needs, gateway, self.room_id)


def needed(
    needs: frozenset[str],
    gateway: Gateway,
    room_id: str,
    files: tuple[str, ...] = (),
    *,
    tries: int = 0,
) -> dict[str, Any]:
    """Fetch what a route needs, by name. Raises `Again` and `Undeliverable`."""
    fetched: dict[str, Any] = {}
    if "room" in needs:
        fetched["room"] = gateway.room(room_id)
    if "members" in needs:
        fetched["members"] = gateway.members(room_id)
    if "file" in needs:
        fetched["file"], fetched["files"] = _file(gateway, files, tries), len(files)
    return fetched


def _file(
    gateway: Gateway, files: tuple[str, ...], tries: int
) -> tuple[str, bytes] | Missing | None:
    """The only file of a message; None if there is none or several. Raises `Again`."""
    try:
        return gateway.file(files[0]) if len(files) == 1 else None
    except Undeliverable as refused:
        return Missing(refused.status)
    except Again as again:
        if again.why != SCANNED or tries < SCAN_TRIES:
            raise
        return Missing(int(SCANNED))


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
