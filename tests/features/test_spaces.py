"""Spaces: members without a role, reminders of a lost space, and moving trials."""

from datetime import date

import pytest
from sqlmodel import col, select

from bot.process.doctor import examine
from bot.process.lost_spaces import look_again
from bot.webex.gateway import Gateways
from store.features import spaces
from store.tables import Outbox, Reminder, Slot, Space, Trial
from tests.people import Person, wait_for
from tests.rooms import a_room, adds, anew, migrated, puts_out
from tests.stage import Stage

E_MINUS_14 = date(2026, 12, 17)
TALK = "14 days left"


def a_second_space(stage: Stage, *members: Person) -> str:
    """Link a second space of Harbour and return its room."""
    room = a_room(stage, "Harbour north", stage.nora, *members)
    nora = stage.nora.in_room(room)
    nora.sees("isn't linked").presses("Set up this space")
    nora.sees("Time zone").fills(time_zone="Europe/Sofia").presses("Save")
    nora.sees("linked to Harbour Networks")
    return room


def to_e_minus_14(stage: Stage) -> None:
    """Turn digests off and advance to the first reminder (E−14)."""
    with stage.database.transaction() as session:
        for reminder in session.exec(select(Reminder).where(Reminder.kind == "digest")):
            session.delete(reminder)
    stage.clock.at(E_MINUS_14)


# ------------------------------------------------------------------ members


def test_full_administrators_are_told_once_of_each_member_without_a_role(stage: Stage) -> None:
    nora, room = stage.nora, stage.rooms["partner-space"]
    alone = nora.alone()
    adds(nora, room, stage.jo.about)
    alone.sees("Jo Winter", "can be seen by", "no role")
    stage.nora.says(f"roles {stage.ben.email} admin").sees("New role for")
    adds(nora, room, stage.ben.about)
    alone.sees("Ben Carter", "another organisation")
    for who in (stage.jo, stage.tom):
        puts_out(nora, room, who.about)
        adds(nora, room, who.about)
    stage.idle()
    assert alone.count("Jo Winter") == alone.count("can be seen by") - 1 == 1
    assert alone.count("Tom", "can be seen by") == 0


def test_full_administrators_are_told_of_a_person_with_a_role_who_is_removed(stage: Stage) -> None:
    """The role stays until a full administrator removes it with one press."""
    trial = stage.a_trial(customer_notices=False)
    room, alone, ines = stage.rooms["partner-space"], stage.nora.alone(), stage.ines.alone()
    puts_out(stage.tom, room, stage.ines.about)
    told = alone.sees("Tom Okafor removed Ines Duarte (ines.duarte@harbour.example)")
    told.shows("from the space “partner-space”", "Their role at Harbour Networks stays")
    ines.says(f"show {trial.code}").sees("Meadow Foods")
    told.presses("Remove role")
    alone.sees("Ines Duarte no longer has a role", "People at Harbour Networks")
    ines.says(f"show {trial.code}").sees("nothing I can show you here").lacks("Meadow")
    assert alone.count("removed Ines") == 0, "the card was answered"
    assert [each.alone().messages() for each in (stage.tom, stage.viktor)] == [[], []]


def test_a_second_full_administrator_is_told_too_and_presses_in_vain(stage: Stage) -> None:
    stage.nora.says(f"roles {stage.tom.email} full").sees("New role for")
    room, nora, tom = stage.rooms["partner-space"], stage.nora.alone(), stage.tom.alone()
    puts_out(stage.nora, room, stage.viktor.about)
    nora.sees("Nora Lindqvist removed Viktor Hahn").presses("Remove role")
    nora.sees("Viktor Hahn no longer has a role")
    tom.sees("removed Viktor Hahn").presses("Remove role")
    tom.sees("Nothing to change")


def test_nobody_is_told_of_who_leaves_or_has_no_role(stage: Stage) -> None:
    room, alone = stage.rooms["partner-space"], stage.nora.alone()
    puts_out(stage.ines, room, stage.ines.about)
    adds(stage.nora, room, stage.jo.about)
    alone.sees("Jo Winter", "no role")
    puts_out(stage.nora, room, stage.jo.about)
    stage.idle()
    assert alone.count("removed") == alone.count("no longer in") == 0


