"""Changes to make in Partner Hub: their kinds and steps, and the checklist of a conversion."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Self

from store.declared import Declared
from store.history import HistoryKind
from store.refusals import Reason, Refused
from store.rules.eligibility import lost_services
from store.tables import HubTask, Trial
from store.terms import MeetingsOption, Service, Status

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
    SHOWS_CONSENT = "shows-consent"  # the trial's status is no longer "pending consent"
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

Effect = Callable[..., None]
"""What a confirmation does to a trial: `(session, trial, task, day)`."""

Limits = Callable[[Trial], tuple[date | None, date | None]]
"""The first and the last day on which a change can have been made."""


class HubChange(Declared):
    """A kind of change that Cisco knows of only once it is made in Partner Hub.

    `steps`: in order, including those that only some trials have. `confirmed`: what history calls
    its confirmation. `instead`: the statuses that read differently while it is open. `rings`: it is
    reminded of after one day, after three, and then weekly. `leads`: it leads to a running trial,
    which needs it no longer. `quiet`: it ends the trial, so that while it is open only the last
    reminders are wanted. `keeps`: it can be withdrawn. `due`: whether it is to be made by now.
    """

    steps: tuple[Step, ...]
    confirmed: HistoryKind
    instead: Mapping[Status, Status]
    rings: bool
    leads: bool
    quiet: bool
    keeps: bool
    limits: Limits
    due: Callable[[Trial], bool]
    confirm: Effect

    def __new__(
        cls,
        word: str,
        steps: Sequence[Step],
        *,
        confirmed: HistoryKind,
        instead: Mapping[Status, Status] | None = None,
        rings: bool = True,
        leads: bool = False,
        quiet: bool = False,
        keeps: bool = False,
        limits: Limits = lambda trial: (None, None),
        due: Callable[[Trial], bool] = lambda trial: True,
    ) -> Self:
        self = super().__new__(cls, word)
        self.steps, self.confirmed, self.instead = tuple(steps), confirmed, instead or {}
        self.rings, self.leads, self.quiet, self.keeps = rings, leads, quiet, keeps
        self.limits, self.due = limits, due
        return self

    def confirms(self, effect: Effect) -> Effect:
        """Register what confirming a change of this kind does."""
        self.confirm = effect
        return effect


def open_changes(trial: Trial) -> list[HubTask]:
    """The changes of a trial that aren't confirmed yet, oldest first."""
    return [task for task in trial.hub_tasks if _is_open(trial, task)]


def opened(trial: Trial, kind: HubChange) -> HubTask | None:
    """The open change of a kind; a trial has at most one of each."""
    return next((task for task in open_changes(trial) if task.change == kind), None)


def is_quiet(trial: Trial) -> bool:
    """Whether only the last reminders are wanted: a change that ends the trial is open."""
    return any(HubChange.of(task.change).quiet for task in open_changes(trial))


def _is_open(trial: Trial, task: HubTask) -> bool:
    """Whether a change waits; a release that knows its kind must confirm it."""
    waits = task.done_on is None and task.waits and HubChange.knows(task.change)
    return waits and HubChange.of(task.change).due(trial)


def steps(trial: Trial, task: HubTask) -> tuple[Step, ...]:
    """The steps of a change that apply to this trial."""
    wanted = task.facts
    options = wanted.get("meetings_options", trial.meetings_options)
    services = wanted.get("services", [row.service for row in trial.services])
    absent = set()
    if MeetingsOption.ENTERPRISE not in options:
        absent.add(Step.SITE)
    if Service.DEVICES not in services:
        absent.add(Step.DEVICES)
    return tuple(step for step in HubChange.of(task.change).steps if step not in absent)


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
