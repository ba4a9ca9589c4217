"""A message belongs to who opened it: nobody else's word or press replaces it."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, delete, select, update

from bot.conversation.routes import reasons
from bot.conversation.turn import Turn
from store.features.cancel import cancel
from store.features.extend import EXTENSION
from store.features.note import note
from store.refusals import NOT_ALLOWED, OLD_CARD, Refused
from store.rules.hub import open_changes
from store.tables import Outbox, Slot, Trial
from store.terms import CancelledBy
from tests.features.test_consent import asked
from tests.features.test_morning import E, three
from tests.lives import ending, happens, without_digest
from tests.people import Message, Person
from tests.rooms import adds
from tests.stage import Stage


def there(who: Person, message: Message) -> Message:
    """The message as it is now; fails if it was deleted."""
    found = next((m for m in who.messages() if m.id == message.id), None)
    assert found is not None, who.transcript()
    return found


def untouched(who: Person, message: Message) -> None:
    """Assert that a message is as it was."""
    assert there(who, message).mark == message.mark, there(who, message).everything


def a_form(stage: Stage, trial: Trial, word: str = "extend", **filled: Any) -> Message:
    """Tom's open form in the space, filled in, but not sent."""
    stage.tom.says(f"{word} {trial.code}")
    form = stage.tom.sees(trial.code, "Extensions run from today").fills(**filled)
    stage.idle()
    return form


def wanted(stage: Stage, trial: Trial) -> list[str]:
    """The kinds of a trial's open changes."""
    return [task.change for task in open_changes(stage.trial(trial.code))]


def jo_in_the_space(stage: Stage) -> Person:
    room = stage.rooms["partner-space"]
    adds(stage.nora, room, stage.jo.about)
    return stage.jo.in_room(room)


# ------------------------------------------------------------------ what is everyone's


def test_an_outsider_does_not_wipe_the_morning_card(stage: Stage) -> None:
    three(stage)
    stage.clock.at(E)
    card = stage.nora.sees("3 reminders for today")
    jo = jo_in_the_space(stage)
    for beside in ("0", "1", "", "x"):
        there(jo, card).submits({"form": "word", "word": "home", "beside": beside})
        stage.idle()
    there(jo, card).submits({"form": "privately", "word": "home"})
    there(jo, card).submits({"form": "word", "word": "list"})
    there(jo, card).submits({"form": "no such form"})
    stage.idle()
    untouched(stage.nora, card)
    jo.sees("no longer works")


def test_who_reads_from_the_morning_card_leaves_it_for_the_others(stage: Stage) -> None:
    codes = three(stage)
    stage.clock.at(E)
    card = stage.nora.sees("3 reminders for today")
    for who in (stage.nora, stage.viktor):
        for word in ("home", "list", f"show {codes['Meadow Foods']}", "help"):
            word, _, rest = word.partition(" ")
            there(who, card).submits({"form": "word", "word": word, "rest": rest})
            stage.idle()
    untouched(stage.tom, card)


def test_a_snooze_takes_the_place_of_its_reminder_but_not_of_the_morning_card(
    stage: Stage,
) -> None:
    without_digest(stage)
    trial = stage.a_trial(customer_notices=False, **ending(E))
    stage.clock.at(E - timedelta(days=14))
    bell = stage.tom.sees("14 days left", trial.code)
    there(stage.viktor, bell).presses("Tomorrow")
    stage.viktor.sees("Your role doesn't allow")
    untouched(stage.tom, bell)
    there(stage.tom, bell).presses("Tomorrow")
    stage.tom.sees("I'll remind you again on")
    stage.idle()
    there(stage.tom, bell).shows("I'll remind you again on").lacks("Talk to the customer")


