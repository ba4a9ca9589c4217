"""Trials, people and shipments for card tests, without a database."""

from datetime import UTC, date, datetime
from typing import Any

from store.features.cancel import CANCELLATION
from store.features.consent import ACCEPTANCE, DECLINING
from store.features.extend import EXTENSION
from store.features.provisioned import PROVISIONING
from store.features.services import LICENCE_CHANGE, SERVICE_CHANGE
from store.features.start import ADDITION, REQUEST, START
from store.rules.hub import HubChange
from store.tables import (
    Customer,
    HubTask,
    Partner,
    Person,
    Serial,
    Shipment,
    Space,
    Trial,
    TrialService,
)
from store.terms import Access, DeviceType, Kind, Service, State

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def a_person(name: str = "Nora Lindqvist", **changes: Any) -> Person:
    email = name.lower().replace(" ", ".") + "@harbour.example"
    return Person(**{"id": 1, "webex_id": "Y2lzY28x", "email": email, "name": name} | changes)


def a_partner(**changes: Any) -> Partner:
    return Partner(**{"id": 1, "name": "Harbour Networks", "tier": 1, "created_at": NOW} | changes)


def a_space(**changes: Any) -> Space:
    about = {"id": 1, "partner_id": 1, "room_id": "Y2lzY28y", "title": "Trials", "linked_at": NOW}
    return Space(**about | {"time_zone": "Europe/Sofia"} | changes)


def a_customer(**changes: Any) -> Customer:
    about = {
        "id": 1,
        "partner_id": 1,
        "company": "Meadow Foods",
        "company_key": "meadow foods",
        "administrator": "clara.bauer@meadow.example",
        "domain": "meadow.example",
        "organisation_id": "c0ffee00-1111-2222-3333-444455556666",
        "vertical": "retail",
        "country": "DE",
        "language": "en",
    }
    return Customer(**about | changes)


def a_trial(
    services: tuple[Service, ...] = (Service.MESSAGING, Service.MEETINGS),
    tasks: tuple[HubTask, ...] | None = None,
    shipments: tuple[Shipment, ...] = (),
    customer: dict[str, Any] | None = None,
    partner: dict[str, Any] | None = None,
    **changes: Any,
) -> Trial:
    about: dict[str, Any] = {
        "id": 17,
        "code": "T-7K3Q",
        "partner_id": 1,
        "space_id": 1,
        "customer_id": 1,
        "started_by": 1,
        "kind": Kind.EXISTING,
        "state": State.ACTIVE,
        "version": 3,
        "sorts_on": date(2026, 12, 24),
        "saved_on": date(2026, 11, 20),
        "asked_on": date(2026, 11, 20),
        "accepted_on": date(2026, 11, 22),
        "provisioned_on": date(2026, 11, 24),
        "first_day": date(2026, 11, 24),
        "ends": date(2026, 12, 24),
        "access": Access.FULL,
        "meetings_options": ["enterprise", "assistant"],
        "site": "meadow.webex.com",
        "site_time_zone": "Europe/Berlin",
    }
    trial = Trial(**about | changes)
    trial.customer = a_customer(**customer or {})
    trial.partner = a_partner(**partner or {})
    trial.space = a_space()
    trial.services = [TrialService(id=n, service=s) for n, s in enumerate(services)]
    trial.hub_tasks = list(tasks or ())
    trial.shipments = list(shipments)
    return trial


WANTED: dict[str, dict[str, Any]] = {
    EXTENSION: {"days": 30},
    SERVICE_CHANGE: {
        "services": ["messaging", "calling"],
        "meetings_options": [],
        "site": "",
        "site_time_zone": "",
        "locations": 2,
        "device_licences": 0,
    },
    LICENCE_CHANGE: {"licences": 250, "device_licences": 0},
}
"""What a change of each kind wants."""


def a_task(change: HubChange = EXTENSION, **changes: Any) -> HubTask:
    about = {"id": 5, "trial_id": 17, "change": change, "saved_on": TODAY}
    return HubTask(**about | {"facts": WANTED.get(change, {})} | changes)


