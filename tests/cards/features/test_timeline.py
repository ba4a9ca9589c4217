"""The timeline on a trial's card: its stops in every status, its rows, and the same as text."""

from datetime import date, timedelta
from typing import Any

import pytest

from cards.features.shared.timeline import IN_A_ROW, stops, timeline, timeline_text
from cards.features.shared.trial import trial_card
from cards.kit import kit
from cards.kit.kit import Card
from cards.kit.words import Words
from store.features.convert import CONVERSION
from store.features.extend import EXTENSION
from store.rules.hub import open_changes
from store.rules.statuses import LIVE, status
from store.terms import DeviceType, Role, Service
from tests.cards.make import STATES, TODAY, a_shipment, a_task, a_trial
from tests.people import elements

WORDS = Words()
BEGUN = "● Consent 22 Nov · ● Provisioned 24 Nov"
SEPTEMBER = {
    "asked_on": date(2026, 8, 20),
    "accepted_on": date(2026, 8, 22),
    "provisioned_on": date(2026, 9, 1),
    "first_day": date(2026, 9, 1),
}
"""A trial that ran before the others."""

LINES: dict[str, str] = {
    "asked": "▲ Today 1 Dec · ○ Consent by 20 Dec · ○ Start · ◇ End after 30 days",
    "to request": "▲ Today 1 Dec · ○ Consent (to be requested) · ○ Start · ◇ End after 30 days",
    "declined here": "▲ Today 1 Dec · ○ Consent by 20 Dec (declined here) · ○ Start"
    " · ◇ End after 30 days",
    "accepted here": "● Consent 22 Nov (not seen in Partner Hub) · ▲ Today 1 Dec"
    " · ○ Start (to be provisioned) · ◇ End after 30 days",
    "accepted": "● Consent 22 Nov · ▲ Today 1 Dec · ○ Start (to be provisioned)"
    " · ◇ End after 30 days",
    "new": "▲ Today 1 Dec · ○ Start (to be started) · ◇ End after 30 days",
    "paid": "▲ Today 1 Dec · ○ Start (to be started) · ◇ End after 30 days",
    "running": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "last day to answer": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 1 Dec · ◆ Grace ends 31 Dec",
    "grace": "● Consent 22 Aug · ● Provisioned 1 Sept · ◆ End 21 Nov · ▲ Today 1 Dec"
    " · ◆ Grace ends 21 Dec · ◆ Numbers released 5 Jan",
    "extended": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "extension wanted": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec (→ 31 Dec if done today)"
    " · ◆ Grace ends 23 Jan",
    "unsure": "● Consent 22 Aug · ● Provisioned 1 Sept · ◆ End 25 Oct (extension not confirmed)"
    " · ◆ Grace ends 24 Nov · ▲ Today 1 Dec",
    "to be cancelled": f"{BEGUN} · ▲ Today 1 Dec (to be cancelled) · ◆ End 24 Dec"
    " · ◆ Grace ends 23 Jan",
    "services wanted": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "let go": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "ordered": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "handed over": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan",
    "ended": "● Consent 22 Aug · ● Provisioned 1 Sept · ◆ End 1 Oct · ◆ Grace ends 31 Oct"
    " · ▲ Today 1 Dec",
    "converted": f"{BEGUN} · ● Converted 30 Nov · ▲ Today 1 Dec",
    "cancelled": f"{BEGUN} · ✕ Cancelled 30 Nov · ▲ Today 1 Dec",
    "lapsed": "✕ No consent 31 Oct · ▲ Today 1 Dec",
    "with devices": f"{BEGUN} · ▲ Today 1 Dec · ◆ End 24 Dec · ◆ Grace ends 23 Jan"
    " · ◆ Numbers released 7 Feb · ◆ Devices due 7 Feb",
}
EARLIER = {"grace", "unsure", "ended"}


def line(state: str, **changes: Any) -> str:
    earlier = SEPTEMBER if state in EARLIER else {}
    trial = a_trial(**STATES[state] | earlier | changes)
    return timeline_text(stops(trial, WORDS, TODAY), WORDS)


def test_every_state_has_its_line() -> None:
    assert {state: line(state) for state in STATES} == LINES


def test_what_happened_before_the_end_of_a_trial_is_kept() -> None:
    late = {"ends": date(2026, 11, 26), **SEPTEMBER}
    begun = "● Consent 22 Aug · ● Provisioned 1 Sept · ◆ End 26 Nov"
    assert line("converted", **late) == f"{begun} · ● Converted 30 Nov · ▲ Today 1 Dec"
    assert line("cancelled", **late) == f"{begun} · ✕ Cancelled 30 Nov · ▲ Today 1 Dec"
    declined = {"accepted_on": None, "provisioned_on": None, "ends": None}
    assert line("cancelled", **declined, cancelled_by="declined") == (
        "✕ No consent 30 Nov · ✕ Cancelled 30 Nov · ▲ Today 1 Dec"
    )


