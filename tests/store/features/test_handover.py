"""Handing over all of a person's trials."""

from datetime import date
from typing import Any

from sqlmodel import Session

from store.act import Act
from store.features import handover
from store.features.shared.people import owns
from store.refusals import NO_SUCH_PERSON, NOT_ALLOWED
from tests.store.cast import NOW, House, a_trial, at, refused


def test_a_handover_moves_all_running_trials(session: Session, house: House) -> None:
    ours = [a_trial(session, house, administrator=f"a{n}@a.example") for n in range(3)]
    others = a_trial(session, house, administrator="b@b.example", by=house.full)
    facts: dict[str, Any] = {"from_id": house.admin.id, "act": Act(house.full, at(1))}
    day = date(2026, 12, 10)
    partner_id = house.partner.id
    assert handover.handover(session, partner_id, to_id=house.other.id, until=day, **facts) == 3
    assert all(owns(session, house.other, trial, day) for trial in ours)
    assert not owns(session, house.other, ours[0], date(2026, 12, 11))
    assert handover.handover(session, partner_id, to_id=house.other.id, **facts) == 3
    session.expire_all()
    assert not any(owns(session, house.admin, trial, day) for trial in [*ours, others])
    with refused(NO_SUCH_PERSON):
        handover.handover(session, partner_id, to_id=house.reader.id, **facts)
    with refused(NOT_ALLOWED):
        handover.handover(
            session, partner_id, Act(house.admin, NOW), from_id=house.admin.id, to_id=house.other.id
        )
