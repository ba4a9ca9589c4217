"""Consent: who may decide, where and until when; only one decision counts."""

from datetime import date
from typing import Any

from sqlmodel import Session

from store.act import Act
from store.features import access, consent, partner_hub, roles
from store.features.consent import (
    CONSENT_DECIDED,
    CONSENT_FROM_PARTNER,
    CONSENT_LAPSED,
    CONSENT_NOT_YOURS,
    DECLINING,
    NOT_FULL_ADMINISTRATOR,
)
from store.features.provisioned import PROVISIONING
from store.features.shared import insiders
from store.refusals import DAY_TOO_EARLY, OLD_CARD
from store.rules.hub import opened
from store.rules.resends import RESENT_RECENTLY
from store.rules.statuses import status
from store.tables import Consent, Person, Slot
from store.terms import Access, Answer, CancelledBy, Kind, Role, State, Status
from tests.store.cast import CONSUMER, NOW, TODAY, House, at, begun, by, meet, refused


def asked(session: Session, house: House, **changes: Any) -> tuple[Any, tuple[Consent, ...]]:
    form = {
        "kind": Kind.EXISTING,
        "administrator_is_full": False,
        "full_administrators": ["clara@meadow.example", "samir@meadow.example"],
        "administrator": "lena@meadow.example",
    }
    started = begun(session, house, **(form | changes))
    return started.trial, started.consents


def decide(session: Session, card: Consent, by: Person, day: int = 1, **changes: Any) -> Any:
    facts = {"room_id": "r", "direct": True, "accept": True, "full_access": False}
    return consent.decide(session, card.id, Act(by, at(day)), **facts | changes)


def test_the_first_full_administrators_decision_counts(session: Session, house: House) -> None:
    trial, (_, clara_card, samir_card) = asked(session, house)
    clara, samir = (
        meet(session, name, "org-meadow")
        for name in ("clara@meadow.example", "samir@meadow.example")
    )
    decision = decide(session, clara_card, clara)
    assert (trial.state, trial.access, trial.accepted_on) == (
        State.PROVISIONING,
        Access.NONE,
        date(2026, 12, 2),
    )
    assert {row.email for row in decision.others} == {"lena@meadow.example", "samir@meadow.example"}
    with refused(CONSENT_DECIDED):
        decide(session, samir_card, samir, accept=False)
    assert trial.state == State.PROVISIONING


def test_anyone_else_who_presses_is_refused(session: Session, house: House) -> None:
    _, (lena_card, clara_card, _) = asked(session, house)
    lena, clara = (
        meet(session, name, "org-meadow")
        for name in ("lena@meadow.example", "clara@meadow.example")
    )
    with refused(NOT_FULL_ADMINISTRATOR):
        decide(session, lena_card, lena)
    with refused(CONSENT_NOT_YOURS):
        decide(session, clara_card, lena)
    with refused(CONSENT_NOT_YOURS):
        decide(session, clara_card, clara, direct=False)
    session.add(Slot(address="email:x", name=f"consent/{clara_card.id}", room_id="there"))
    session.flush()
    with refused(CONSENT_NOT_YOURS):
        decide(session, clara_card, clara, room_id="elsewhere")
    decide(session, clara_card, clara, room_id="there")


def test_the_partners_own_people_cannot_decide(session: Session, house: House) -> None:
    _, cards = asked(session, house)
    given = {"email": "clara@meadow.example", "role": Role.READ_ONLY, "by": house.full}
    staff = roles.give(session, house.partner.id, **given, now=NOW)
    meet(session, "clara@meadow.example", "org-meadow")
    colleague = meet(session, "samir@meadow.example", house.admin.org_id)
    for card, person in [(cards[1], staff), (cards[2], colleague)]:
        with refused(CONSENT_FROM_PARTNER):
            decide(session, card, person)