def test_a_trial_that_ran_without_a_recorded_consent_lacks_nothing() -> None:
    assert line("running", accepted_on=None).startswith("● Provisioned 24 Nov · ▲ Today 1 Dec")


def test_a_first_day_that_lies_ahead_is_named() -> None:
    assert "○ Start 9 Dec (to be started)" in line("new", first_day=date(2026, 12, 9))


def test_a_day_far_away_has_its_year() -> None:
    far = line("running", ends=TODAY + timedelta(days=300))
    assert "◆ End 27 Sept 2027 · ◆ Grace ends 27 Oct 2027" in far


def test_devices_show_the_earliest_day_until_all_are_back() -> None:
    back = {"returned_on": TODAY}
    early = a_shipment(expires_on=date(2026, 11, 1))
    late = a_shipment(id=10, type=DeviceType.ROOM, expires_on=date(2026, 12, 20))
    unknown = a_shipment(id=11, type=DeviceType.DESK, expires_on=None)
    assert "◆ Devices due 15 Nov · ● Consent" in line("running", shipments=(late, early))
    assert line("running", shipments=(unknown,)).endswith("◇ Devices due date unknown")
    assert "Devices" not in line("running", shipments=(a_shipment(**back),))
    assert line("cancelled", shipments=(late,)).endswith("▲ Today 1 Dec · ◆ Devices due 3 Jan")


def test_a_row_has_few_enough_columns_for_a_narrow_window() -> None:
    for state in STATES:
        trial = a_trial(**STATES[state])
        rows = timeline(stops(trial, WORDS, TODAY))
        content = kit.card(WORDS, "timeline", rows).content
        assert content is not None
        widths = {len(row["columns"]) for row in content["body"]}
        assert len(widths) == 1, "rows stand in line"
        assert max(widths) <= IN_A_ROW


def test_what_waits_for_partner_hub_is_amber() -> None:
    shown = [each for each in elements(card_of("extension wanted").content)
             if each.get("text") == "→ 31 Dec if done today"]  # fmt: skip
    assert [each["color"] for each in shown] == ["warning"]


def card_of(state: str, role: Role | None = Role.FULL, **changes: Any) -> Card:
    trial = a_trial(**STATES[state] | changes)
    return trial_card(trial, role=role, own=True, words=WORDS, today=TODAY)


def test_the_card_and_its_text_show_the_timeline() -> None:
    card = card_of("running")
    assert LINES["running"] in card.text
    assert {"▲ Today", "◆ Grace ends"} <= {each.get("text") for each in elements(card.content)}


# ------------------------------------------------------------------ what stands beside it


def colored(node: Any) -> list[str]:
    """The titles of the coloured buttons that one sees at once."""
    if isinstance(node, list):
        return [title for each in node for title in colored(each)]
    if not isinstance(node, dict):
        return []
    own = [node["title"]] if node.get("style") == "positive" else []
    inside = [] if node.get("type") == "Action.ShowCard" else list(node.values())
    return own + colored(inside)


@pytest.mark.parametrize("state", STATES)
def test_the_next_step_is_the_one_coloured_button(state: str) -> None:
    trial = a_trial(**STATES[state])
    live = status(trial, TODAY) in LIVE
    titles = colored(card_of(state).content)
    assert len(titles) == int(live), titles
    if live and open_changes(trial):
        assert titles == [
            "Partner Hub shows it" if state == "accepted here" else "Done in Partner Hub today"
        ]
    assert colored(card_of(state, Role.READ_ONLY).content) == []


@pytest.mark.parametrize(
    ("state", "step"),
    [("running", "Extend…"), ("grace", "Convert…"), ("asked", "Consent…"), ("ended", None)],
)
def test_the_likeliest_step_is_coloured(state: str, step: str | None) -> None:
    assert colored(card_of(state).content) == ([step] if step else [])


def test_of_several_open_changes_the_first_is_coloured() -> None:
    tasks = (a_task(EXTENSION), a_task(CONVERSION, id=6))
    assert len(colored(card_of("ordered", tasks=tasks).content)) == 1
    assert colored(card_of("ordered", tasks=tasks[1:]).content) == ["Convert…"]


def test_facts_beyond_dates_and_services_are_folded() -> None:
    card = card_of("with devices", services=tuple(Service))
    assert card.content is not None
    open_ = [fact["title"] for part in card.content["body"] for fact in part.get("facts", [])]
    assert open_ == ["Services", "Consent given", "Provisioned", "First day", "Ends on",
                     "Grace ends on", "Phones", "Room devices"]  # fmt: skip
    folded = [fact["title"] for each in elements(card.content) for fact in each.get("facts", [])]
    assert {"Licences", "Administrator", "Customer notices"} <= set(folded) - set(open_)
