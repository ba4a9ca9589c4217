"""A world to attack: two partners with trials, drafts, consent, devices and cards in every room.

It is made by a conversation with a running bot, which then stops: from here on the database is
only read, or changed in transactions that are rolled back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlmodel import Session, col, select

from store.features import assign, roles
from store.features.shared import people
from store.features.shared.trials import loading
from store.tables import Consent, Draft, Partner, Person, Trial, id_of
from store.terms import DeviceType, Kind, Role, Service
from tests.lives import happens
from tests.people import Person as Player
from tests.stage import ROLES, Stage, staged


class Id(StrEnum):
    """Whose ids a press or a word carries."""

    TOMS = "Tom's"
    NORAS = "Nora's"
    PETRAS = "the other partner's"
    MISSING = "nobody's"


class Place(StrEnum):
    """Where somebody presses or types."""

    HARBOUR = "Harbour's space"
    SUMMIT = "Summit's space"
    UNLINKED = "an unlinked room"
    ALONE = "one to one"


@dataclass(frozen=True)
class Somebody:
    """A person of the matrix, and what is known of them outside the declarations under test."""

    name: str
    webex_id: str
    emails: tuple[str, ...]
    direct_room: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    is_bot: bool = False


@dataclass(frozen=True)
class Things:
    """Everything that a press or a word may name: of one trial, its draft, partner and space.

    `owners`: who started the trial or is assigned to it. `asked`: who may decide its consent.
    """

    partner: str
    owners: frozenset[str] = frozenset()
    draft_owner: str = ""
    asked: str = ""
    administrator: str = ""
    code: str = "T-2222"
    ids: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return self.ids.get(name, NOBODYS)


NOBODYS = 987_654
"""An id that no row has."""


@dataclass(frozen=True)
class World:
    """Rooms, people and ids of the database at `url`.

    `pressed`: the message that is pressed in each room. `secrets`: words that only a partner's own
    people may read. `partners`, `trials`: the partner's name by the id of each.
    """

    url: str
    bot_id: str
    now: datetime
    people: Mapping[str, Somebody]
    things: Mapping[Id, Things]
    rooms: Mapping[Place, str]
    pressed: Mapping[str, str]
    secrets: Mapping[str, tuple[str, ...]]
    partners: Mapping[int, str]
    trials: Mapping[int, str]

    def room(self, place: Place, who: Somebody) -> str:
        """The room of a place; each has their own one-to-one room."""
        return who.direct_room if place is Place.ALONE else self.rooms[place]


PLAYED = ("nora", "tom", "ines", "viktor", "clara", "lena", "ben", "petra", "jo")
HARBOUR, SUMMIT = "Harbour Networks", "Summit Voice"
COMPANIES = {
    Id.TOMS: "Secretive GmbH",
    Id.NORAS: "Quietly Ltd",
    Id.PETRAS: "Hushed Optics",
}
LOST = "omar.lost@harbour.example"
PHONES = {DeviceType.PHONE: {"models": {"8845": 2}, "country": "BG"}}


def a_world(url: str, folder: Path) -> World:
    """Make the world in a database in which both spaces are linked."""
    with staged(url, folder) as stage:
        for name in PLAYED:
            player: Player = getattr(stage, name)
            player.alone().says("home").sees()
        trials = _trials(stage)
        _somebody_loses_a_role(stage)
        stage.clock.days(16.1)
        for player in (stage.tom, stage.nora, stage.petra):
            player.says("start").sees("Step 1 of")
        stage.tom.says("resend Asked by tom").sees("Resend").presses("Resend request")
        stage.clara.sees("is asking for your consent")
        stage.tom.says(f"extend {trials[Id.TOMS]}").sees("Extend")
        stage.idle()
        return _seen(stage, url, trials)


def _trials(stage: Stage) -> dict[Id, str]:
    """Start the three trials, and ask for the consent of a fourth and a fifth."""
    services = [Service.MESSAGING, Service.CALLING, Service.DEVICES]
    about = {"services": services, "to_ship": PHONES, "device_licences": 5, "locations": 1}
    lena, theirs = stage.lena.email, "it@quietly.example"
    tom = stage.a_trial("tom", company=COMPANIES[Id.TOMS], administrator=lena, **about)
    nora = stage.a_trial("nora", company=COMPANIES[Id.NORAS], administrator=theirs, **about)
    other = {"room": "other-partner-space", "administrator": "it@hushed.example"}
    petra = stage.a_trial("petra", company=COMPANIES[Id.PETRAS], **other, **about)
    for who, asked in (("tom", stage.clara.email), ("petra", stage.samir.email)):
        room = "partner-space" if who == "tom" else "other-partner-space"
        company = {"company": f"Asked by {who}", "administrator": asked, "kind": Kind.EXISTING}
        stage.a_trial(who, room, services=[Service.MEETINGS], **company, **SITES[who])
    ines = stage.cast[ROLES["ines"]]["personId"]
    with stage.database.reading() as session:
        helper = people.known(session, ines)
    happens(stage, assign.assign, tom, person_id=id_of(helper), until=None)
    return {Id.TOMS: tom.code, Id.NORAS: nora.code, Id.PETRAS: petra.code}


SITES = {
    who: {"site": f"{who}.webex.com", "site_time_zone": "Europe/Sofia"} for who in ("tom", "petra")
}


def _somebody_loses_a_role(stage: Stage) -> None:
    """Give Omar a full administrator's role, and take it away again."""
    now = stage.clock.now()
    with stage.database.transaction() as session:
        nora = people.known(session, stage.nora.about["personId"])
        org = stage.nora.about["orgId"]
        omar = people.meet(
            session, "omar-lost", emails=[LOST], name="Omar Lost", org_id=org, now=now
        )
        harbour = id_of(_partner(session, HARBOUR))
        roles.give(session, harbour, email=LOST, role=Role.FULL, by=nora, now=now)
        roles.take(session, harbour, person_id=id_of(omar), by=nora)


