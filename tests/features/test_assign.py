"""Assignments and handovers, permanent or until a day."""

from datetime import date

from sqlmodel import col, select

from store.tables import Assignment, Person, Trial
from tests.people import Message
from tests.people import Person as Someone
from tests.stage import Stage


def id_in(stage: Stage, who: Someone) -> int:
    with stage.database.reading() as session:
        return session.exec(select(Person.id).where(Person.email == who.email)).one() or 0


def notes(person: Someone, trial: Trial, answer: str) -> Message:
    return person.says(f"note {trial.code} Spoke to them.").sees(answer)


NO = "Your role doesn't allow this"


def test_an_assigned_person_may_change_a_trial_until_unassigned(stage: Stage) -> None:
    trial = stage.a_trial()
    notes(stage.ines, trial, NO)
    stage.nora.says(f"assign {trial.code}")
    card = stage.nora.sees("Managed by Tom Okafor").lacks("Viktor", "Petra")
    card.fills(person=id_in(stage, stage.ines)).presses("Assign")
    card = stage.nora.sees("Ines Duarte can now change this trial")
    card.shows("Managed by", "Tom Okafor", "Ines Duarte")
    notes(stage.ines, trial, "Note added.")
    stage.nora.says(f"assign {trial.code}")
    card = stage.nora.sees("Managed by Tom Okafor and Ines Duarte")
    card.fills(**{"person.back": id_in(stage, stage.ines)}).presses("Unassign")
    stage.nora.sees("Ines Duarte is no longer assigned")
    notes(stage.ines, trial, NO)
    stage.nora.says(f"history {trial.code}").sees("ines.duarte@harbour.example")


def test_an_assignment_until_a_day_ends_automatically(stage: Stage) -> None:
    trial = stage.a_trial()
    card = stage.nora.says(f"assign {trial.code}").sees("Managed by")
    card.fills(person=id_in(stage, stage.ines), until="2026-11-30").presses("Assign")
    card = stage.nora.sees("That day is too early")
    card.fills(until="2026-12-04").presses("Assign")
    stage.nora.sees("Ines Duarte can change this trial until Fri, 4 Dec 2026")
    stage.clock.at(date(2026, 12, 4), 23)
    notes(stage.ines, trial, "Note added.")
    stage.clock.at(date(2026, 12, 5), 0, 30)
    notes(stage.ines, trial, NO)


def test_only_full_administrators_assign_and_only_to_people_who_can_act(stage: Stage) -> None:
    trial = stage.a_trial()
    card = stage.nora.says(f"assign {trial.code}").sees("Managed by")
    ines, petra, viktor = (id_in(stage, p) for p in (stage.ines, stage.petra, stage.viktor))
    for person in (stage.tom, stage.viktor, stage.ines):
        person.says(f"assign {trial.code}").sees(NO)
        person.finds("Managed by").fills(person=ines).presses("Assign")
        person.sees(NO)
    for person_id in (petra, viktor, 999):
        card.presses("Assign", person=str(person_id))
        card = stage.nora.sees("I don't know that person here").lacks("Petra")
    free = {"form": "trial.assign", "trial": trial.id, "version": trial.version, "person": petra}
    for stranger in (stage.petra, stage.petra.alone(), stage.jo, stage.clara):
        stranger.says("help").sees("Commands").submits(free)
        stranger.sees("nothing I can show you here").lacks("Meadow", trial.code)
    with stage.database.reading() as session:
        assert session.exec(select(Assignment)).all() == []


def test_a_trial_that_only_one_person_can_change_is_marked(stage: Stage) -> None:
    trial = stage.a_trial(by="petra", room="other-partner-space")
    marked = stage.petra.says(f"show {trial.code}").sees("Only Petra Novak can change this trial")
    marked.shows("Assign someone else as well")
    stage.petra.says(f"roles {stage.jo.email} admin").sees("New role for")
    card = stage.petra.says(f"assign {trial.code}").sees("Managed by Petra Novak")
    card.fills(person=id_in(stage, stage.jo)).presses("Assign")
    stage.petra.sees("jo.winter@post.example can now change this trial").lacks("Only Petra")