def test_people_in_the_shared_consumer_organisation_are_not_colleagues(
    session: Session, house: House
) -> None:
    house.admin.org_id = CONSUMER
    _, (_, clara_card, _) = asked(session, house)
    decide(session, clara_card, meet(session, "clara@meadow.example", CONSUMER))
    assert insiders.is_consumer(CONSUMER)
    assert not insiders.is_consumer("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi94")
    assert not insiders.is_consumer("not base64 at all")


def test_consent_lapses_after_thirty_days_in_the_trials_time_zone(
    session: Session, house: House
) -> None:
    trial, (_, clara_card, samir_card) = asked(session, house)
    samir = meet(session, "samir@meadow.example", "org-meadow")
    with refused(CONSENT_LAPSED) as facts:
        decide(session, samir_card, samir, day=31)
    assert facts["deadline"] == date(2026, 12, 31)
    decide(session, clara_card, meet(session, "clara@meadow.example", "org-meadow"), day=30)
    assert trial.accepted_on == date(2026, 12, 31)


def test_declining_cancels_when_the_request_is_cancelled(session: Session, house: House) -> None:
    trial, (_, clara_card, _) = asked(session, house)
    decide(session, clara_card, meet(session, "clara@meadow.example", "org-meadow"), accept=False)
    assert status(trial, TODAY) is Status.DECLINED_HERE
    task = opened(trial, DECLINING)
    partner_hub.done_on(session, trial.id, task_id=task.id, **by(house.admin, day=3))
    assert (trial.state, trial.cancelled_by) == (State.CANCELLED, CancelledBy.DECLINED)
    assert trial.cancelled_on == date(2026, 12, 4)
    assert PROVISIONING not in [task.change for task in trial.hub_tasks]


def test_resending_invalidates_old_cards_and_keeps_the_deadline(
    session: Session, house: House
) -> None:
    trial, (_, old_card, _) = asked(session, house)
    clara = meet(session, "clara@meadow.example", "org-meadow")
    seen = trial.version
    with refused(RESENT_RECENTLY):
        consent.resend(session, trial.id, Act(house.admin, NOW.replace(minute=59), seen))
    again = consent.resend(session, trial.id, Act(house.admin, at(3), seen))
    assert (len(again.consents), len(again.replaced), trial.asked_on) == (3, 3, date(2026, 12, 1))
    with refused(OLD_CARD):
        decide(session, old_card, clara, day=4)
    decide(session, again.consents[1], clara, day=4)


def test_a_request_can_be_sent_to_a_different_address(session: Session, house: House) -> None:
    trial, (lena_card, _, _) = asked(session, house)
    assert consent.unreachable(session, lena_card.id) is not None
    assert consent.unreachable(session, lena_card.id) is None
    asked_now = consent.readdress(
        session,
        trial.id,
        Act(house.admin, at(1), trial.version),
        old="lena@meadow.example",
        new="Ben@Meadow.example",
        full_administrator=True,
    )
    assert [row.email for row in asked_now.consents] == ["ben@meadow.example"]
    assert (lena_card.answer, trial.customer.administrator) == (
        Answer.REPLACED,
        "ben@meadow.example",
    )


def test_a_decision_in_control_hub_is_recorded_with_its_day(session: Session, house: House) -> None:
    trial, cards = asked(session, house)
    facts: dict[str, Any] = {
        "act": Act(house.admin, at(5), trial.version),
        "accepted": True,
        "full_access": False,
    }
    with refused(DAY_TOO_EARLY):
        consent.record(session, trial.id, day=date(2026, 11, 30), **facts)
    consent.record(session, trial.id, day=date(2026, 12, 3), **facts)
    assert (trial.accepted_on, cards[1].answer) == (date(2026, 12, 3), Answer.DECIDED_BY_OTHER)
    access.access_given(
        session, trial.id, Act(house.admin, at(5), trial.version), day=date(2026, 12, 6)
    )
    assert trial.access == Access.FULL
