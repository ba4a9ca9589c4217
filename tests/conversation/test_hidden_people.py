"""People whom Webex doesn't show to the bot: they are answered by what the event itself shows."""

import pytest
from sqlmodel import col, delete, select

from store.features.shared import people
from store.tables import Address, Person
from store.terms import State
from tests.features.test_consent import asked
from tests.people import Person as Player
from tests.rooms import adds
from tests.stage import Stage


def forget(stage: Stage, who: Player) -> None:
    """Forget a person, as if Webex had never told of them."""
    with stage.database.transaction() as session:
        person = people.known(session, who.about["personId"])
        assert person is not None
        session.exec(delete(Address).where(col(Address.person_id) == person.id))
        session.delete(person)


@pytest.fixture(autouse=True)
def hidden(stage: Stage) -> None:
    """Webex shows nobody but the bot."""
    stage.fault("GET /v1/people/", "404")


def test_somebody_new_is_answered_by_the_messages_address(stage: Stage) -> None:
    stage.jo.says("home").sees("I track the Webex trials")
    with stage.database.reading() as session:
        jo = people.known(session, stage.jo.about["personId"])
        assert jo is not None
        assert (jo.email, jo.emails, jo.seen_at) == (stage.jo.email, [stage.jo.email], None)


def test_somebody_known_keeps_the_name(stage: Stage) -> None:
    with stage.database.transaction() as session:
        for person in session.exec(select(Person)):
            person.seen_at = None
    stage.tom.says("lits").sees("Did you mean")
    with stage.database.reading() as session:
        tom = people.known(session, stage.tom.about["personId"])
        assert tom is not None
        assert tom.name == "Tom Okafor"
        assert tom.org_id


def test_a_customer_whom_webex_does_not_show_can_accept(stage: Stage) -> None:
    trial, card = asked(stage)
    card.presses("Accept")
    stage.clara.sees("You accepted the trial")
    assert stage.trial(trial.code).state == State.PROVISIONING


def test_somebody_of_whom_nothing_is_shown_is_told_so(stage: Stage) -> None:
    room = stage.rooms["partner-space"]
    adds(stage.nora, room, stage.jo.about)
    stage.tom.says("home").sees("Harbour Networks")
    stage.idle()
    forget(stage, stage.jo)
    stage.fault("GET /v1/memberships", "403")
    card = stage.jo.in_room(room).finds("Harbour Networks")
    assert card is not None
    card.presses("Help")
    stage.tom.sees("Webex doesn't show me who you are")
