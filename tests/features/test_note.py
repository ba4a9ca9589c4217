"""`note`, which adds a line to a trial's history, and `history`."""

from store.tables import History, id_of
from tests.stage import Stage


def test_history_shows_a_note_with_its_author_and_time(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"note {trial.code} Called **Clara** <@all>, she is [happy](http://x.example)")
    stage.tom.sees("Note added")
    stage.nora.says(f"history {trial.code}")
    history = stage.nora.sees("Tom Okafor", "saved the trial", "she is")
    history.shows("Called", "Clara", "1 Dec 2026")
    assert not history.raw.get("mentionedGroups")


def test_a_note_without_text_asks_for_it(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"note {trial.code}")
    stage.tom.sees("Note").fills(text="They like it").presses("Add note")
    stage.tom.sees("Note added")
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("They like it")


def test_a_read_only_person_cannot_add_a_note(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.viktor.says(f"note {trial.code} I was here")
    stage.idle()
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("saved the trial").lacks("I was here")


def test_history_shows_events_of_a_newer_release(stage: Stage) -> None:
    trial = stage.a_trial()
    with stage.database.transaction() as session:
        about = {"trial_id": id_of(trial), "at": stage.clock.now()}
        after = {"day": "2026-12-04", "colour": {"sky": 2}}
        session.add(History(**about, what="painted", after=after, note="In the rain"))
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("painted", "Fri, 4 Dec 2026", "sky × 2", "In the rain", "saved the trial")