def test_who_is_removed_and_added_and_removed_again_is_told_of_again(stage: Stage) -> None:
    room, alone = stage.rooms["partner-space"], stage.nora.alone()
    for _ in range(2):
        puts_out(stage.tom, room, stage.ines.about)
        alone.sees("Tom Okafor removed Ines Duarte")
        adds(stage.tom, room, stage.ines.about)
        stage.idle()
        alone.says("help").sees("Commands")


def test_the_button_about_who_is_back_removes_nothing(stage: Stage) -> None:
    room, alone = stage.rooms["partner-space"], stage.nora.alone()
    puts_out(stage.tom, room, stage.ines.about)
    told = alone.sees("Tom Okafor removed Ines Duarte")
    adds(stage.tom, room, stage.ines.about)
    stage.idle()
    told.presses("Remove role")
    alone.sees("Nothing to change")
    stage.ines.alone().says("home").sees("Harbour Networks")


def test_only_full_administrators_remove_the_role_of_who_was_removed(stage: Stage) -> None:
    room = stage.rooms["partner-space"]
    puts_out(stage.tom, room, stage.ines.about)
    card = stage.nora.alone().sees("removed Ines Duarte")
    remove = card.press_of("Remove role")
    for who, answer in (
        (stage.tom, "Your role doesn't allow this"),
        (stage.viktor, "Your role doesn't allow this"),
        (stage.petra, "nothing I can show you here"),
        (stage.petra.alone(), "nothing I can show you here"),
        (stage.jo, "nothing I can show you here"),
    ):
        who.says("help").sees("Commands").submits(remove)
        who.sees(answer).lacks("Ines")
    stage.ines.alone().says("home").sees("Harbour Networks")


def test_who_is_missing_when_the_bot_comes_back_is_reported_once(stage: Stage) -> None:
    """The bot hears nothing of a space while it isn't in it."""
    room, bot, alone = stage.rooms["partner-space"], stage.cast["bot"], stage.nora.alone()
    for missing in ((), (stage.ines,), ()):
        puts_out(stage.nora, room, bot)
        stage.idle()
        for person in missing:
            puts_out(stage.nora, room, person.about)
        adds(stage.nora, room, bot)
        stage.idle()
    assert alone.count("Ines Duarte", "is no longer in the space", "Their role") == 1
    assert alone.count("no longer in the space") == 1