# ------------------------------------------------------------------ looking


def _seen(stage: Stage, url: str, trials: Mapping[Id, str]) -> World:
    rooms = {
        Place.HARBOUR: stage.rooms["partner-space"],
        Place.SUMMIT: stage.rooms["other-partner-space"],
        Place.UNLINKED: "an-unlinked-room",
    }
    pressed = {
        rooms[Place.HARBOUR]: _card(stage.nora, "reminders for today"),
        rooms[Place.SUMMIT]: _card(stage.petra, COMPANIES[Id.PETRAS]),
    }
    for name in PLAYED:
        alone: Player = getattr(stage, name).alone()
        pressed[str(alone.direct_room())] = alone.messages()[0].id
    with stage.database.reading() as session:
        things = {id_: _things(session, id_, code) for id_, code in trials.items()}
        everybody = {who.name: who for who in _everybody(stage, session)}
        partners = {id_of(each): each.name for each in session.exec(select(Partner))}
        of_trials = {id_of(each): each.partner.name for each in session.exec(loading())}
    return World(
        url=url,
        bot_id=stage.cast["bot"]["personId"],
        now=stage.clock.now() + timedelta(minutes=1),
        people=everybody,
        things={**things, Id.MISSING: Things("")},
        rooms=rooms,
        pressed=pressed,
        secrets={
            HARBOUR: (HARBOUR, "Asked by tom", *(things[i].code for i in OURS), *OUR_NAMES),
            SUMMIT: (SUMMIT, "Asked by petra", things[Id.PETRAS].code, "Hushed"),
        },
        partners=partners,
        trials=of_trials,
    )


OURS = (Id.TOMS, Id.NORAS)
OUR_NAMES = ("Secretive", "Quietly", "quietly.example")


def _card(who: Player, words: str) -> str:
    found = who.finds(words)
    assert found is not None, f"no card says {words!r}:\n{who.transcript()}"
    return found.id


def _partner(session: Session, name: str) -> Partner:
    return session.exec(select(Partner).where(col(Partner.name) == name)).one()


def _things(session: Session, which: Id, code: str) -> Things:
    trial = session.exec(loading().where(col(Trial.code) == code)).one()
    starter = session.get_one(Person, trial.started_by)
    first = starter.name.split(" ")[0].lower()
    draft = session.exec(select(Draft).where(col(Draft.person_id) == starter.id)).one()
    asked = _asked(session, first)
    colleague = session.exec(select(Person).where(col(Person.name) == _HELPER[which])).first()
    return Things(
        partner=trial.partner.name,
        owners=frozenset({first, "ines"} if which is Id.TOMS else {first}),
        draft_owner=first,
        asked="clara" if asked and which is Id.TOMS else "",
        administrator="lena" if which is Id.TOMS else "",
        code=code,
        ids={
            "trial": id_of(trial),
            "version": trial.version,
            "task": id_of(trial.hub_tasks[0]),
            "shipment": id_of(trial.shipments[0]),
            "consent": id_of(asked) if asked else NOBODYS,
            "draft": id_of(draft),
            "draft_version": draft.version,
            "space": trial.space_id,
            "partner": trial.partner_id,
            "person": id_of(colleague or starter),
            "giver": id_of(starter),
            "taker": id_of(colleague or starter),
        },
    )


_HELPER = {Id.TOMS: "Ines Duarte", Id.NORAS: "Tom Okafor", Id.PETRAS: ""}


def _asked(session: Session, starter: str) -> Consent | None:
    """The consent card of the trial that this person has asked somebody about."""
    found = session.exec(select(Consent).order_by(col(Consent.id))).all()
    by = {
        session.get_one(Person, card.asked_by).name.split(" ")[0].lower(): card
        for card in found
        if card.asked_by
    }
    return by.get(starter)


def _everybody(stage: Stage, session: Session) -> list[Somebody]:
    found = []
    for name in PLAYED:
        player: Player = getattr(stage, name)
        person = people.known(session, player.about["personId"])
        assert person is not None
        held = {partner.name: role for partner, role in people.roles_of(session, person)}
        room = str(player.alone().direct_room())
        found.append(_somebody(name, person, room, held))
    omar = people.known(session, "omar-lost")
    assert omar is not None
    found.append(_somebody("omar", omar, "omars-room", {}))
    other = stage.cast["other-bot"]
    found.append(
        Somebody("a bot", other["personId"], (other["email"],), "a-bots-room", is_bot=True)
    )
    return found


def _somebody(name: str, person: Person, room: str, held: Mapping[str, Role]) -> Somebody:
    emails = tuple(person.emails)
    return Somebody(name, str(person.webex_id), emails, room, held)
