"""Events in process: through the door's queue and the desk's own steps, then rolled back.

What people see is in the outbox, which keeps every message, also those that edit or delete others.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, delete

from bot.clock import Calendar, queue_now
from bot.conversation.fetching import Fetched
from bot.engine.context import Context
from bot.engine.errands import Fetch, FetchNeeds
from bot.engine.messengers import Brought
from bot.engine.round import Round
from bot.engine.taking import Taking
from bot.settings import Settings
from bot.webex.identity import Identity
from store.database.database import Database
from store.queues import inbox
from store.queues.inbox import Event
from store.queues.leases import INBOX, Claimed
from tests.rights.snapshot import changes, columns, everything
from tests.rights.world import Place, Somebody, World

LEASE = timedelta(seconds=30)
NAME = "Trialbot"


@dataclass(frozen=True)
class Posted:
    """One call that the event would make: a post, an edit or a deletion."""

    call: str
    address: str
    text: str
    card: str
    slot: str | None
    message_id: str | None

    @property
    def everything(self) -> str:
        return f"{self.text} {self.card}"


@dataclass(frozen=True)
class Outcome:
    """What an event did: how it was settled, each call, and the rows that came or went.

    `changed` leaves out the event's own row and the calls, which `settled` and `posted` show.
    """

    settled: str
    posted: tuple[Posted, ...] = ()
    changed: Mapping[str, tuple[list[Any], list[Any]]] = field(default_factory=dict)
    columns: Mapping[str, list[str]] = field(default_factory=dict, repr=False)
    error: BaseException | None = None

    def changed_rows(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Each table with its rows that came, went or changed, by column."""
        for table, (gone, new) in self.changed.items():
            names = self.columns[table]
            yield table, [dict(zip(names, row, strict=True)) for row in [*gone, *new]]


