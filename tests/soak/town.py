"""A Webex with many spaces of one partner, its people, and trials for every lane.

Everything except times and Webex's own IDs is the same on each build.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from sandbox.cast import Person as Somebody
from sandbox.records import Draft, Event, Message
from sandbox.server import Sandbox
from store.act import Act
from store.codes import code
from store.database.database import Database
from store.features import services, setup, start
from store.features.shared import people
from store.features.shared.trials import today_in
from store.rules.hub import opened
from store.tables import Person, Space, id_of
from store.terms import Kind, Role, Service
from tests.soak.script import Lane, Script

BEGINS = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
ZONE = "Europe/Sofia"
ROLES = {"nora": ("partner-full-admin", Role.FULL), "tom": ("partner-admin", Role.ADMIN)}


@dataclass(frozen=True, slots=True)
class Subject:
    """A trial that one lane talks about; `task`: the ID of its Partner Hub task."""

    id: int
    code: str
    task: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the bot as Webex received it."""

    id: str
    room_id: str
    parent_id: str
    text: str
    has_card: bool


@dataclass
class Town:
    """A sandbox, its people, and every message that the bot ever sent there.

    `calls`: the IDs of messages that the bot posted and edited, in the order Webex received them.
    """

    webex: Sandbox
    people: Mapping[str, Somebody]
    rooms: Sequence[str] = ()
    subjects: dict[Lane, list[Subject]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def bot(self) -> Somebody:
        return self.people["bot"]

    def move(self, days: int) -> None:
        """Move the clock to 09:00 in the spaces, `days` days later."""
        clock = self.webex.world.clock
        clock.move_to(clock.now().replace(hour=7, minute=0, second=0) + timedelta(days=days))


def build(script: Script, database: Database, clock_file: Path) -> Town:
    """Build the town for a script: a started sandbox, and data in a database with all tables."""
    webex = Sandbox(clock_file=clock_file, hook_limit=1_000_000).start()
    webex.world.clock.move_to(BEGINS)
    by_role = {person.role: person for person in webex.world.people.values()}
    town = Town(webex, {who: by_role[role] for who, (role, _) in ROLES.items()} | _bot(by_role))
    town.rooms = [_room(town, place) for place in _places(script)]
    _listen(town)
    webex.faults.order({"match": "POST /v1/messages", "kind": "latency", "delay": 0.1})
    with database.transaction() as session:
        linked = _link(session, town)
        for lane in script.lanes:
            town.subjects[lane] = [
                _start(session, town, lane, linked, n) for n in range(script.trials_a_lane)
            ]
    return town


def _bot(by_role: Mapping[str, Somebody]) -> dict[str, Somebody]:
    return {"bot": by_role["bot"]}


def _places(script: Script) -> list[int]:
    return sorted({lane.place for lane in script.lanes if lane.place is not None})


def _room(town: Town, place: int) -> str:
    world, nora = town.webex.world, town.people["nora"]
    room = world.create_room(nora, f"Space {place}")
    for other in ("tom", "bot"):
        world.add_member(nora, room.id, town.people[other].id, "")
    return room.id


def _listen(town: Town) -> None:
    """Record what the bot sends, even if deleted later, and what it edits."""
    world, tell, edit = town.webex.world, town.webex.world.tell, town.webex.world.edit

    def note(event: Event) -> None:
        if (event.resource, event.event, event.actor) == ("messages", "created", town.bot):
            message = world.messages[event.data["id"]]
            has_card = bool(message.attachments)
            given = (message.id, message.room.id, message.parent_id, message.markdown, has_card)
            town.sent.append(Sent(*given))
            town.calls.append(("post", message.id, message.markdown))
        tell(event)

    def note_edit(who: Somebody, message_id: str, draft: Draft) -> Message:
        with world.lock:
            message = edit(who, message_id, draft)
            if who == town.bot:
                town.calls.append(("put", message_id, draft.markdown))
            return message

    world.tell = note
    world.edit = note_edit  # type: ignore[method-assign]


def _link(session: Session, town: Town) -> list[Space]:
    now = town.webex.world.clock.now()
    for who in ROLES:
        about = town.people[who]
        person = people.meet(
            session, about.id, emails=[about.email], name=about.name, org_id=about.org_id, now=now
        )
        person.seen_at = now
    roles = {town.people[who].email: role for who, (_, role) in ROLES.items()}
    linked: list[Space] = []
    for place, room_id in enumerate(town.rooms):
        space = setup.link_space(
            session,
            room_id=room_id,
            title=f"Space {place}",
            partner=linked[0].partner_id if linked else setup.PartnerFacts("Harbour"),
            space=setup.SpaceFacts(ZONE),
            roles=roles,
            by=None,
            operators=(),
            now=now,
        )
        linked.append(space)
    return linked


def _start(session: Session, town: Town, lane: Lane, linked: list[Space], n: int) -> Subject:
    company = f"{lane.who.title()} {'alone' if lane.place is None else lane.place}-{n}"
    name = company.lower().replace(" ", "-")
    customer = town.webex.world.add_person(f"Head of {company}", f"head@{name}.example", name)
    now = town.webex.world.clock.now()
    by = people.known(session, town.people[lane.who].id)
    assert isinstance(by, Person)
    new = start.NewTrial(
        kind=Kind.NEW,
        company=company,
        administrator=customer.email,
        country="BG",
        services=[Service.MESSAGING],
        done_on=today_in(linked[lane.place or 0], now),
    )
    trial = start.start(session, new, by=by, space=linked[lane.place or 0], now=now).trial
    trial.code = code(id_of(trial))  # lists sort equal days by code
    wanted = {"licences": 200, "device_licences": None}
    services.set_licences(session, id_of(trial), Act(by, now), **wanted)
    task = opened(trial, services.LICENCE_CHANGE)
    return Subject(id_of(trial), trial.code, id_of(task))
