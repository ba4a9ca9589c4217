"""Reminders: each kind's text, actual date and buttons; several combined into one card."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.features import customer_notices
from cards.features.customer_notices import (
    CUSTOMER_NOTICES,
    StopNotices,
    WantToBuy,
    customer_notice,
)
from cards.features.partner_hub import DoneToday
from cards.features.reminders import Row, missing_fact, morning, notice
from cards.features.snooze import Snooze
from cards.kit import reminding
from cards.kit.offers import every_offer
from cards.kit.reminding import Notice, notices
from cards.kit.words import Words
from store.features.cancel import CANCELLATION
from store.features.consent import ACCEPTANCE, DECLINING
from store.features.convert import CONVERSION
from store.features.customer_notices import CUSTOMER_END, CUSTOMER_MINUS_7, MAILED, UNREACHABLE
from store.features.digest import DIGEST, Week
from store.features.expiry import END, END_MINUS_7, END_MINUS_14, GRACE_15, GRACE_27, GRACE_29
from store.features.extend import EXTENSION
from store.features.partner_hub import HUB_1, HUB_FORMER
from store.features.provisioned import PROVISIONING
from store.features.returns import DEVICE_7
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE
from store.features.start import REQUEST
from store.rules.plan import Ring, day_of, plan, topic_of
from store.rules.reminder_kinds import ReminderKind, Topic, decided
from store.rules.statuses import LIVE, status
from store.rules.transitions import allowed
from store.tables import Trial
from store.terms import State, Status
from tests.cards.features.test_trial import pressed
from tests.cards.make import (
    STATES,
    TODAY,
    a_customer,
    a_partner,
    a_person,
    a_shipment,
    a_task,
    a_trial,
)
from tests.store import examples
from tests.store.examples import calendar_days, rule, trials

WORDS = Words()


def test_every_kind_of_reminder_has_a_text() -> None:
    assert set(notices) | set(CUSTOMER_NOTICES) | {DIGEST} == set(ReminderKind.all())
    assert all(kind.to_customer for kind in CUSTOMER_NOTICES)


@pytest.mark.parametrize("kind", list(notices))
def test_the_first_line_names_the_trial_and_mentions_nobody(kind: ReminderKind) -> None:
    trial = a_trial(tasks=(a_task(),), shipments=(a_shipment(),))
    shipment = trial.shipments[0]
    card = notice(kind, trial, WORDS, TODAY, TODAY, shipment=shipment, mentions=[a_person()])
    first, *rest = card.text.split("\n")
    subject = re.sub(r"\\{\w+\\}", ".+", re.escape(notices[kind].line))
    plainly = "reminder of [^:]+: please look at the trial"  # without a topic, as here
    assert re.fullmatch(rf"\*\*Meadow Foods\*\* · T-7K3Q · ({subject}|{plainly})", first)
    assert "<@personId:" not in first
    assert "<@personId:" in "".join(rest)


def test_a_reminder_sent_early_names_the_actual_date() -> None:
    ends = date(2026, 12, 6)
    card = notice(END, a_trial(ends=ends), WORDS, date(2026, 12, 4), ends)
    assert "Sun, 6 Dec 2026" in card.text


def test_grace_days_are_counted_from_the_actual_end() -> None:
    ends = TODAY - timedelta(days=27)
    card = notice(GRACE_27, a_trial(ends=ends), WORDS, TODAY, TODAY)
    assert "(3 days left)" in card.text
    assert "can't be restored" in card.text


@pytest.mark.parametrize("kind", list(notices))
def test_deadline_reminders_offer_no_snooze(kind: ReminderKind) -> None:
    trial = a_trial(shipments=(a_shipment(),))
    card = notice(kind, trial, WORDS, TODAY, TODAY, shipment=trial.shipments[0])
    snoozes = [data for data in pressed(card.content) if data["form"] == Snooze.key]
    assert bool(snoozes) == kind.can_wait
    for data in snoozes:
        assert Snooze.parse(data).kind is kind


def test_a_reminder_cannot_be_snoozed_past_the_next_deadline() -> None:
    trial = a_trial(ends=TODAY + timedelta(days=2))
    card = notice(END_MINUS_7, trial, WORDS, TODAY, TODAY)
    offered = [data["days"] for data in pressed(card.content) if data["form"] == Snooze.key]
    assert offered == [1]


def test_only_trials_with_calling_get_the_calling_warnings() -> None:
    assert "suspended" in notice(END, a_trial(**STATES["grace"]), WORDS, TODAY, TODAY).text
    assert "suspended" not in notice(END, a_trial(), WORDS, TODAY, TODAY).text


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("US", "call UPS"),
        ("CA", "DHL"),
        ("DE", "DHL"),
        ("AU", "Expeditors"),
        ("JP", "webextrials_info"),
    ],
)
def test_return_instructions_depend_on_the_country(country: str, said: str) -> None:
    shipment = a_shipment(country=country)
    card = notice(DEVICE_7, a_trial(), WORDS, TODAY, TODAY, shipment=shipment)
    assert said in card.text
    assert "FOC1 and FOC2" in json.dumps(card.content)


def rows(*kinds: ReminderKind) -> list[Row]:
    trials = (a_trial(id=n, code=f"T-{n}", shipments=(a_shipment(),)) for n in range(999))
    return [Row(kind, trial, TODAY, trial.shipments[0]) for kind, trial in zip(kinds, trials)]  # noqa: B905


def test_the_morning_card_sorts_by_urgency_and_opens_each_trial() -> None:
    card = morning(rows(END_MINUS_14, GRACE_29, HUB_1), WORDS, TODAY)
    opened = [d["rest"] for d in pressed(card.content["body"]) if d.get("word") == "show"]
    assert opened == ["T-1", "T-2", "T-0"]
    assert "3 reminders for today" in card.text


def test_up_to_three_trials_are_shown_in_full_and_more_as_lines() -> None:
    kinds = [END, GRACE_29, END_MINUS_7, HUB_1]
    for count, whole in ((3, True), (4, False)):
        card = morning(rows(*kinds[:count]), WORDS, TODAY)
        assert ("can't be restored" in card.text) is whole


@pytest.mark.parametrize("count", [3, 4, 9])
def test_each_row_has_the_buttons_of_its_reminder(count: int) -> None:
    due = rows(*sorted(notices, key=lambda kind: kind.urgency)[:count])
    body = morning(due, WORDS, TODAY).content["body"]
    for row, drawn in zip(due, body[1:], strict=False):
        single = notice(row.kind, row.trial, WORDS, TODAY, TODAY, shipment=row.shipment)
        alone = [{**data, "beside": 1} for data in pressed(single.content)]
        assert [{**data, "beside": 1} for data in pressed(drawn)] == alone, row.kind


def test_a_trial_with_several_reminders_has_one_row_with_each_button_once() -> None:
    others = rows(END, GRACE_29, END_MINUS_7)
    trial = a_trial(code="T-ONE", tasks=(a_task(),), shipments=(a_shipment(),))
    kinds = (END_MINUS_14, DEVICE_7, HUB_1)
    topics = ("", "/shipment9", "/task5")
    ours = [
        Row(kind, trial, TODAY, trial.shipments[0] if kind is DEVICE_7 else None, topic=topic)
        for kind, topic in zip(kinds, topics, strict=True)
    ]
    card = morning([*others, *ours], WORDS, TODAY)
    assert card.text.count("T-ONE") == 1
    (line,) = [line for line in card.text.split("\n") if "T-ONE" in line]
    assert all(said in line for said in ("ends on", "still to do in Partner Hub", "due back"))
    sent = [json.dumps(data) for data in pressed(card.content) if '"T-ONE"' in json.dumps(data)]
    assert len(sent) == len(set(sent))
    confirms = [data for data in pressed(card.content) if data["form"] == DoneToday.key]
    assert len(confirms) == 1


def test_a_trial_in_the_rows_is_left_out_of_the_week() -> None:
    phones = a_shipment(expires_on=TODAY)
    trial = a_trial(code="T-ONE", shipments=(phones,))
    other = a_trial(id=18, code="T-TWO", shipments=(a_shipment(expires_on=TODAY),))
    week = Week([trial, other], [trial, other], [])
    card = morning([Row(END_MINUS_14, trial, TODAY)], WORDS, TODAY, week=week)
    for code in ("T-ONE", "T-TWO"):
        (line,) = [line for line in card.text.split("\n") if code in line]
        assert "due back by Tue, 15 Dec 2026" in line


def test_several_customers_who_cannot_be_reached_are_one_row() -> None:
    card = morning(rows(UNREACHABLE, END, UNREACHABLE), WORDS, TODAY)
    assert "2 reminders for today" in card.text
    assert card.text.count("can't reach these customers") == 1
    assert "T-0 · clara.bauer@meadow.example" in card.text
    assert "T-2 · clara.bauer@meadow.example" in card.text
    alone = morning(rows(UNREACHABLE, END), WORDS, TODAY)
    assert "I can't reach clara.bauer@meadow.example" in alone.text


def test_of_several_customers_those_who_get_e_mails_are_told_apart() -> None:
    due = rows(UNREACHABLE, UNREACHABLE)
    due[0].trial.extras[MAILED] = due[0].trial.customer.administrator
    text = morning(due, WORDS, TODAY).text
    assert "so they get no messages" not in text
    assert "T-0 · clara.bauer@meadow.example · gets e-mails" in text
    assert "T-1 · clara.bauer@meadow.example · gets no messages" in text


def test_what_is_left_of_a_morning_card_names_its_day() -> None:
    card = morning(rows(END, HUB_1), WORDS, TODAY, since=date(2026, 11, 30))
    assert card.text.startswith("**Reminders of Mon, 30 Nov 2026**\n")


def test_a_late_reminder_counts_days_from_today() -> None:
    trial = a_trial(ends=TODAY - timedelta(days=18))
    card = notice(GRACE_15, trial, WORDS, TODAY, TODAY - timedelta(days=3))
    assert "(12 days left)" in card.text


def test_an_overlong_morning_card_says_how_many_reminders_it_omits() -> None:
    kinds = sorted(notices.keys() - {UNREACHABLE}, key=lambda kind: kind.urgency) * 3
    due = rows(*kinds)
    card = morning(due, WORDS, TODAY)
    shown = {d["rest"] for d in pressed(card.content["body"]) if d.get("word") == "show"}
    assert len(shown) > 15
    assert f"and {len(due) - len(shown)} more" in card.text


@pytest.mark.parametrize("kind", list(CUSTOMER_NOTICES))
def test_a_customer_notice_names_its_sender_and_can_be_stopped(kind: ReminderKind) -> None:
    trial = a_trial(shipments=(a_shipment(),))
    card = customer_notice(kind, trial, WORDS, contact=a_person(), shipment=trial.shipments[0])
    assert "Harbour Networks" in card.text
    assert "Nora Lindqvist" in card.text
    forms: list[Any] = [data["form"] for data in pressed(card.content)]
    assert StopNotices.key in forms
    about_service = kind in (CUSTOMER_MINUS_7, CUSTOMER_END)
    assert (WantToBuy.key in forms) == about_service


def test_a_kind_says_a_fact_of_its_own_and_does_without_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reminding, "notices", {})
    reminding.reminds(END, "call {whom}", facts={"whom": lambda trial, topic, day: topic or None})
    monkeypatch.setitem(notices, END, reminding.notices[END])
    assert "call /clara" in notice(END, a_trial(), WORDS, TODAY, TODAY, topic="/clara").text
    assert "reminder of Tue, 1 Dec 2026" in notice(END, a_trial(), WORDS, TODAY, TODAY).text


def test_a_change_of_the_former_release_is_named() -> None:
    start, extend = a_task(id=4, change="start"), a_task(id=5, change="extend", waits=False)
    trial = a_trial(tasks=(start, extend))
    card = notice(HUB_FORMER, trial, WORDS, TODAY, TODAY, topic="/task5")
    assert "check in Partner Hub: Extend the trial (some steps" in card.text.replace("\\", "")
    assert "Start the trial" not in card.text.splitlines()[0]
    unknown = a_trial(tasks=(a_task(id=6, change="of-a-newer-release"),))
    card = notice(HUB_FORMER, unknown, WORDS, TODAY, TODAY, topic="/task6")
    assert "of-a-newer-release (some" in card.text.replace("\\", "")


# ------------------------------------------------------------------ no fact is missing

DECIDES = {Status.GRACE: State.ACTIVE, Status.ENDED: State.ENDED, Status.CANCELLED: State.CANCELLED}
"""The state of a trial after a date has decided its status."""


@rule
@given(trial=trials(), today=calendar_days)
def test_every_planned_reminder_has_all_the_facts_in_its_text(trial: Trial, today: date) -> None:
    complaints = {
        f"{ring.kind} says {{{fact}}}, but it is planned for trials that haven't it: {state}"
        for ring in plan(trial, trial_of_a_partner(trial), now=examples.at(today))
        for state in states_when_it_rings(ring.kind, trial)
        if (fact := says(ring, trial, state))
    }
    assert not complaints, "\n".join(sorted(complaints))


OPEN_IN = {
    State.CONSENT: [REQUEST, DECLINING, CANCELLATION],
    State.PROVISIONING: [REQUEST, ACCEPTANCE, PROVISIONING, SERVICE_CHANGE, CANCELLATION],
    State.ACTIVE: [EXTENSION, SERVICE_CHANGE, LICENCE_CHANGE, CONVERSION, CANCELLATION],
}
"""The changes that can be open in each state."""


@rule
@given(trial=trials(tuple(OPEN_IN)), today=calendar_days, data=st.data())
def test_every_planned_reminder_offers_only_what_the_trial_allows(
    trial: Trial, today: date, data: st.DataObject
) -> None:
    opened = data.draw(st.sampled_from(OPEN_IN[trial.state]))
    trial.hub_tasks = [a_task(opened, saved_on=trial.saved_on, waits=True)]
    complaints = {
        f"{ring.kind} offers {word}, which is refused: {status(trial, ring.names_day)}"
        for ring in plan(trial, trial_of_a_partner(trial), now=examples.at(today))
        if ring.kind.topic is not Topic.DEVICES  # nothing is shipped before consent
        if not ring.kind.to_customer and status(trial, ring.names_day) in LIVE
        for _, word in notices[ring.kind].buttons
        if refuses(trial, word, ring.names_day)
    }
    assert not complaints, "\n".join(sorted(complaints))


def refuses(trial: Trial, word: str, today: date) -> bool:
    """Whether a button only leads to changes that the trial's status doesn't allow."""
    changes = [offer.change for offer in every_offer if offer.word == word and offer.change]
    return bool(changes) and not any(allowed(trial, change, today) for change in changes)


def trial_of_a_partner(trial: Trial) -> Any:
    trial.partner, trial.customer, trial.space = a_partner(), a_customer(), examples.a_space()
    return trial.space


def states_when_it_rings(kind: ReminderKind, trial: Trial) -> set[State]:
    return {DECIDES[decided[kind].status]} if kind in decided else {trial.state}


def says(ring: Ring, trial: Trial, state: State) -> str:
    """Write a reminder as it rings and return the fact that it lacks."""
    day, planned_in = day_of(ring.kind, ring.anchor), trial.state
    shipment = next((each for each in trial.shipments if each.id == ring.shipment_id), None)
    trial.state = state
    try:
        if ring.kind.to_customer:
            customer_notice(ring.kind, trial, WORDS, shipment=shipment)
            return customer_notices.missing_fact(ring.kind, trial, WORDS, shipment)
        topic = topic_of(ring.key)
        notice(ring.kind, trial, WORDS, day, day, shipment=shipment, topic=topic)
        return missing_fact(Row(ring.kind, trial, day, shipment, topic=topic), WORDS, day)
    finally:
        trial.state = planned_in


def test_a_text_cannot_use_a_fact_that_its_topic_lacks() -> None:
    with pytest.raises(ValueError, match="uses \\['due'\\]; of its topic there are"):
        reminding.reminds(DIGEST, "they are due on {due}")
    assert DIGEST not in notices


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_card_puts_each_reminder_in_words_once(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    said = {"left": lambda trial, topic, day: asked.append(trial.code)}
    monkeypatch.setitem(notices, END, Notice("ends", "Decide.", facts=said))
    several = [a_trial(code=f"T-{n}") for n in range(count)]
    morning([Row(END, trial, TODAY) for trial in several], WORDS, TODAY)
    assert asked == [trial.code for trial in several]


def test_a_missing_fact_error_names_the_trial_and_the_day() -> None:
    unfinished = a_trial(state=State.PROVISIONING, ends=None)
    card = notice(END, unfinished, WORDS, TODAY, TODAY, mentions=[a_person()])
    first = "**Meadow Foods** · T-7K3Q · reminder of Tue, 1 Dec 2026: please look at the trial"
    assert card.text.split("\n")[0] == first
    assert "<@personId:" in card.text
    four = [a_trial(code=f"T-{n}", state=State.PROVISIONING, ends=None) for n in range(4)]
    card = morning([Row(END, trial, TODAY) for trial in four], WORDS, TODAY)
    assert card.text.count("reminder of Tue, 1 Dec 2026") == 4
    card = customer_notice(CUSTOMER_END, unfinished, WORDS)
    assert "Webex trial for Meadow Foods" in card.text
    assert "Please ask Harbour Networks what is next for it" in card.text
