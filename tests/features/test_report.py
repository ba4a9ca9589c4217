"""`report`: a picture and the same numbers as text; Monday's digest has a small one."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from PIL import Image
from sqlmodel import select

from cards.kit import canvas
from cards.kit.words import Words
from store.features import extend
from store.features.roles import give
from store.tables import Outbox, Space, Trial
from store.terms import Kind, Role
from tests.lives import ending, happens, the_space
from tests.people import Message, Person
from tests.stage import Stage

MONDAY = date(2026, 12, 7)
NUMBERS = "Trials by status"
SUMMARY = "This space's trials"


def the_picture(person: Person, message: Message) -> Any:
    """The picture in a message's file."""
    assert message.card is None
    [url] = message.raw["files"]
    token = {"Authorization": f"Bearer {person.about['token']}"}
    answer = requests.get(url, headers=token, timeout=30)
    assert answer.headers["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(answer.content))


def several(stage: Stage) -> Trial:
    """Two running trials, one of them with an open extension, one in grace and one to request."""
    stage.a_trial(company="Long Yet", administrator="l@l.example", duration=90)
    stage.a_trial(company="In Grace", administrator="g@g.example", **ending(date(2026, 11, 20)))
    stage.a_trial(kind=Kind.EXISTING, administrator="e@e.example", done_on=None)
    wanted = stage.a_trial(**ending(date(2026, 12, 20)))
    happens(stage, extend.extend, wanted, days=30)
    return wanted


def test_a_space_gets_the_numbers_of_its_partner_as_picture_and_text(stage: Stage) -> None:
    several(stage)
    stage.a_trial(by="petra", room="other-partner-space", administrator="o@o.example")
    stage.viktor.says("report")
    said = stage.viktor.sees(NUMBERS, "Trial report of Tue, 1 Dec 2026 · Harbour Networks")
    said.shows(
        "Trial active: 2 (1 of them with an open change)",
        "Trial expired, in grace: 1",
        "Request to be sent in Partner Hub: 1",
        "Open changes in Partner Hub: Extend the trial: 1",
        "14 Dec – 20 Dec: 1 expires · 1 of them waits for an extension · grace ends for 1",
        "Overdue: 0",
        "No trial has finished",
    ).lacks("Summit")
    assert said.raw["parentId"] == stage.viktor.last_said["id"]
    assert the_picture(stage.viktor, said).size[0] == canvas.WIDTH


def test_one_to_one_it_is_about_all_partners_of_that_person(stage: Stage) -> None:
    stage.a_trial()
    stage.a_trial(by="petra", room="other-partner-space", administrator="o@o.example")
    alone = stage.petra.alone()
    alone.says("report").sees(NUMBERS, "Summit Voice", "Trial active: 1").lacks("Harbour")
    with stage.database.transaction() as session:
        now = stage.clock.now()
        give(session, 1, email=stage.petra.email, role=Role.READ_ONLY, by=None, now=now)
    alone.says("report").sees("Harbour Networks and Summit Voice", "Trial active: 2")
    stage.petra.says("report").sees(NUMBERS, "Summit Voice", "Trial active: 1").lacks("Harbour")


def test_strangers_learn_no_numbers(stage: Stage) -> None:
    several(stage)
    for stranger in (stage.jo, stage.clara):
        stranger.says("report")
        stage.idle()
        [answer] = stranger.news()
        assert not answer.lacks("Trial active", "Harbour", NUMBERS).raw.get("files")


def test_it_speaks_the_language_of_its_reader(stage: Stage) -> None:
    several(stage)
    the_space(stage, language="bg")
    stage.tom.says("report")
    said = stage.tom.sees("Справка за пробните периоди", Words("bg").day(date(2026, 12, 1)))
    assert the_picture(stage.tom, said).size[0] == canvas.WIDTH
    with stage.database.reading() as session:
        [chart] = session.exec(select(Outbox.file).where(Outbox.file_name != None)).all()  # noqa: E711
    assert Words("bg")("Trials by status") in (chart or b"").decode()


def test_a_refused_picture_leaves_the_numbers(stage: Stage) -> None:
    several(stage)
    stage.fault("POST /v1/messages", "415", times=1)
    alone = stage.tom.alone()
    alone.says("report")
    said = alone.sees(NUMBERS, "Trial active: 2", "Webex didn't accept the file")
    assert not said.raw.get("files")


def test_a_picture_that_cannot_be_drawn_leaves_the_numbers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(stage)
    monkeypatch.setattr(canvas, "FONTS", canvas.FONTS / "gone")
    alone = stage.tom.alone()
    alone.says("report")
    said = alone.sees(NUMBERS, "Trial active: 2", "I couldn't draw the picture “trial-report.png”")
    assert not said.lacks("Webex didn't accept").raw.get("files")


def test_the_weekly_digest_is_followed_by_a_small_picture(stage: Stage) -> None:
    several(stage)
    stage.clock.at(MONDAY)
    said = stage.nora.sees(SUMMARY, "Trial active: 2 (1 of them with an open change)")
    assert the_picture(stage.nora, said).size[0] == canvas.WIDTH // 2
    assert not said.raw.get("mentionedPeople")
    card = stage.nora.finds("reminders for today")
    assert card is not None
    assert card.raw["created"] <= said.raw["created"], "the picture follows the week"
    stage.clock.at(MONDAY + timedelta(weeks=1))
    newer = stage.nora.sees(SUMMARY)
    assert newer.id != said.id
    stage.idle()
    assert stage.nora.count(SUMMARY) == 1, "last week's is gone"


def test_without_a_digest_there_is_no_picture(stage: Stage) -> None:
    the_space(stage, weekly_digest=False)
    several(stage)
    stage.clock.at(MONDAY)
    assert stage.nora.finds(SUMMARY) is None


def test_a_week_without_changes_has_no_picture(stage: Stage) -> None:
    stage.a_trial(duration=90)
    stage.clock.at(MONDAY)
    assert stage.nora.finds(SUMMARY) is None


def test_the_digest_counts_only_its_own_space(stage: Stage) -> None:
    moved = several(stage)
    stage.a_trial(company="Elsewhere", administrator="x@x.example", **ending(date(2026, 12, 18)))
    with stage.database.transaction() as session:
        home = session.get_one(Space, moved.space_id)
        there = Space(partner_id=home.partner_id, room_id="elsewhere", linked_at=stage.clock.now())
        session.add(there)
        session.flush()
        [away] = session.exec(select(Trial).where(Trial.site == "", Trial.id == moved.id)).all()
        away.space_id = there.id or 0
    stage.clock.at(MONDAY)
    stage.nora.sees(SUMMARY, "Trial active: 2")
