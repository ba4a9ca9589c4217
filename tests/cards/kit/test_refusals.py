"""Refusals: every reason has a sentence, with and without its facts."""

from datetime import UTC, date, datetime

import pytest

import cards.features  # noqa: F401 (declares every sentence)
from cards.kit.refusals import refusal, sentences
from cards.kit.words import Words
from store.features.cancel import WRONG_CODE
from store.features.drafts import DRAFT_GONE
from store.features.extend import EXTEND
from store.features.returns import SERIAL_UNKNOWN
from store.features.start import SITE_TAKEN
from store.refusals import DAY_TOO_EARLY, WRONG_STATUS, Reason, Refused
from store.rules.eligibility import SERVICE_TAKEN
from store.rules.extensions import NOT_AN_EXTENSION_CHOICE, SHORTENS
from store.rules.hub import CHECKLIST_OPEN, Step
from store.rules.resends import RESENT_RECENTLY
from store.terms import Service, Status

DAY = date(2026, 12, 24)


@pytest.mark.parametrize("reason", list(Reason.all()))
def test_every_reason_has_a_sentence_even_without_facts(reason: Reason, language: str) -> None:
    said = refusal(Words(language), Refused(reason))
    assert len(said) > 15
    assert "{" not in said


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (Refused(SHORTENS, old=DAY, new=DAY, pays_from=DAY), "Thu, 24 Dec 2026"),
        (
            Refused(WRONG_STATUS, status=Status.GRACE, change=EXTEND),
            "“Trial expired, in grace”",
        ),
        (Refused(NOT_AN_EXTENSION_CHOICE, days=31, choices=(30, 60)), "(days): 30 and 60"),
        (
            Refused(SERVICE_TAKEN, services=(Service.CALLING, Service.DEVICES)),
            "Calling and Webex devices",
        ),
        (
            Refused(CHECKLIST_OPEN, items=(Step.ORDER_NUMBER, Step.DATA_CHECKED)),
            "order number and customer data checked",
        ),
        (Refused(SERIAL_UNKNOWN, serials=["<@all>", "A*"]), r"\<\@all\> and A\*"),
        (Refused(DRAFT_GONE, trial_id=1, code="T-7K3Q"), "T-7K3Q"),
        (Refused(WRONG_CODE, code="T-7K3Q"), "Type T-7K3Q"),
        (Refused(DAY_TOO_EARLY, day=DAY, not_before=DAY), "Enter Thu, 24 Dec 2026 or later"),
    ],
)
def test_the_sentence_includes_the_facts(refused: Refused, expected: str) -> None:
    assert expected in refusal(Words(), refused)


def test_a_time_is_shown_in_the_spaces_time_zone() -> None:
    again_at = datetime(2026, 12, 24, 9, 30, tzinfo=UTC)
    refused = Refused(RESENT_RECENTLY, again_at=again_at)
    assert "11:30" in refusal(Words(), refused, "Europe/Sofia")


@pytest.mark.parametrize("reason", [SERVICE_TAKEN, SITE_TAKEN])
def test_a_taken_service_does_not_name_its_holder(reason: Reason) -> None:
    assert not any("{code}" in s or "{partner}" in s for s in sentences[reason])
