"""Every form and command has a rule, which is checked before anything of it runs."""

from datetime import date

import pytest
from sqlmodel import col, func, select

import bot.features  # noqa: F401
from bot.conversation.routes import command, commands, presses
from cards.kit.forms import Form, carried, forms_by_key
from cards.kit.rules import About, Place, for_anybody, on_partner, on_trial, with_role
from store.features import drafts, roles
from store.features.shared import people
from store.refusals import Refused
from store.rules.rights import Action
from store.tables import Draft
from store.terms import Role
from tests.people import Person
from tests.rooms import a_room, adds
from tests.stage import Stage

NOTHING = "Sorry, there's nothing I can show you here"
GONE = "This form is gone"
FOREIGN = 999_999

# ------------------------------------------------------------------ the law


def test_every_form_has_a_rule_about_a_field_that_it_has() -> None:
    for key, form in forms_by_key.items():
        assert form.rule is not None, key
        assert not form.rule.field or form.rule.field in form.fields, key


def test_every_command_has_a_rule_about_no_id() -> None:
    assert commands
    for word, known in commands.items():
        assert not known.rule.field, word
    assert {w for w, known in commands.items() if known.rule.about is About.NOTHING} == {
        *("home", "help", "setup")
    }


def test_only_buttons_of_commands_need_no_right() -> None:
    free = {key for key, press in presses.items() if press.form.rule == for_anybody()}
    assert free == set()
    named = {key for key, press in presses.items() if _about(press.form) is About.COMMAND}
    assert named == {"word", "privately"}


def test_what_customers_press_is_pressed_one_to_one() -> None:
    theirs = {
        key
        for key, press in presses.items()
        if _about(press.form) in (About.CONSENT, About.CUSTOMER)
    }
    assert theirs == {"consent.accept", "consent.decline", "customer.buy", "customer.stop"}
    for key in theirs:
        rule = presses[key].form.rule
        assert rule is not None
        assert rule.place is Place.ONE_TO_ONE


def test_a_form_without_a_rule_fails_at_import() -> None:
    with pytest.raises(ValueError, match=r"test\.unruled has no rule"):

        class Unruled(Form, key="test.unruled"):
            """A form that anybody could press."""

    assert "test.unruled" not in forms_by_key


def test_a_rule_about_a_field_that_the_form_lacks_fails_at_import() -> None:
    with pytest.raises(ValueError, match=r"test\.lost has no field \['partner'\]"):

        class Lost(Form, key="test.lost", rule=on_partner(Action.ROLES)):
            """A form whose rule is about nothing."""

            trial: int = carried()

    assert "test.lost" not in forms_by_key


def test_a_form_without_a_key_gives_its_rule_to_others() -> None:
    class Base(Form, rule=on_trial(Action.CHANGE)):
        """What several forms share."""

        trial: int = carried()

    class Heir(Base, key="test.heir"):
        """A form with the rule of its base."""

    del forms_by_key["test.heir"]
    assert Heir.rule == on_trial(Action.CHANGE)


def test_a_commands_rule_cannot_be_about_an_id() -> None:
    with pytest.raises(ValueError, match="carries no trial"):
        command("test", help="", rule=on_trial(Action.SEE))
    assert with_role(Action.SEE).field == ""


def test_the_subject_is_read_as_the_form_reads_it() -> None:
    form = forms_by_key["trial.extend"]
    assert form.subject({"trial": "7"}) == form.subject({"trial": 7}) == 7
    scoped = {"trial": "7", "scope": "x", "trial.x": "8"}
    assert form.subject(scoped) == 8
    for unreadable in (
        {},
        {"trial": "x"},
        {"trial": [7]},
        {"trial": "7", "scope": "x", "trial.x": "y"},
    ):
        assert form.subject(unreadable) is None


def _about(form: type[Form]) -> About:
    assert form.rule is not None
    return form.rule.about


# ------------------------------------------------------------------ places


def onto(person: Person, **inputs: object) -> None:
    """Press a forged button on the newest message of the bot."""
    person.sees().submits(inputs)