def test_a_handover_moves_all_running_trials_of_a_person(stage: Stage) -> None:
    first = stage.a_trial(company="Aspen", administrator="a@aspen.example")
    second = stage.a_trial(company="Birch", administrator="b@birch.example")
    kept = stage.a_trial(by="nora", company="Cedar", administrator="c@cedar.example")
    card = (
        stage.nora.says("handover").sees("Move all of one person's running trials").lacks("Petra")
    )
    tom, ines = id_in(stage, stage.tom), id_in(stage, stage.ines)
    card.fills(giver=tom, taker=tom).presses("Hand over")
    card = stage.nora.sees("two different people")
    card.fills(giver=tom, taker=ines).presses("Hand over")
    stage.nora.sees("2 trials handed over from Tom Okafor to Ines Duarte")
    notes(stage.ines, first, "Note added.")
    notes(stage.ines, second, "Note added.")
    notes(stage.ines, kept, NO)
    notes(stage.tom, first, NO)
    stage.ines.says("list mine").sees("Aspen", "Birch").lacks("Cedar")
    stage.nora.says(f"history {first.code}").sees("tom.okafor@harbour.example", "ines.duarte@")


def test_a_handover_until_a_day_ends_automatically(stage: Stage) -> None:
    trial = stage.a_trial()
    both = stage.a_trial(company="Aspen", administrator="a@aspen.example")
    card = stage.nora.says(f"assign {both.code}").sees("Managed by")
    card.fills(person=id_in(stage, stage.ines)).presses("Assign")
    stage.nora.sees("Ines Duarte can now change this trial")
    stage.nora.says("handover tom ines until 2026-12-04")
    stage.nora.sees("2 trials handed over from Tom Okafor to Ines Duarte")
    notes(stage.ines, trial, "Note added.")
    notes(stage.tom, trial, "Note added.")
    stage.clock.at(date(2026, 12, 5), 10)
    notes(stage.ines, trial, NO)
    notes(stage.ines, both, "Note added.")
    notes(stage.tom, trial, "Note added.")


def test_a_handover_asks_for_missing_or_invalid_values(stage: Stage) -> None:
    stage.a_trial()
    for typed, reason in (
        ("tom bob", "This is required"),
        ("tom ines until Friday", "year-month-day"),
        ("tom ines until 2026-11-30", "That day is too early"),
    ):
        card = stage.nora.says(f"handover {typed}").sees(reason)
        assert card.inputs["giver"]["value"] == str(id_in(stage, stage.tom))
    stage.tom.says("handover tom ines").sees(NO)
    stage.nora.says("help").sees("Commands")
    free = {"form": "trials.handover", "giver": id_in(stage, stage.tom)}
    free |= {"taker": id_in(stage, stage.petra), "partner": 2}
    petra = stage.petra.says("help").sees("Commands")
    petra.submits(free)
    stage.petra.sees("I don't know that person here").lacks("Tom")
    petra.submits(free | {"partner": 1})
    stage.petra.sees("nothing I can show you here").lacks("Tom")
    with stage.database.reading() as session:
        starters = session.exec(select(Trial.started_by).where(col(Trial.partner_id) == 1)).all()
    assert starters == [id_in(stage, stage.tom)]


def test_trials_of_a_person_without_a_role_can_still_be_handed_over(stage: Stage) -> None:
    trial = stage.a_trial()
    card = stage.nora.says("roles").sees("People at Harbour")
    tom = id_in(stage, stage.tom)
    card.fills(**{"person.roles.take": tom, "sure.roles.take": True}).presses("Remove role")
    stage.nora.sees("no longer has a role", "hand over the trials they started")
    stage.nora.says("handover Tom Okafor Ines Duarte").sees("1 trial handed over from Tom Okafor")
    notes(stage.ines, trial, "Note added.")