def test_a_reminder_notices_who_is_missing(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    to_e_minus_14(stage)
    stage.clock.days(7)
    stage.nora.sees("7 days left")
    anew(stage.viktor)  # his old account is gone from the space, without an event
    stage.clock.days(7)
    stage.nora.sees("last day of the trial")
    alone = stage.nora.alone()
    assert alone.count("Viktor Hahn", "is no longer in the space “partner-space”") == 1


# ------------------------------------------------------------------ lost and found


def test_the_bot_introduces_itself_and_needs_no_setup_in_a_known_space(stage: Stage) -> None:
    trial = stage.a_trial(customer_notices=False)
    room, bot = stage.rooms["partner-space"], stage.cast["bot"]
    puts_out(stage.nora, room, bot)
    stage.idle()
    adds(stage.nora, room, bot)
    stage.nora.sees("I'm back", "still linked")
    stage.tom.says(f"show {trial.code}").sees("Meadow Foods")
    to_e_minus_14(stage)
    assert stage.tom.count(TALK) == 1
    hello = stage.jo.in_room(a_room(stage, "Elsewhere", stage.jo)).sees("isn't linked to a partner")
    assert hello.buttons == ["Set up this space", "Help"]


def test_reminders_of_a_space_that_removed_the_bot_go_to_the_next_space(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    second = a_second_space(stage)
    puts_out(stage.nora, stage.rooms["partner-space"], stage.cast["bot"])
    to_e_minus_14(stage)
    assert stage.nora.in_room(second).count(TALK) == 1
    assert stage.nora.alone().count(TALK) == 0
    stage.clock.days(7)
    tom = stage.tom.alone()  # manages the trial, but isn't in that space
    assert tom.count("7 days left") == stage.nora.in_room(second).count("7 days left") == 1


@pytest.mark.parametrize("how", ["deleted", "archived"])
def test_reminders_of_a_lost_space_go_to_the_full_administrators(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("bot.engine.delivering.REFUSED_AFTER", (0.1, 0.1))
    stage.a_trial(customer_notices=False)
    room = stage.rooms["partner-space"]
    if how == "deleted":
        stage.nora.call("DELETE", f"rooms/{room}")
    else:
        stage.fault("POST /v1/messages", "403", room=room)
    to_e_minus_14(stage)
    assert stage.nora.alone().count(TALK) == 1
    assert stage.tom.alone().count(TALK) == 0
    with stage.database.reading() as session:
        assert session.exec(select(Space.state).where(Space.room_id == room)).one() == "gone"
        assert session.exec(select(Outbox).where(Outbox.outcome == "buried")).all() == []


@pytest.mark.parametrize("status", ["403", "404"])
def test_one_refused_message_does_not_lose_a_space(stage: Stage, status: str) -> None:
    stage.a_trial(customer_notices=False)
    stage.fault("POST /v1/messages", status, room=stage.rooms["partner-space"], times=1)
    to_e_minus_14(stage)
    assert stage.tom.count(TALK) == 1
    assert stage.nora.alone().count(TALK) == 0
    assert verdict(stage, "spaces") == "none refused"


def test_a_lost_space_is_explained_and_found_again(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    room = stage.rooms["partner-space"]
    stage.fault("POST /v1/messages", "403", room=room)
    stage.fault(f"GET /v1/rooms/{room}", "404")
    to_e_minus_14(stage)
    alone = stage.nora.alone()
    assert alone.count(TALK) == alone.count("I can't write to the space", "403") == 1
    assert "Webex refuses messages to 1" in verdict(stage, "spaces")
    stage.mend()
    assert stage.bot._parts._timetable is not None
    stage.bot._parts._timetable.look_for_lost_spaces()
    assert verdict(stage, "spaces") == "none refused"
    stage.clock.days(7)
    assert stage.tom.count("7 days left") == 1


def test_a_space_that_is_shown_but_refuses_is_left_alone_for_a_day(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.delivering.REFUSED_AFTER", ())
    stage.a_trial(customer_notices=False)
    stage.fault("POST /v1/messages", "403", room=stage.rooms["partner-space"])
    to_e_minus_14(stage)
    gateway = stage.bot._parts._timetable._gateways.mine()  # type: ignore[union-attr]
    assert look_again(stage.bot.context, gateway) == 0
    stage.mend()
    stage.clock.days(2)
    assert look_again(stage.bot.context, gateway) == 1
    assert verdict(stage, "spaces") == "none refused"


def test_an_undeliverable_reminder_waits_and_the_doctor_reports_it(stage: Stage) -> None:
    stage.a_trial(customer_notices=False)
    stage.nora.call("DELETE", f"rooms/{stage.rooms['partner-space']}")
    stage.fault("POST /v1/messages", "404")
    to_e_minus_14(stage)
    assert verdict(stage).startswith("can't reach the partner")
    stage.mend()
    second = a_room(stage, "Harbour north", stage.nora)
    nora = stage.nora.in_room(second)
    nora.sees("isn't linked").presses("Set up this space")
    nora.sees("Time zone").fills(time_zone="Europe/Sofia").presses("Save")
    nora.sees(TALK)
    wait_for(lambda: verdict(stage) == "none", "it still waits")


def verdict(stage: Stage, check: str = "waiting for a space") -> str:
    """The doctor's finding on messages that wait for a space, or on something else."""
    context = stage.bot.context
    settings = context.settings
    token, url = settings.access_token.get_secret_value(), settings.base_url
    gateway = Gateways(token, url, context.metrics).mine()
    findings = {finding.check: finding.said for finding in examine(context, gateway)}
    return findings[check]


# ------------------------------------------------------------------ moved


def test_a_space_migrated_by_webex_keeps_its_trials_and_messages(stage: Stage) -> None:
    trial = stage.a_trial(customer_notices=False)
    stage.tom.says(f"show {trial.code}").sees("Meadow Foods")
    old = stage.rooms["partner-space"]
    stage.fault("POST /v1/messages", "503")
    stage.tom.says("help")
    wait_for(lambda: tried(stage), "nobody tried to answer")
    new = migrated(stage, old)
    tom = stage.tom.in_room(new)
    wait_for(lambda: linked_to(stage) == new, "nobody followed the space")
    stage.mend()
    wait_for(lambda: tom.finds("Commands"), "what was to be sent was lost")
    card = tom.finds("Meadow Foods")
    assert card is not None
    tom.says(f"extend {trial.code}").sees("days from today")
    stage.idle()
    assert tom.count("Trial active") == 1
    with stage.database.reading() as session:
        assert session.exec(select(Slot).where(Slot.room_id == old)).all() == []
    to_e_minus_14(stage)
    assert tom.count(TALK) == 1


def tried(stage: Stage) -> bool:
    """Whether a message failed and waits for a retry."""
    with stage.database.reading() as session:
        failed = select(Outbox).where(col(Outbox.settled_at).is_(None), Outbox.attempts > 0)
        return session.exec(failed).first() is not None


def linked_to(stage: Stage) -> str:
    """The room of the first linked space."""
    with stage.database.reading() as session:
        return session.get_one(Space, 1).room_id


def test_a_trial_can_move_to_another_space_of_its_partner(stage: Stage) -> None:
    trial = stage.a_trial(customer_notices=False)
    second = a_second_space(stage, stage.tom)
    card = stage.nora.says(f"assign {trial.code}").sees("Managed by")
    assert "Move to another space…" in card.buttons
    choices = card.inputs["space.move"]["choices"]
    assert [choice["title"] for choice in choices] == ["Harbour north"]
    for foreign in ("2", "99"):
        card.presses("Move", **{"space.move": foreign})
        card = stage.nora.sees("belongs to another partner").lacks("Summit")
    card.fills(**{"space.move": choices[0]["value"]}).presses("Move")
    stage.nora.sees("I'll post about this trial in the space “Harbour north”")
    stage.nora.in_room(second).sees("Meadow Foods", "from now on")
    to_e_minus_14(stage)
    assert stage.nora.in_room(second).count(TALK) == 1
    assert stage.nora.count(TALK) == 0


def test_people_without_the_right_cannot_move_a_trial(stage: Stage) -> None:
    trial = stage.a_trial()
    second = a_second_space(stage, stage.tom)
    stage.nora.says(f"assign {trial.code}").sees("Managed by")
    with stage.database.reading() as session:
        there = spaces.space_of(session, second)
        number = there.id if there else 0
    free = {"form": "trial.move", "trial": trial.id, "version": trial.version}
    stage.tom.finds("Managed by").submits(free | {"space": number})
    stage.tom.sees("Your role doesn't allow this")
    for stranger in (stage.petra, stage.petra.alone(), stage.jo):
        stranger.says("help").sees("Commands").submits(free | {"space": 2})
        stranger.sees("nothing I can show you here").lacks("Meadow")
    with stage.database.reading() as session:
        assert session.exec(select(Trial.space_id)).one() == 1


# ------------------------------------------------------------------ two partners


def test_a_person_of_two_partners_sees_only_the_spaces_partner(stage: Stage) -> None:
    ours = stage.a_trial(company="Aspen")
    theirs = stage.a_trial(
        by="petra", room="other-partner-space", company="Birch", administrator="b@birch.example"
    )
    stage.petra.says(f"roles {stage.nora.email} full").sees("New role for Nora Lindqvist")
    stage.nora.says("list").sees("Aspen").lacks("Birch")
    stage.nora.says(f"show {theirs.code}").sees("Nothing found").lacks("Birch")
    alone = stage.nora.alone()
    alone.says("list").sees("Aspen", "Birch")
    card = alone.says(f"assign {theirs.code}").sees("Birch", "Managed by Petra Novak")
    stage.nora.says("help").sees("Commands").submits(
        card.answers()
        | {"form": "trial.assign", "trial": theirs.id, "person": 1}
        | {"version": theirs.version}
    )
    stage.nora.sees("belongs to another partner").lacks("Birch")
    stage.nora.says(f"show {ours.code}").sees("Aspen")
    assert stage.trial(theirs.code).version == theirs.version
