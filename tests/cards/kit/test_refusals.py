"""Refusals: a sentence for every reason, with and without its facts."""

from datetime import UTC, date, datetime

import pytest

from cards.kit.refusals import SENTENCES, refusal
from cards.kit.words import LANGUAGES, Words
from store.refusals import Reason, Refused
from store.rules.hub import Step
from store.rules.transitions import Change
from store.terms import Service, Status

DAY = date(2026, 12, 24)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_even_without_facts(reason: Reason, language: str) -> None:
    said = refusal(Words(language), Refused(reason))
    assert len(said) > 20
    assert "{" not in said


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (Refused(Reason.SHORTENS, old=DAY, new=DAY, pays_from=DAY), "Thu, 24 Dec 2026"),
        (
            Refused(Reason.WRONG_STATUS, status=Status.GRACE, change=Change.EXTEND),
            "“Trial expired, in grace”",
        ),
        (Refused(Reason.NOT_AN_EXTENSION_CHOICE, days=31, choices=(30, 60)), "30 and 60 days"),
        (
            Refused(Reason.SERVICE_TAKEN, services=(Service.CALLING, Service.DEVICES)),
            "Calling and Webex devices",
        ),
        (
            Refused(Reason.CHECKLIST_OPEN, items=(Step.ORDER_NUMBER, Step.DATA_CHECKED)),
            "order number and customer's data checked",
        ),
        (Refused(Reason.SERIAL_UNKNOWN, serials=["<@all>", "A*"]), r"\<\@all\> and A\*"),
        (Refused(Reason.DRAFT_GONE, trial_id=1, code="T-7K3Q"), "T-7K3Q"),
        (Refused(Reason.WRONG_CODE, code="T-7K3Q"), "type T-7K3Q"),
        (Refused(Reason.DAY_TOO_EARLY, day=DAY, not_before=DAY), "before Thu, 24 Dec 2026"),
    ],
)
def test_facts_are_said(refused: Refused, expected: str) -> None:
    assert expected in refusal(Words(), refused)


def test_a_time_is_told_on_the_clocks_of_the_space() -> None:
    again_at = datetime(2026, 12, 24, 9, 30, tzinfo=UTC)
    refused = Refused(Reason.RESENT_RECENTLY, again_at=again_at)
    assert "11:30" in refusal(Words(), refused, "Europe/Sofia")


@pytest.mark.parametrize("reason", [Reason.SERVICE_TAKEN, Reason.SITE_TAKEN])
def test_what_is_taken_is_never_said_by_whom(reason: Reason) -> None:
    assert not any("{code}" in s or "{partner}" in s for s in SENTENCES[reason])
