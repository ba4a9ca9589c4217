"""The trial's card: its text in every status, its buttons by status and role, its layout."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cards.features.partner_hub import DoneToday, GiveUp, HubDone, TickStep
from cards.features.shared.trial import trial_card
from cards.kit.forms import form_of
from cards.kit.headline import status_line
from cards.kit.kit import Card
from cards.kit.words import Words
from store.features.convert import CONVERSION
from store.features.extend import EXTENSION
from store.features.services import SERVICE_CHANGE
from store.rules.hub import HubChange, steps
from store.terms import Access, Role
from tests.cards.make import STATES, TODAY, a_person, a_task, a_trial

WORDS = Words()
GOLDEN = Path(__file__).parent / "trial_card.json"


def card_of(state: str, role: Role | None = Role.FULL, own: bool = True, **more: Any) -> Card:
    trial = a_trial(**STATES[state])
    return trial_card(trial, role=role, own=own, words=WORDS, today=TODAY, **more)


def words_of(card: Card) -> list[str]:
    """The command words of the buttons, including those behind *More…*."""
    return [data["word"] for data in pressed(card.content) if data["form"] == "word"]


def pressed(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [data for each in value for data in pressed(each)]
    if not isinstance(value, dict):
        return []
    own = [value["data"]] if value.get("type") == "Action.Submit" else []
    return own + [data for each in value.values() for data in pressed(each)]


def test_the_card_looks_as_agreed() -> None:
    assert drawn() == GOLDEN.read_text(), "look at it; if it is meant, `make looks` keeps it"


def drawn() -> str:
    card = card_of("extended", actors=[a_person()])
    return json.dumps([card.text, card.content], ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (TODAY + timedelta(days=12), "Trial active · 12 days left"),
        (TODAY + timedelta(days=1), "Trial active · 1 day left"),
        (TODAY, "Trial active · expires today"),
        (TODAY - timedelta(days=1), "Trial expired, in grace · 29 days left"),
        (TODAY - timedelta(days=30), "Trial expired, in grace · grace ends today"),
        (TODAY - timedelta(days=31), "Ended"),
    ],
)
def test_the_status_line_shows_the_days_left(ends: date, said: str) -> None:
    assert status_line(a_trial(ends=ends), WORDS, TODAY) == said


def test_buttons_follow_the_status() -> None:
    assert words_of(card_of("running"))[:4] == ["extend", "convert", "let go", "services"]
    assert words_of(card_of("grace"))[0] == "convert"
    assert words_of(card_of("asked"))[:2] == ["resend", "cancel"]
    assert words_of(card_of("accepted"))[0] == "provisioned"
    assert "extend" not in words_of(card_of("ended"))
    assert "cancel" not in words_of(card_of("converted"))


def test_a_reader_gets_no_buttons_that_change_the_trial() -> None:
    for state in STATES:
        for role, own in ((Role.READ_ONLY, True), (Role.ADMIN, False), (None, False)):
            card = card_of(state, role, own)
            assert set(words_of(card)) <= {"history", "calendar"}
            assert {data["form"] for data in pressed(card.content)} <= {"word"}


def test_only_full_administrators_can_assign_and_correct() -> None:
    assert {"assign", "correct"} <= set(words_of(card_of("running")))
    assert not {"assign", "correct"} & set(words_of(card_of("running", Role.ADMIN)))


@pytest.mark.parametrize("change", [kind for kind in HubChange.all() if kind is not CONVERSION])
def test_every_step_can_be_ticked_and_unticked(change: HubChange) -> None:
    trial = a_trial(tasks=(a_task(change),))
    todo = steps(trial, trial.hub_tasks[0])
    trial.hub_tasks[0].ticks = {todo[0]: {"by": 1, "at": "2026-12-01T08:00:00+00:00"}}
    card = trial_card(trial, role=Role.FULL, own=True, words=WORDS, today=TODAY)
    ticks = [form_of(d).parse(d) for d in pressed(card.content) if d["form"] == TickStep.key]  # type: ignore[union-attr]
    assert [(tick.step, tick.done) for tick in ticks if isinstance(tick, TickStep)] == [
        (step, 0 if step is todo[0] else 1) for step in todo
    ]
    forms = {data["form"] for data in pressed(card.content)}
    assert {HubDone.key, DoneToday.key} <= forms or change is CONVERSION
    assert (GiveUp.key in forms) is change.keeps


def test_a_conversion_is_to_do_once_it_is_ordered_and_its_checklist_takes_the_ticks() -> None:
    task = a_task(CONVERSION)
    for ordered_on, shown in ((None, False), (TODAY, True)):
        trial = a_trial(tasks=(task,), ordered_on=ordered_on)
        card = trial_card(trial, role=Role.FULL, own=True, words=WORDS, today=TODAY)
        assert ("Set up the paid services" in json.dumps(card.content)) is shown
        assert ("Set up the paid services" in card.text) is shown
        assert not [data for data in pressed(card.content) if data["form"] == TickStep.key]


def test_two_open_tasks_have_separate_fields() -> None:
    tasks = (a_task(EXTENSION), a_task(SERVICE_CHANGE, id=6))
    card = trial_card(a_trial(tasks=tasks), role=Role.FULL, own=True, words=WORDS, today=TODAY)
    done = [data for data in pressed(card.content) if data["form"] == HubDone.key]
    first, second = done
    assert HubDone.parse({**first, "done_on": "2026-12-01"}).task == 5
    sent = {**second, "done_on": "2026-12-01", "done_on.6": "2026-11-30"}
    assert HubDone.parse(sent).done_on == date(2026, 11, 30)


def test_the_card_shows_its_warnings() -> None:
    def says(state: str, words: str, **more: Any) -> bool:
        return words in json.dumps(card_of(state, **more).content, ensure_ascii=False)

    assert says("accepted", "no full administrator access was given")
    unknown = a_trial(**STATES["accepted"] | {"access": Access.UNKNOWN})
    card = trial_card(unknown, role=Role.FULL, own=True, words=WORDS, today=TODAY)
    assert "Confirm your access" in json.dumps(card.content)
    assert not says("running", "unable to manage")
    assert says("with devices", "can't reach")
    assert says("with devices", "asked to buy")
    assert says("with devices", "due date unknown: see the EULA e-mail")
    assert says("grace", "can't be restored")
    assert says("grace", "suspended")
    assert says("ordered", "not provisioned yet")
    assert says("running", "Only Nora Lindqvist can change", actors=[a_person()])
    assert not says("running", "Only Nora", actors=[a_person(), a_person("Tom Okafor", id=2)])
    assert says("running", "Cisco counts days in UTC")
    assert not says("ended", "Cisco counts days in UTC")


def test_the_plain_text_has_the_essential_facts() -> None:
    text = card_of("extension wanted").text
    for part in ("Meadow Foods", "T-7K3Q", "Trial active", "23 days left", "24 Dec 2026"):
        assert part in text
    assert "To do in Partner Hub: Extend the trial" in text