def test_the_next_reminder_leaves_what_a_reminder_has_become(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(customer_notices=False, **ending(E))
    stage.clock.at(E - timedelta(days=14))
    bell = stage.tom.sees("14 days left", trial.code)
    bell.presses("Tomorrow")
    stage.tom.sees("I'll remind you again on").presses("Extend…")
    form = stage.tom.sees("Extensions run from today")
    assert form.id == bell.id
    stage.clock.at(E - timedelta(days=7))
    stage.nora.sees("expires on", trial.code)
    untouched(stage.tom, form)


def test_a_reminder_stays_while_its_form_is_filled_in(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(customer_notices=False, **ending(E))
    stage.clock.at(E - timedelta(days=14))
    bell = stage.tom.sees("14 days left", trial.code)
    bell.presses("Extend…")
    form = stage.tom.sees("Extensions run from today")
    stage.idle()
    assert form.id != bell.id
    untouched(stage.nora, bell)


def test_news_is_never_replaced(stage: Stage) -> None:
    trial = stage.a_trial(done_on=date(2026, 11, 9))
    stage.clock.at(date(2026, 12, 2))
    stage.clara.sees("expires on Wed, 9 Dec 2026").presses("I want to buy")
    news = stage.tom.sees("Clara", "asked to buy").shows(trial.code)
    stage.idle()
    stage.tom.says(f"show {trial.code}").sees(trial.code, "Trial active")
    there(stage.nora, news).presses("History")
    stage.nora.sees("saved the trial")
    there(stage.tom, news).submits({"form": "trial.note", "trial": trial.id, "text": "Sad"})
    stage.tom.sees("Note added")
    stage.idle()
    untouched(stage.tom, news)


@pytest.mark.parametrize(
    ("press", "said"), [("Accept", "Clara Bauer accepted"), ("Decline", "Clara Bauer declined")]
)
def test_news_of_consent_is_never_replaced(stage: Stage, press: str, said: str) -> None:
    trial, card = asked(stage)
    card.presses(press)
    news = stage.tom.sees(said, trial.code)
    stays_through_answers(stage, trial, news)


def test_news_that_the_customer_cancelled_is_never_replaced(stage: Stage) -> None:
    without_digest(stage)
    trial = stage.a_trial(customer_notices=False)
    tom = stage.tom.alone()
    tom.says(f"cancel {trial.code}")
    form = tom.sees("Who is cancelling?")
    form.fills(whose="customer", done_on="2026-12-01", typed=trial.code).presses("Cancel trial")
    news = stage.nora.sees("ancelled", trial.code)
    stays_through_answers(stage, trial, news)


def stays_through_answers(stage: Stage, trial: Trial, news: Message) -> None:
    """Check that answers, presses on the news and reminders leave it as it is."""
    for who in (stage.tom, stage.nora):
        for word in ("show", "history", "reminders"):
            who.says(f"{word} {trial.code}")
            stage.idle()
            there(who, news).submits({"form": "word", "word": word, "rest": trial.code})
            stage.idle()
    stage.clock.days(3)
    stage.clock.days(30)
    untouched(stage.nora, news)


# ------------------------------------------------------------------ what is somebody's


def test_reading_does_not_destroy_somebody_elses_form(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(25)
    form = a_form(stage, trial)
    stage.viktor.says(f"show {trial.code}").sees(trial.code, "Trial active")
    there(stage.viktor, form).presses("Back")
    stage.viktor.sees(trial.code)
    there(stage.viktor, form).submits({"form": "privately", "word": f"show {trial.code}"})
    stage.viktor.sees("in a private chat")
    stage.idle()
    untouched(stage.tom, form)
    form.presses("Extend")
    stage.tom.sees("→ Mon, 25 Jan 2027")
    assert wanted(stage, trial) == [EXTENSION]


def test_a_refusal_does_not_destroy_somebody_elses_form(stage: Stage) -> None:
    trial = stage.a_trial()
    form = a_form(stage, trial)
    jo = jo_in_the_space(stage)
    for who in (stage.viktor, stage.ines, jo):
        there(who, form).presses("Extend")
        stage.idle()
        there(who, form).submits({"form": "trial.note", "trial": trial.id, "version": "x"})
        stage.idle()
    untouched(stage.tom, form)
    assert stage.trial(trial.code).version == trial.version


def test_a_colleague_acts_for_themselves_and_gets_an_answer_of_their_own(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(25)
    form = a_form(stage, trial)
    there(stage.nora, form).presses("Extend")
    answer = stage.nora.sees("→ Mon, 25 Jan 2027")
    stage.idle()
    assert answer.id != form.id
    untouched(stage.tom, form)
    stage.nora.says(f"history {trial.code}").sees("Nora")


def test_an_overtaken_form_comes_back_as_it_was_typed(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(25)
    form = a_form(stage, trial, done_on="2026-12-24")
    happens(stage, note, trial, text="Called Clara")
    form.presses("Extend")
    again = stage.tom.sees("That card is out of date", "Done in Partner Hub on")
    assert again.id == form.id
    assert again.inputs["done_on"]["value"] == "2026-12-24"
    again.presses("Extend")
    stage.tom.sees("→ Sat, 23 Jan 2027")


def test_a_form_pressed_twice_is_not_asked_again(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.clock.days(25)
    form = a_form(stage, trial)
    form.presses("Extend")
    stage.tom.sees("→ Mon, 25 Jan 2027")
    stage.idle()
    form.presses("Extend")
    stage.tom.sees("That card is out of date", "→ Mon, 25 Jan 2027").lacks(
        "Extensions run from today"
    )
    assert wanted(stage, trial) == [EXTENSION]


def test_an_overtaken_form_that_no_longer_fits_shows_the_trial(stage: Stage) -> None:
    trial = stage.a_trial()
    form = a_form(stage, trial)
    facts = {"whose": CancelledBy.PARTNER, "typed": trial.code, "done_on": stage.clock.today()}
    happens(stage, cancel, trial, **facts)
    form.presses("Extend")
    stage.tom.sees("That card is out of date", "Cancelled").lacks("Extensions run from today")


def test_ones_own_newer_card_replaces_the_older_one(stage: Stage) -> None:
    trial = stage.a_trial()
    form = a_form(stage, trial)
    stage.tom.says(f"show {trial.code}")
    card = stage.tom.sees(trial.code, "Trial active")
    stage.idle()
    assert form.id not in {m.id for m in stage.tom.messages()}
    card.presses("History")
    assert stage.tom.sees("saved the trial").id == card.id


def test_what_one_card_has_become_is_not_replaced_for_what_it_was(stage: Stage) -> None:
    one, two = stage.a_trial(), stage.a_trial(company="Lumen", administrator="a@lumen.example")
    stage.tom.says(f"show {one.code}")
    card = stage.tom.sees(one.code, "Trial active")
    card.submits({"form": "word", "word": "extend", "rest": two.code})
    form = stage.tom.sees(two.code, "Extensions run from today")
    stage.idle()
    stage.tom.says(f"show {one.code}").sees(one.code, "Trial active")
    stage.idle()
    assert form.id == card.id
    untouched(stage.tom, form)


def test_a_list_is_turned_by_its_owner_only(stage: Stage) -> None:
    for n in range(12):
        stage.a_trial(company=f"Customer {n:02}", administrator=f"a@c{n}.example")
    stage.tom.says("list")
    page = stage.tom.sees("Customer 00")
    stage.idle()
    there(stage.viktor, page).presses("Next")
    theirs = stage.viktor.sees("Customer 11")
    stage.idle()
    assert theirs.id != page.id
    untouched(stage.tom, page)
    page.presses("Next")
    assert stage.tom.sees("Customer 11").id == page.id


def test_one_to_one_a_card_is_replaced_whatever_it_was(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.tom.alone()
    alone.says("list")
    card = alone.sees("Meadow Foods")
    card.opens("Meadow Foods")
    assert alone.sees(trial.code, "Trial active").id == card.id


# ------------------------------------------------------------------ what we don't know


def test_a_message_that_is_no_longer_known_is_left_alone(stage: Stage) -> None:
    trial = stage.a_trial()
    form = a_form(stage, trial)
    with stage.database.transaction() as session:
        session.exec(delete(Outbox))
    there(stage.viktor, form).presses("Back")
    stage.viktor.sees(trial.code, "Trial active")
    stage.idle()
    untouched(stage.tom, form)
    form.presses("Back")
    assert stage.tom.sees(trial.code, "Trial active").id == form.id, "the slot knows its owner"
    with stage.database.transaction() as session:
        session.exec(delete(Outbox))
        session.exec(delete(Slot))
    card = stage.tom.finds(trial.code, "Trial active")
    assert card is not None
    there(stage.tom, card).presses("History")
    assert stage.tom.sees("saved the trial").id != card.id
    stage.idle()
    untouched(stage.tom, card)


def test_cards_of_the_former_release_do_no_harm(stage: Stage) -> None:
    trial = stage.a_trial()
    form = a_form(stage, trial)
    with stage.database.transaction() as session:
        former = {"name": f"trial/{trial.id}/summary", "owner": None}
        session.exec(update(Slot).where(col(Slot.name).like("trial/%/card/%")).values(former))
        session.exec(update(Outbox).values(owner=None))
    stage.nora.says(f"show {trial.code}").sees(trial.code, "Trial active")
    form.presses("Extend")
    answer = stage.tom.sees(trial.code)
    stage.idle()
    assert answer.id != form.id
    untouched(stage.tom, form)
    with stage.database.reading() as session:
        names = session.exec(select(Slot.name).order_by(col(Slot.id))).all()
    assert [name for name in names if name.endswith("/summary")] == [f"trial/{trial.id}/summary"]


# ------------------------------------------------------------------ refusals


def test_a_refusal_within_the_answer_to_a_refusal_ends_as_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(turn: Turn, no: Refused) -> list[Any]:
        raise Refused(NOT_ALLOWED)

    trial = stage.a_trial()
    form = a_form(stage, trial)
    happens(stage, note, trial, text="Called Clara")
    monkeypatch.setitem(reasons, OLD_CARD, lost)
    form.presses("Extend")
    stage.tom.sees("Your role doesn't allow this").lacks("wrong on my side")
    stage.idle()
    untouched(stage.tom, form)