def both(stage: Stage) -> None:
    """Give Tom a role at the other partner, too, and a place in its space."""
    with stage.database.transaction() as session:
        roles.give(
            session, 2, email=stage.tom.email, role=Role.FULL, by=None, now=stage.clock.now()
        )
    adds(stage.petra, stage.rooms["other-partner-space"], stage.tom.about)


def a_draft(stage: Stage, who: Person, company: str) -> int:
    """Open a start form and fill in the company; the draft's id."""
    who.says("start")
    who.sees("Step 1 of").fills(
        kind="new",
        company=company,
        administrator="a@secret.example",
        vertical="retail",
        country="Bulgaria",
        supported=True,
    ).presses("Next")
    who.sees("Step 2 of")
    with stage.database.reading() as session:
        return session.exec(select(func.max(col(Draft.id)))).one() or 0


def test_where_to_start_is_chosen_one_to_one_only(stage: Stage) -> None:
    a_draft(stage, stage.tom, "Secretive GmbH")
    both(stage)
    there = stage.tom.in_room(stage.rooms["other-partner-space"])
    for inputs in ({"space": "1"}, {"space": str(FOREIGN)}, {"space": "2"}, {}, {"space": "x"}):
        there.says("help").sees("help").submits({"form": "start.where", **inputs})
        there.sees(NOTHING)
    assert there.count("Secretive") == there.count("Harbour") == 0


def test_a_draft_is_not_pressed_in_another_partners_space(stage: Stage) -> None:
    draft = a_draft(stage, stage.tom, "Secretive GmbH")
    both(stage)
    there = stage.tom.in_room(stage.rooms["other-partner-space"])
    pressed = {"draft": draft, "version": 2, "step": "services"}
    for form in ("drop", "go-on", "back", "privately", "services", "save", "copy"):
        there.says("help").sees("help").submits({"form": f"start.{form}", **pressed})
        there.sees("This space belongs to another partner")
    there.says("help").sees("help").submits({"form": "start.anew", "space": "1"})
    there.sees("This space belongs to another partner")
    with stage.database.reading() as session:
        assert session.get_one(Draft, draft).values["company"] == "Secretive GmbH"
    assert there.count("Secretive") == 0


def test_a_customer_buys_and_stops_one_to_one_only(stage: Stage) -> None:
    trial = stage.a_trial(first_day=date(2026, 11, 9))
    room = a_room(stage, "Everybody", stage.nora, stage.clara)
    clara = stage.clara.in_room(room)
    for form in ("customer.buy", "customer.stop"):
        clara.says("help").sees("help").submits({"form": form, "trial": trial.id})
        clara.sees(NOTHING).lacks(trial.code)
    kept = stage.trial(trial.code)
    assert (kept.interest_on, kept.customer_notices) == (None, True)
    assert stage.tom.count("asked to buy") == 0


def test_a_trials_forms_are_not_pressed_in_another_partners_space(stage: Stage) -> None:
    trial = stage.a_trial()
    both(stage)
    there = stage.tom.in_room(stage.rooms["other-partner-space"])
    forms = [press.form for press in presses.values() if _about(press.form) is About.TRIAL]
    assert len(forms) > 30
    for form in forms:
        inputs = {"form": form.key, "trial": trial.id, "version": trial.version, "shipment": 0}
        there.says("help").sees("help").submits(inputs)
        there.sees("This space belongs to another partner")
    assert there.count(trial.code) == there.count("Meadow") == 0
    assert stage.trial(trial.code).version == trial.version


def test_partners_and_spaces_are_not_changed_from_another_partners_space(stage: Stage) -> None:
    with stage.database.transaction() as session:
        roles.give(
            session, 2, email=stage.nora.email, role=Role.FULL, by=None, now=stage.clock.now()
        )
    adds(stage.petra, stage.rooms["other-partner-space"], stage.nora.about)
    there = stage.nora.in_room(stage.rooms["other-partner-space"])
    for key in (
        "settings.space",
        "settings.partner",
        "roles.give",
        "roles.take",
        "trials.handover",
    ):
        there.says("help").sees("help").submits({"form": key, "partner": 1, "space": 1})
        there.sees("This space belongs to another partner").lacks("Harbour")


