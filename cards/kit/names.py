"""Display names for our closed vocabularies, in Partner Hub's terms."""

from collections.abc import Mapping
from enum import StrEnum

from store.rules.columns import Column
from store.rules.corrections import Correction
from store.rules.hub import Step
from store.terms import (
    Access,
    Answer,
    CancelledBy,
    DeviceType,
    ExtensionState,
    Kind,
    MeetingsOption,
    Outcome,
    Role,
    Service,
    SkipReason,
    State,
    Status,
    Way,
)


def N_(message: str) -> str:
    """Mark a message id for extraction."""
    return message


NAMES: Mapping[type[StrEnum], Mapping[str, str]] = {
    Role: {
        Role.FULL: N_("Partner full administrator"),
        Role.ADMIN: N_("Partner administrator"),
        Role.READ_ONLY: N_("Partner read-only administrator"),
    },
    Kind: {
        Kind.NEW: N_("New customer"),
        Kind.EXISTING: N_("Existing customer"),
        Kind.PAID: N_("Paid customer"),
    },
    Status: {
        Status.TO_START: N_("To be started in Partner Hub"),
        Status.TO_REQUEST: N_("Request to be sent in Partner Hub"),
        Status.PENDING_CONSENT: N_("Trial pending customer consent"),
        Status.ACCEPTED_HERE: N_("Accepted here, not seen in Partner Hub"),
        Status.DECLINED_HERE: N_("Declined here"),
        Status.PENDING_PROVISIONING: N_("Pending provisioning details"),
        Status.ACTIVE: N_("Trial active"),
        Status.GRACE: N_("Trial expired, in grace"),
        Status.UNSURE: N_("Ended, unless it was extended: check"),
        Status.ENDED: N_("Ended"),
        Status.CONVERTED: N_("Converted to paid"),
        Status.CANCELLED: N_("Cancelled"),
    },
    State: {
        State.CONSENT: N_("Trial pending customer consent"),
        State.PROVISIONING: N_("Pending provisioning details"),
        State.ACTIVE: N_("Trial active"),
        State.ENDED: N_("Ended"),
        State.CONVERTED: N_("Converted to paid"),
        State.CANCELLED: N_("Cancelled"),
    },
    Service: {
        Service.MESSAGING: N_("Messaging"),
        Service.MEETINGS: N_("Meetings"),
        Service.CALLING: N_("Calling"),
        Service.DEVICES: N_("Webex devices"),
    },
    MeetingsOption: {
        MeetingsOption.LARGE: N_("1000-participant meetings"),
        MeetingsOption.ASSISTANT: N_("Webex Assistant"),
        MeetingsOption.HYBRID_CALENDAR: N_("Hybrid Calendar"),
        MeetingsOption.ENTERPRISE: N_("Enterprise Edition"),
    },
    DeviceType: {
        DeviceType.PHONE: N_("Phones"),
        DeviceType.ROOM: N_("Room devices"),
        DeviceType.DESK: N_("Desk devices"),
        DeviceType.BOARD: N_("Boards"),
        DeviceType.OTHER: N_("Other devices"),
    },
    SkipReason: {
        SkipReason.REGISTRATION_ONLY: N_("Only registration licences needed"),
        SkipReason.OWN_DEVICES: N_("We bring our own devices"),
        SkipReason.CUSTOMER_DEVICES: N_("The customer already has devices"),
        SkipReason.TEST_ONLY: N_("Just a test, not a valid request"),
    },
    Access: {
        Access.UNKNOWN: N_("Not known yet"),
        Access.FULL: N_("Full administrator"),
        Access.NONE: N_("No full administrator access"),
    },
    Answer: {
        Answer.ASKED: N_("Requested"),
        Answer.ACCEPTED: N_("Accepted"),
        Answer.DECLINED: N_("Declined"),
        Answer.DECIDED_BY_OTHER: N_("Answered by someone else"),
        Answer.REPLACED: N_("Replaced by a newer request"),
        Answer.WITHDRAWN: N_("Withdrawn"),
        Answer.LAPSED: N_("No answer in time"),
    },
    Way: {
        Way.CARD: N_("on the Webex card"),
        Way.LINK: N_("through the e-mail link"),
        Way.CONTROL_HUB: N_("in Control Hub"),
    },
    CancelledBy: {
        CancelledBy.PARTNER: N_("By the partner"),
        CancelledBy.CUSTOMER: N_("By the customer, in Control Hub"),
        CancelledBy.DECLINED: N_("The customer declined"),
        CancelledBy.NO_CONSENT: N_("No consent within 30 days"),
    },
    Outcome: {
        Outcome.PRICE: N_("Price"),
        Outcome.NO_NEED: N_("No need"),
        Outcome.COMPETITOR: N_("Chose a competitor"),
        Outcome.NO_ANSWER: N_("No answer"),
        Outcome.OTHER: N_("Something else"),
    },
    ExtensionState: {
        ExtensionState.ASKED: N_("Requested"),
        ExtensionState.APPROVED: N_("Approved"),
        ExtensionState.DENIED: N_("Denied"),
    },
    Step: {
        Step.ORDER_NUMBER: N_("order number"),
        Step.CONTACT: N_("contact for the provisioning e-mail"),
        Step.SERVICES_ON_ORDER: N_("services on the order"),
        Step.SET_UP_SERVICE: N_("Set Up Service"),
        Step.PARTNER_OR_CUSTOMER: N_("partner or customer chosen"),
        Step.ADMINISTRATOR: N_("trial administrator's e-mail"),
        Step.DATA_CHECKED: N_("customer data checked"),
        Step.DISTRIBUTOR: N_("distributor"),
    },
    Column: {
        Column.CODE: N_("Code"),
        Column.COMPANY: N_("Customer"),
        Column.ADMINISTRATOR: N_("Administrator e-mail"),
        Column.FULL_ADMINISTRATORS: N_("Full administrators"),
        Column.ORGANISATION: N_("Organisation ID"),
        Column.COUNTRY: N_("Country"),
        Column.LANGUAGE: N_("Language"),
        Column.KIND: N_("Kind"),
        Column.STATUS: N_("Status"),
        Column.FIRST_DAY: N_("First day"),
        Column.DURATION: N_("Duration (days)"),
        Column.ENDS: N_("Last day"),
        Column.WANTED_FIRST_DAY: N_("Wanted first day"),
        Column.WANTED_ENDS: N_("Wanted last day"),
        Column.ASKED_ON: N_("Consent requested on"),
        Column.ACCEPTED_ON: N_("Consent accepted on"),
        Column.SERVICES: N_("Services"),
        Column.WANTED_SERVICES: N_("Wanted services"),
        Column.LICENCES: N_("Licences"),
        Column.WANTED_LICENCES: N_("Wanted licences"),
        Column.DEVICE_LICENCES: N_("Device licences"),
        Column.MEETINGS_OPTIONS: N_("Meetings options"),
        Column.SITE: N_("Meetings site"),
        Column.SITE_TIME_ZONE: N_("Meetings time zone"),
        Column.LOCATIONS: N_("Calling locations"),
        Column.ORDER_NUMBER: N_("Order number"),
        Column.ORDERED_ON: N_("Ordered on"),
        Column.CONVERTED_ON: N_("Converted on"),
        Column.CANCELLED_ON: N_("Cancelled on"),
        Column.EXTENSIONS: N_("Extensions"),
        Column.OPEN_CHANGES: N_("To do in Partner Hub"),
        Column.STARTED_BY: N_("Started by"),
        Column.SPACE: N_("Space"),
        Column.DEVICE_TYPE: N_("Device type"),
        Column.DEVICE_MODELS: N_("Device models"),
        Column.DEVICE_ORDER: N_("Device order number"),
        Column.DEVICE_COUNTRY: N_("Device country"),
        Column.SHIPPED_ON: N_("Devices shipped on"),
        Column.DEVICES_FROM: N_("Device trial from"),
        Column.DEVICES_UNTIL: N_("Device trial until"),
        Column.RETURNED_ON: N_("Devices returned on"),
        Column.SERIALS: N_("Serial numbers"),
        Column.SERIALS_BACK: N_("Returned serial numbers"),
    },
    Correction: {
        Correction.ACCEPTED: N_("The customer accepted on a different day"),
        Correction.DECLINED: N_("The customer declined"),
        Correction.PROVISIONED: N_("It was provisioned on a different day"),
        Correction.ENDS: N_("The trial ends on a different day"),
        Correction.EXTENDED: N_("It was extended in time"),
        Correction.CONVERTED: N_("It was converted to paid in time"),
        Correction.CANCELLED: N_("It was cancelled on a different day"),
        Correction.NOT_CANCELLED: N_("It wasn't cancelled"),
        Correction.ADMINISTRATOR: N_("The administrator's address was wrong"),
        Correction.OUTCOME: N_("The reason was wrong"),
    },
}
"""Every vocabulary that people see; of Partner Hub's steps, only the checklist items."""

CISCOS_STATUSES = frozenset(
    {
        Status.PENDING_CONSENT,
        Status.PENDING_PROVISIONING,
        Status.ACTIVE,
        Status.GRACE,
        Status.ENDED,
        Status.CONVERTED,
        Status.CANCELLED,
    }
)
"""The statuses of a trial at Cisco; the others say what is to be done in Partner Hub."""