class Play:
    """Plays events on a world. Nothing is kept: each is rolled back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.database = Database(world.url, connections=3)
        settings = Settings(_env_file=None, database_url=world.url)  # type: ignore[call-arg]
        self.context = Context(settings, self.database, Calendar())
        self._me = Identity(world.bot_id, NAME, (), "")
        self._taking = Taking(self.context, self._me)
        self._numbers = count(1)
        with self.database.writing() as connection:
            self._columns = columns(connection)
            self._before = everything(connection)

    def close(self) -> None:
        self.database.close()

    # -------------------------------------------------------------- what people do

    def says(self, who: Somebody, place: Place, text: str, **more: Any) -> Outcome:
        """Somebody types something: in a space, to the bot by name unless it says otherwise."""
        alone = place is Place.ALONE
        message = {
            "roomType": "direct" if alone else "group",
            "text": text if alone or "html" in more else f"{NAME} {text}",
            **more,
        }
        return self._happens("messages", who, place, message)

    def presses(self, who: Somebody, place: Place, inputs: Any) -> Outcome:
        """Somebody sends these inputs from the card that the place shows."""
        room = self.world.room(place, who)
        message = self.world.pressed.get(room, "a-message-of-nobody")
        return self._happens(
            "attachmentActions", who, place, {"messageId": message, "inputs": inputs}
        )

    # -------------------------------------------------------------- the desk's steps

    def _happens(
        self, resource: str, who: Somebody, place: Place, content: Mapping[str, Any]
    ) -> Outcome:
        number, room = next(self._numbers), self.world.room(place, who)
        shown = {"id": f"event-{number}", "personId": who.webex_id, "roomId": room, **content}
        event = Event(resource, "created", shown["id"], who.webex_id, room, {"id": shown["id"]})
        person = {"id": who.webex_id, "type": "bot"} if who.is_bot else None
        fetched = Fetched(shown, person, place is Place.ALONE)
        with self._undone() as connection:
            inbox.receive(connection, event, received_at=self.world.now, now=queue_now())
            row = self._claimed(connection)
            error = self._handle(connection, row, fetched)
            return self._outcome(connection, row, error)

    @contextmanager
    def _undone(self) -> Iterator[Connection]:
        """A transaction of which nothing is kept."""
        try:
            with self.database.writing() as connection:
                yield connection
                raise _Undo
        except _Undo:
            return

    def _claimed(self, connection: Connection) -> Claimed:
        now = queue_now()
        claimed = inbox.claim(connection, token="matrix", now=now, until=now + LEASE, limit=1)
        return claimed[0]

    # -------------------------------------------------------------- what the door stored

    def events(self) -> int:
        """How many events are stored."""
        with self.database.writing() as connection:
            return len(everything(connection)["inbox"])

    def goes_on(self) -> Outcome:
        """Handle the event that the door has stored, as far as it goes without Webex."""
        with self._undone() as connection:
            row = self._claimed(connection)
            round = Round(connection, queue_now(), self.world.now, {})
            try:
                with connection.begin_nested():
                    self._taking.begin(round, row)
                    for errand in round.errands:
                        if isinstance(errand, FetchNeeds):
                            self._taking.take(round, self._brought(errand))
            except Exception as error:
                return Outcome("failed", error=error)
            return Outcome("begun")

    @contextmanager
    def swept(self) -> Iterator[None]:
        """Forget the events that were stored meanwhile."""
        try:
            yield
        finally:
            with self.database.writing() as connection:
                connection.execute(delete(INBOX).where(INBOX.c.settled_at.is_(None)))

    # -------------------------------------------------------------- one event

    def _handle(
        self, connection: Connection, row: Claimed, fetched: Fetched
    ) -> BaseException | None:
        round = Round(connection, queue_now(), self.world.now, {})
        brought = Brought(Fetch(row, with_person=False, with_room=False), fetched)
        try:
            self._taking.look_up([brought])
            with connection.begin_nested():
                self._taking.take(round, brought)
                for errand in round.errands:
                    assert isinstance(errand, FetchNeeds)
                    self._taking.take(round, self._brought(errand))
        except Exception as error:
            return error
        return None

    def _brought(self, errand: FetchNeeds) -> Brought:
        """What a messenger would bring of the room, and a file that everybody may send."""
        facts: dict[str, Any] = {
            "room": {"id": errand.told.room_id, "title": "A room", "type": "group"},
            "members": [],
            "file": ("trials.csv", b"company;administrator\n"),
        }
        fetched = {need: facts[need] for need in errand.needs} | {"files": 1}
        try:
            return Brought(errand, errand.beside(fetched) if errand.beside else fetched)
        except Exception as error:
            return Brought(errand, failure=error)

    # -------------------------------------------------------------- looking

    def _outcome(
        self, connection: Connection, row: Claimed, error: BaseException | None
    ) -> Outcome:
        changed = changes(self._before, everything(connection))
        gone, events = changed.pop("inbox")
        own = [dict(zip(self._columns["inbox"], each, strict=True)) for each in events]
        assert not gone, "no event may be forgotten"
        assert [each["id"] for each in own] == [row.id]
        calls = self._posted(changed)
        return Outcome(own[0]["outcome"], calls, changed, self._columns, error)

    def _posted(self, changed: dict[str, tuple[list[Any], list[Any]]]) -> tuple[Posted, ...]:
        """The new calls; an outbox row that changed or went stays in `changed`."""
        gone, new = changed.pop("outbox", ([], []))
        if gone:
            changed["outbox"] = (gone, new)
            return ()
        rows = [dict(zip(self._columns["outbox"], each, strict=True)) for each in new]
        return tuple(
            Posted(
                each["call"],
                each["address"],
                each["text"],
                str(each["card"] or ""),
                each["slot"],
                each["message_id"],
            )
            for each in sorted(rows, key=lambda each: each["id"])
        )


class _Undo(Exception):
    """Ends a transaction that must leave nothing behind."""
