"""The steps of each change in Partner Hub, and the checklist of a conversion."""

from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Any

from store.refusals import Reason, Refused
from store.rules.dates import bought_on
from store.rules.eligibility import lost_services
from store.tables import HubTask, Trial
from store.terms import HubChange, Kind, MeetingsOption, Service

ADDRESS_DIFFERS = Reason("address-differs")
CHECKLIST_OPEN = Reason("checklist-open")
TIER_TWO = Reason("tier-two")
NOT_ORDERED = Reason("not-ordered")


class Step(StrEnum):
    """One step outside the bot, named after Partner Hub's buttons."""

    OPEN_CUSTOMERS = "open-customers"  # admin.webex.com > Customers
    START_TRIAL = "start-trial"  # Start Trial
    COMPANY = "company"  # company name, administrator's e-mail, business vertical
    COUNTRY = "country"  # Country for determining data residency region
    SUPPORTED_LOCATION = "supported-location"  # tick, Next
    NO_CONFIRMATION = "no-confirmation"  # a confirmation screen = the organisation exists
    CONFIRMATION = "confirmation"  # no confirmation screen = wrong address: Back, do not send
    SERVICES = "services"  # services, licence quantity, duration, Next
    SITE = "site"  # Meetings site URL and time zone
    DEVICES = "devices"  # choose what to ship, or skip
    SAVE = "save"  # Save
    SET_UP_NOW = "set-up-now"  # Yes (set up now) or No (later, or by the customer)
    SEND_REQUEST = "send-request"  # Send Trial Request
    OPEN_CUSTOMER = "open-customer"  # Customers > the customer's name
    ADD = "add"  # Add, next to Trials
    TICK_CAPABILITIES = "tick-capabilities"  # tick the available ones
    START_ADDED = "start-added"  # Start Trial, on the page that Add opened
    SET_UP_CUSTOMER = "set-up-customer"  # Set Up Customer
    EDIT = "edit"  # Edit, next to Trial
    DURATION = "duration"  # Duration of the Trial
    TICK_SERVICES = "tick-services"  # tick or untick; licence quantity
    SAVE_CHANGE = "save-change"  # Save
    TRASH = "trash"  # the trash icon
    YES = "yes"  # Yes
    ORDER_NUMBER = "order-number"
    CONTACT = "contact"  # who gets the provisioning mail
    SERVICES_ON_ORDER = "services-on-order"  # compared with the trial's
    SET_UP_SERVICE = "set-up-service"  # Set Up Service, in the provisioning mail
    PARTNER_OR_CUSTOMER = "partner-or-customer"
    ADMINISTRATOR = "administrator"  # the trial administrator's e-mail, typed again
    DATA_CHECKED = "data-checked"
    DISTRIBUTOR = "distributor"  # tier 2: the distributor converts


CHECKLIST: dict[int, tuple[Step, ...]] = {
    1: (
        Step.ORDER_NUMBER,
        Step.CONTACT,
        Step.SERVICES_ON_ORDER,
        Step.SET_UP_SERVICE,
        Step.PARTNER_OR_CUSTOMER,
        Step.ADMINISTRATOR,
        Step.DATA_CHECKED,
    ),
    2: (Step.DISTRIBUTOR,),
}
"""What a conversion needs before it is provisioned, by the partner's tier.

Rule: docs/domain.md#conversion-checklist.
"""