def test_a_room_without_a_partner_shows_nothing(stage: Stage) -> None:
    trial = stage.a_trial()
    tom = stage.tom.in_room(a_room(stage, "Nowhere", stage.nora, stage.tom))
    tom.says("help").sees("help").submits({"form": "trial.note", "trial": trial.id, "text": "x"})
    tom.sees("isn't linked to a partner")
    tom.says("list").sees("isn't linked to a partner")
    tom.says("language Bulgarian").sees("isn't linked to a partner")


# ------------------------------------------------------------------ ids of others, ids of nothing

IDS = [
    ("trial.note", "trial"),
    ("trial.extend", "trial"),
    ("roles.give", "partner"),
    ("settings.partner", "partner"),
    ("settings.space", "space"),
    ("start.anew", "space"),
    ("start.where", "space"),
    ("start.copy", "draft"),
    ("start.go-on", "draft"),
    ("start.drop", "draft"),
    ("customer.buy", "trial"),
    ("consent.accept", "consent"),
    ("consent.decline", "consent"),
]


@pytest.mark.parametrize("who", ["petra", "jo", "clara"])
def test_ids_of_others_and_ids_of_nothing_look_the_same(stage: Stage, who: str) -> None:
    trial = stage.a_trial(kind="existing", administrator="ceo@secret.example")
    draft = a_draft(stage, stage.tom, "Secretive GmbH")
    ours = {"trial": trial.id, "partner": 1, "space": 1, "draft": draft, "consent": 1}
    person: Person = getattr(stage, who).alone()
    person.says("help").sees("help")
    for key, field in IDS:
        answers = []
        for value in (ours[field], FOREIGN):
            card = person.says("help").sees("help")
            card.submits({"form": key, field: value, "version": 1, "text": "x"})
            stage.idle()
            answers.append(person.sees().everything)
        assert answers[0] == answers[1], key
        assert "Sorry" in answers[0] or GONE in answers[0] or "sent to" in answers[0], answers[0]


def test_copying_a_draft_of_another_partner_does_not_tell_that_it_exists(stage: Stage) -> None:
    draft = a_draft(stage, stage.tom, "Secretive GmbH")
    said = []
    for wanted in (draft, FOREIGN):
        stage.petra.says("help").sees("help").submits({"form": "start.copy", "draft": wanted})
        said.append(stage.petra.sees(GONE).everything)
    assert said[0] == said[1]
    with stage.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Draft)).one() == 1


def test_a_colleague_who_may_start_nothing_learns_of_no_draft(stage: Stage) -> None:
    draft = a_draft(stage, stage.tom, "Secretive GmbH")
    said = set()
    for wanted in (draft, FOREIGN):
        stage.viktor.says("help").sees("help").submits({"form": "start.copy", "draft": wanted})
        said.add(stage.viktor.sees("Your role doesn't allow").everything)
    assert len(said) == 1


# ------------------------------------------------------------------ commands behind buttons


@pytest.mark.parametrize("button", ["word", "privately"])
def test_a_button_runs_a_command_only_for_those_who_may_type_it(stage: Stage, button: str) -> None:
    trial = stage.a_trial()
    room = stage.rooms["partner-space"]
    adds(stage.nora, room, stage.jo.about)
    jo, viktor = stage.jo.in_room(room), stage.viktor
    for word in commands.keys() - {"home", "help", "setup"}:
        line = {"word": word, "rest": trial.code}
        if button == "privately":
            line = {"word": f"{word} {trial.code}"}
        jo.says("help").sees("help").submits({"form": button, **line})
        stage.idle()
        assert NOTHING in jo.sees().everything or "no longer works" in jo.sees().everything, word
    viktor.says("help").sees("help").submits({"form": "word", "word": "settings"})
    viktor.sees("Your role doesn't allow this. Role needed")
    assert jo.alone().count(trial.code) == 0


def test_the_law_of_drafts_is_kept_by_the_operation_too(stage: Stage) -> None:
    draft = a_draft(stage, stage.tom, "Secretive GmbH")
    with stage.database.transaction() as session:
        petra = people.by_email(session, stage.petra.email)
        assert petra is not None
        found = []
        for wanted in (draft, FOREIGN):
            with pytest.raises(Refused) as no:
                drafts.copy(session, wanted, by=petra, now=stage.clock.now())
            found.append((no.value.reason, no.value.facts))
    assert found[0] == found[1]