def a_shipment(serials: tuple[str, ...] = ("FOC1", "FOC2"), **changes: Any) -> Shipment:
    about: dict[str, Any] = {
        "id": 9,
        "trial_id": 17,
        "type": DeviceType.PHONE,
        "models": {"8865": 2},
        "order_number": "D123456",
        "country": "DE",
        "shipped_on": date(2026, 11, 20),
        "trial_started_on": date(2026, 11, 25),
        "expires_on": date(2027, 1, 24),
    }
    shipment = Shipment(**about | changes)
    shipment.serials = [Serial(id=n, shipment_id=9, serial=s) for n, s in enumerate(serials, 1)]
    return shipment


#: A trial in every state, by a name.
STATES: dict[str, dict[str, Any]] = {
    "asked": {
        "state": State.CONSENT,
        "accepted_on": None,
        "provisioned_on": None,
        "ends": None,
        "access": Access.UNKNOWN,
    },
    "to request": {
        "state": State.CONSENT,
        "asked_on": None,
        "accepted_on": None,
        "provisioned_on": None,
        "ends": None,
        "access": Access.UNKNOWN,
        "tasks": (a_task(REQUEST),),
    },
    "declined here": {
        "state": State.CONSENT,
        "accepted_on": None,
        "provisioned_on": None,
        "ends": None,
        "access": Access.UNKNOWN,
        "tasks": (a_task(DECLINING),),
    },
    "accepted here": {
        "state": State.PROVISIONING,
        "provisioned_on": None,
        "ends": None,
        "access": Access.NONE,
        "tasks": (a_task(ACCEPTANCE), a_task(PROVISIONING, id=6)),
    },
    "accepted": {
        "state": State.PROVISIONING,
        "provisioned_on": None,
        "ends": None,
        "access": Access.NONE,
        "tasks": (a_task(PROVISIONING),),
    },
    "new": {
        "kind": Kind.NEW,
        "state": State.PROVISIONING,
        "asked_on": None,
        "accepted_on": None,
        "provisioned_on": None,
        "ends": None,
        "tasks": (a_task(START),),
    },
    "paid": {
        "kind": Kind.PAID,
        "state": State.PROVISIONING,
        "asked_on": None,
        "accepted_on": None,
        "provisioned_on": None,
        "ends": None,
        "tasks": (a_task(ADDITION),),
    },
    "running": {},
    "last day to answer": {"ends": TODAY},
    "grace": {"ends": date(2026, 11, 21), "services": tuple(Service)},
    "extended": {"extensions": 1},
    "extension wanted": {"tasks": (a_task(EXTENSION),)},
    "unsure": {"ends": date(2026, 10, 25), "tasks": (a_task(EXTENSION),)},
    "to be cancelled": {"tasks": (a_task(CANCELLATION),)},
    "services wanted": {"tasks": (a_task(SERVICE_CHANGE), a_task(LICENCE_CHANGE, id=6))},
    "let go": {"let_go": True, "outcome": "price", "outcome_note": "too dear"},
    "ordered": {"ordered_on": date(2026, 11, 28), "order_number": "W-1"},
    "handed over": {"handed_over_on": date(2026, 11, 28), "partner": {"tier": 2}},
    "ended": {"state": State.ENDED, "ends": date(2026, 10, 1)},
    "converted": {"state": State.CONVERTED, "converted_on": date(2026, 11, 30)},
    "cancelled": {
        "state": State.CANCELLED,
        "cancelled_on": date(2026, 11, 30),
        "cancelled_by": "partner",
    },
    "lapsed": {
        "state": State.CONSENT,
        "asked_on": date(2026, 10, 1),
        "provisioned_on": None,
        "accepted_on": None,
        "ends": None,
    },
    "with devices": {
        "services": tuple(Service),
        "device_licences": 5,
        "shipments": (a_shipment(), a_shipment(id=10, type=DeviceType.ROOM, expires_on=None)),
        "customer_unreachable": True,
        "interest_on": TODAY,
    },
}
