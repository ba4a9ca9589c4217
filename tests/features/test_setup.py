"""Linking spaces: rights, validation and the result."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from store.tables import Partner, Space
from tests.people import Message
from tests.rooms import a_room
from tests.stage import Stage, staged

FORM = {
    "name": "Harbour Networks",
    "time_zone": "sofia",
    "country": "Bulgaria",
    "hour": 8,
    "full": "nora.lindqvist@harbour.example",
    "administrators": "tom.okafor@harbour.example, ines.duarte@harbour.example",
    "read_only": "viktor.hahn@harbour.example",
}


@pytest.fixture
def with_operator(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage on which Jo is an operator, who may link new partners."""
    with staged(database_url, tmp_path, operators=("jo.winter@post.example",)) as stage:
        yield stage


def linked(stage: Stage) -> list[tuple[str, str]]:
    """The room and partner of every linked space."""
    with stage.database.reading() as session:
        rows = session.exec(select(Space.room_id, Partner.name).join(Partner).order_by(Space.id))
        return [(room, partner) for room, partner in rows]


def asked(stage: Stage) -> Message:
    """The full setup card, in a new space with Jo, Nora and Tom."""
    room = a_room(stage, "Harbour two", stage.jo, stage.nora, stage.tom)
    jo = stage.jo.in_room(room)
    jo.sees("isn't linked to a partner yet").presses("Set up this space")
    return jo.sees("Set up this space", "Time zone")


def test_an_operator_links_a_new_partner_with_its_people(with_operator: Stage) -> None:
    stage = with_operator
    card = asked(stage)
    jo, room = card.who, str(card.who.room_id)
    card.fills(**FORM).presses("Save")
    jo.sees("linked to Harbour Networks", "Europe/Sofia", "08:00").shows("Ines", "read-only")
    assert linked(stage) == [(room, "Harbour Networks")]
    stage.tom.in_room(room).says("home").sees("Harbour Networks", "Partner administrator")
    stage.nora.alone().sees("Jo Winter", "can be seen by people with no role", "Harbour two")
    jo.says("home").sees("You need a role at a Webex partner").lacks("Harbour Networks")
    jo.says("setup").sees("already linked to a partner").lacks("Harbour Networks")


def test_an_invalid_field_shows_the_card_again_with_the_reason(with_operator: Stage) -> None:
    stage = with_operator
    card = asked(stage)
    for wrong, reason in (
        ({"name": ""}, "The new partner needs a name"),
        ({"tier": "2"}, "tier 2 partner needs a distributor"),
        ({"tier": "3"}, "Choose one of the options"),
        ({"time_zone": "Europe/Sofja"}, "Did you mean Europe/Sofia?"),
        ({"country": "Atlantis"}, "I don't know this country"),
        ({"hour": "24"}, "number from 0 to 23"),
        ({"language": "tlh"}, "Choose one of the options"),
        ({"full": "nora@"}, "nora@ isn't a valid e-mail address"),
        ({"full": ""}, "at least one full administrator"),
        (
            {"read_only": "tom.okafor@harbour.example"},
            "is listed under two roles",
        ),
    ):
        card.fills(**{**FORM, "tier": "1", "language": "en", **wrong}).presses("Save")
        card = card.who.sees(reason)
        again = {**FORM, "time_zone": "sofia", **wrong}
        assert card.inputs["name"].get("value", "") == again["name"]
        assert card.inputs["time_zone"]["value"] == again["time_zone"]
        assert card.inputs["full"].get("value", "") == again["full"]
    assert linked(stage) == []
    card.fills(**FORM, tier="1", language="en").presses("Save")
    card.who.sees("linked to Harbour Networks")


def test_a_full_administrator_can_link_more_spaces_to_their_partner(stage: Stage) -> None:
    room = a_room(stage, "Harbour north", stage.nora, stage.tom, stage.petra)
    nora, tom, petra = (p.in_room(room) for p in (stage.nora, stage.tom, stage.petra))
    tom.says("setup").sees("You aren't allowed to set up a space")
    nora.says("setup")
    card = nora.sees("Time zone").lacks("new partner", "Distributor", "Summit Voice")
    tom.finds("Time zone").fills(time_zone="Europe/Oslo").presses("Save")
    tom.sees("You aren't allowed to set up a space")
    card.fills(time_zone="Europe/Oslo", hour=7).presses("Save")
    nora.sees("linked to Harbour Networks", "Europe/Oslo", "Tom Okafor")
    assert linked(stage)[2:] == [(room, "Harbour Networks")]
    petra.says("setup").sees("belongs to another partner").lacks("Harbour")
    tom.says("setup").sees("linked to Harbour Networks")


def test_forged_inputs_cannot_link_a_space_to_another_partner(stage: Stage) -> None:
    room = a_room(stage, "Nobody's", stage.nora, stage.petra, stage.jo)
    nora, petra, jo = (p.in_room(room) for p in (stage.nora, stage.petra, stage.jo))
    before = linked(stage)
    nora.says("setup")
    card = nora.sees("Time zone").fills(time_zone="Europe/Oslo")
    for partner in ("1", "2", "new", "99"):
        jo.finds("Time zone").presses("Save", partner=partner, name="Mine", full=jo.email)
        jo.sees("You aren't allowed to set up a space")
    card.presses("Save", partner="2")
    nora.sees("Choose one of the options").lacks("Summit")
    card.presses("Save", partner="new", name="Mine", full=nora.email)
    nora.sees("Choose one of the options")
    petra.in_room(stage.rooms["other-partner-space"]).says("home").sees("Summit Voice")
    there = stage.petra.says("setup").sees("linked to Summit Voice")
    there.submits({**card.answers(), "form": "setup", "partner": "1"})
    stage.petra.sees("Choose one of the options").lacks("Harbour")
    assert linked(stage) == before


def test_setup_must_be_run_in_the_space_itself(stage: Stage) -> None:
    stage.nora.alone().says("setup").sees("in the space you want to link")
