"""Example trials and spaces in memory, and Hypothesis strategies for them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

import store.features  # noqa: F401  (declares the kinds)
from store.features.extend import EXTENSION
from store.rules.dates import all_back
from store.rules.hub import HubChange
from store.rules.reminder_kinds import ReminderKind, Topic
from store.tables import HubTask, Serial, Shipment, Space, Trial, TrialService
from store.terms import DeviceType, Kind, Service, State

rule = settings(max_examples=60)
"""Property tests run on two shared cores: limited by number of examples, not by time."""

E = date(2026, 3, 31)
R = date(2026, 3, 2)
D = date(2026, 5, 4)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def a_space(zone: str = "Europe/Sofia", hour: int = 9, working_days: bool = False) -> Space:
    return Space(
        id=1,
        partner_id=1,
        room_id="room",
        time_zone=zone,
        reminder_hour=hour,
        working_days=working_days,
        linked_at=at(date(2026, 1, 1)),
    )


def a_trial(
    state: State = State.ACTIVE, *services: Service, ends: date | None = E, **facts: object
) -> Trial:
    """A trial of thirty days; by default active, with Messaging only."""
    started = ends - days(30) if ends else R
    known: dict[str, object] = {
        "id": 17,
        "code": "T-7K3Q",
        "partner_id": 1,
        "space_id": 1,
        "customer_id": 1,
        "started_by": 1,
        "kind": Kind.NEW,
        "saved_on": started,
        "first_day": started,
        "ends": ends,
    }
    trial = Trial(state=state, **(known | facts))
    chosen = services or (Service.MESSAGING,)
    trial.services = [TrialService(service=service) for service in chosen]
    return trial


def a_shipment(expires_on: date | None = D, number: int = 3, **facts: object) -> Shipment:
    shipment = Shipment(id=number, type=DeviceType.PHONE, expires_on=expires_on, **facts)
    shipment.serials = [Serial(serial="FCW1"), Serial(serial="FCW2")]
    return shipment


zones = st.sampled_from(
    [
        "UTC",
        "Europe/Sofia",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Auckland",
        "Asia/Kathmandu",
        "Africa/Casablanca",
    ]
)
calendar_days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
hours = st.integers(0, 23)


@st.composite
def shipments(draw: st.DrawFn, number: int, near: date) -> Shipment:
    expires_on = draw(st.none() | st.integers(-40, 80).map(lambda n: near + days(n)))
    shipment = a_shipment(expires_on, number)
    shipment.pickup_on = draw(st.none() | st.integers(-10, 60).map(lambda n: near + days(n)))
    shipment.returned_on = draw(st.none() | st.just(near))
    return shipment


WANTED: dict[str, dict[str, object]] = {
    "extend": {"days": 30},
    "services": {"services": ["messaging", "calling"], "meetings_options": [], "site": ""},
    "licences": {"licences": 250, "device_licences": 0},
}
"""What an open change of a kind wants."""


@st.composite
def trials(draw: st.DrawFn, states: Sequence[State] = tuple(State)) -> Trial:
    """Any trial that the register can hold."""
    state = draw(st.sampled_from(states))
    saved_on = draw(calendar_days)
    services = draw(st.sets(st.sampled_from(Service), min_size=1))
    trial = a_trial(state, *sorted(services), ends=None, saved_on=saved_on, first_day=saved_on)
    if state is not State.CONSENT and state is not State.PROVISIONING:
        trial.ends = saved_on + days(draw(st.sampled_from([30, 60, 90])))
        trial.ordered_on = draw(st.none() | st.just(saved_on + days(20)))
    if draw(st.booleans()) or trial.ends is None:
        trial.asked_on = saved_on
        trial.accepted_on = None if state is State.CONSENT else saved_on + days(3)
    trial.let_go = draw(st.booleans())
    trial.customer_notices = draw(st.booleans())
    trial.snoozed_until = draw(st.none() | st.integers(0, 140).map(lambda n: saved_on + days(n)))
    trial.shipments = [
        draw(shipments(number, saved_on)) for number in range(draw(st.integers(0, 2)))
    ]
    over = state in (State.ENDED, State.CONVERTED, State.CANCELLED)
    possible = [each for each in HubChange.all() if trial.ends or each is not EXTENSION]
    kinds = draw(st.lists(st.sampled_from(possible), max_size=2, unique=True))
    trial.hub_tasks = [
        HubTask(
            id=number,
            change=kind,
            saved_on=saved_on + days(draw(st.integers(0, 40))),
            done_on=saved_on if over else draw(st.none() | st.just(saved_on)),
            waits=draw(st.booleans()),
            facts=WANTED.get(kind, {}),
        )
        for number, kind in enumerate(kinds)
    ]
    return trial


def still_out(trial: Trial) -> list[Shipment]:
    """The shipments that must still be returned."""
    return [s for s in trial.shipments if s.expires_on is not None and not all_back(s)]


CUSTOMERS = frozenset(kind for kind in ReminderKind.all() if kind.to_customer)
OF_THE_SERVICE = frozenset(kind for kind in ReminderKind.all() if kind.topic is Topic.SERVICE)
OF_DEVICES = frozenset(kind for kind in ReminderKind.all() if kind.topic is Topic.DEVICES)
