"""People, a partner and trials for the tests of the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from store.act import Act
from store.features import setup, start
from store.features.setup import PartnerFacts, SpaceFacts
from store.features.shared import people
from store.features.shared.trials import today_in
from store.features.start import NewTrial, Started
from store.refusals import Reason, Refused
from store.rules.reminder_kinds import ReminderKind
from store.tables import Partner, Person, Reminder, Space, Trial
from store.terms import Kind, Role, Service

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
CONSUMER = "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9jb25zdW1lcg"


def by(person: Any, day: int = 0, seen: int | None = None) -> dict[str, Any]:
    """An act: who changes something, which version they saw, how many days after NOW."""
    return {"act": Act(person, at(day), seen)}


def at(day: int, hour: int = 8) -> datetime:
    """An instant `days` days after 1 December."""
    return NOW.replace(hour=hour) + timedelta(days=day)


@dataclass
class House:
    """A partner with a space and its people by role."""

    partner: Partner
    space: Space
    full: Person
    admin: Person
    other: Person
    reader: Person


def meet(session: Session, name: str, org: str = "org-partner") -> Person:
    """Store a person whom Webex shows for the first time."""
    email = name if "@" in name else f"{name}@{org.removeprefix('org-')}.example"
    return people.meet(
        session, f"id-{email}", emails=[email], name=name.title(), org_id=org, now=NOW
    )


def a_house(session: Session, name: str = "harbour", **space: Any) -> House:
    """A partner set up by the operator, with a person for every role."""
    roles = {"full": Role.FULL, "admin": Role.ADMIN, "other": Role.ADMIN, "reader": Role.READ_ONLY}
    org = f"org-{name}"
    linked = setup.link_space(
        session,
        room_id=f"room-{name}",
        title=f"{name} trials",
        partner=PartnerFacts(name),
        space=SpaceFacts(**{"time_zone": "Europe/Sofia", **space}),
        roles={f"{who}@{name}.example": role for who, role in roles.items()},
        by=None,
        operators=(),
        now=NOW,
    )
    cast = {who: meet(session, f"{who}@{name}.example", org) for who in roles}
    return House(partner=session.get_one(Partner, linked.partner_id), space=linked, **cast)


def a_form(**changes: Any) -> NewTrial:
    """A finished start form."""
    form = {
        "kind": Kind.NEW,
        "company": "Meadow Foods",
        "administrator": "clara@meadow.example",
        "country": "BG",
        "services": [Service.MESSAGING, Service.CALLING],
    }
    return NewTrial.model_validate(form | changes)


def a_trial(session: Session, house: House, now: datetime = NOW, **changes: Any) -> Trial:
    """A trial of the partner administrator; today it was started, or its request sent, at Cisco.

    With `done_on=None` that is still to be done.
    """
    return begun(session, house, now, **changes).trial


def begun(session: Session, house: House, now: datetime = NOW, **changes: Any) -> Started:
    """The same, with its consent requests."""
    by = changes.pop("by", house.admin)
    form = a_form(**{"done_on": today_in(house.space, now)} | changes)
    return start.start(session, form, by=by, space=house.space, now=now)


def open_reminders(session: Session, trial: Trial) -> dict[ReminderKind, date]:
    """A trial's open reminders and their dates in UTC."""
    rows = session.exec(
        select(Reminder).where(Reminder.trial_id == trial.id, Reminder.settled_at == None)  # noqa: E711
    )
    return {ReminderKind.of(row.kind): row.rings_at.date() for row in rows}


@contextmanager
def refused(reason: Reason) -> Iterator[dict[str, Any]]:
    """Expect the block to be refused for this reason; yield the refusal's facts."""
    facts: dict[str, Any] = {}
    with pytest.raises(Refused) as refusal:
        yield facts
    assert refusal.value.reason is reason
    facts.update(refusal.value.facts)