STEPS: dict[HubChange, tuple[Step, ...]] = {
    # docs/domain.md#starting-for-a-new-customer
    HubChange.START: (
        Step.OPEN_CUSTOMERS,
        Step.START_TRIAL,
        Step.COMPANY,
        Step.COUNTRY,
        Step.SUPPORTED_LOCATION,
        Step.NO_CONFIRMATION,
        Step.SERVICES,
        Step.SITE,
        Step.DEVICES,
        Step.SAVE,
        Step.SET_UP_NOW,
    ),
    # docs/domain.md#starting-for-an-existing-customer
    HubChange.REQUEST: (
        Step.OPEN_CUSTOMERS,
        Step.START_TRIAL,
        Step.COMPANY,
        Step.COUNTRY,
        Step.SUPPORTED_LOCATION,
        Step.CONFIRMATION,
        Step.SERVICES,
        Step.SITE,
        Step.DEVICES,
        Step.SEND_REQUEST,
    ),
    # docs/domain.md#adding-to-a-paid-customer
    HubChange.ADD: (Step.OPEN_CUSTOMER, Step.ADD, Step.TICK_CAPABILITIES, Step.START_ADDED),
    # docs/domain.md#setting-up
    HubChange.PROVISION: (Step.OPEN_CUSTOMER, Step.SET_UP_CUSTOMER),
    # docs/domain.md#extending
    HubChange.EXTEND: (Step.OPEN_CUSTOMER, Step.EDIT, Step.DURATION, Step.SAVE_CHANGE),
    # docs/domain.md#changing-services
    HubChange.SERVICES: (Step.OPEN_CUSTOMER, Step.EDIT, Step.TICK_SERVICES, Step.SAVE_CHANGE),
    HubChange.CONVERT: CHECKLIST[1],
    # docs/domain.md#cancelling
    HubChange.CANCEL: (Step.OPEN_CUSTOMER, Step.TRASH, Step.YES),
}
"""The steps of each change in order, including those that only some trials have."""

STARTED_BY: dict[Kind, HubChange] = {
    Kind.NEW: HubChange.START,
    Kind.EXISTING: HubChange.REQUEST,
    Kind.PAID: HubChange.ADD,
}
"""How a trial of each kind is started in Partner Hub."""


def steps(trial: Trial, change: HubChange) -> tuple[Step, ...]:
    """The steps of a change that apply to this trial."""
    absent = set()
    if MeetingsOption.ENTERPRISE not in trial.meetings_options:
        absent.add(Step.SITE)
    if Service.DEVICES not in {row.service for row in trial.services}:
        absent.add(Step.DEVICES)
    return tuple(step for step in STEPS[change] if step not in absent)


def open_changes(trial: Trial) -> list[HubTask]:
    """The changes still to be made in Partner Hub, oldest first.

    A conversion is one only once it is ordered: before, its checklist prepares the order.
    """
    return [task for task in trial.hub_tasks if _is_open(trial, task)]


def _is_open(trial: Trial, task: HubTask) -> bool:
    if task.change == HubChange.CONVERT and bought_on(trial) is None:
        return False
    return task.done_on is None


def ticks_of(trial: Trial, task: HubTask) -> Mapping[str, Any]:
    """The ticks of a task that count; comparing the order doesn't while a service is missing."""
    if not missing_on_order(trial, task):
        return task.ticks
    return {item: tick for item, tick in task.ticks.items() if item != Step.SERVICES_ON_ORDER}


def missing_on_order(trial: Trial, task: HubTask) -> tuple[Service, ...]:
    """The trial's services that the order lacks, if it has been compared.

    Rule: docs/domain.md#services-on-the-order.
    """
    if "on_order" not in task.facts:
        return ()
    on_order = [Service(name) for name in task.facts["on_order"]]
    return lost_services([row.service for row in trial.services], on_order)


def open_items(tier: int, ticks: Container[str]) -> tuple[Step, ...]:
    """The unticked items of the conversion checklist, in order."""
    return tuple(item for item in CHECKLIST[tier] if item not in ticks)


def check_order(tier: int) -> None:
    """Refuse order steps to a tier 2 partner: the distributor converts (docs/domain.md#tiers)."""
    if tier == 2:
        raise Refused(TIER_TWO)


def check_conversion(trial: Trial, tier: int, ticks: Container[str], why: str = "") -> None:
    """Refuse *provisioned* before the order or hand-over (NOT_ORDERED).

    Refuse it with open items, too, unless `why` explains them (CHECKLIST_OPEN).
    """
    if (trial.handed_over_on if tier == 2 else trial.ordered_on) is None:
        raise Refused(NOT_ORDERED, tier=tier)
    items = open_items(tier, ticks) if tier == 1 else ()
    if items and not why.strip():
        raise Refused(CHECKLIST_OPEN, items=items)


def check_administrator(typed: str, administrator: str) -> None:
    """Refuse a different address: it could create a second organisation.

    Rule: docs/domain.md#administrators-address.
    """
    if typed.strip().casefold() != administrator.strip().casefold():
        raise Refused(ADDRESS_DIFFERS)
