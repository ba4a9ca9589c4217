"""The closed vocabularies of trials, in Webex's and Partner Hub's own terms."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may do for a partner (old Partner Hub names are accepted at the edge)."""

    FULL = "full"
    ADMIN = "admin"
    READ_ONLY = "read-only"


class Kind(StrEnum):
    """What the partner is to the customer when the trial starts."""

    NEW = "new"
    EXISTING = "existing"
    PAID = "paid"


class State(StrEnum):
    """What has been recorded of a trial; what a date decides is derived by `statuses.status`."""

    CONSENT = "consent"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    ENDED = "ended"
    CONVERTED = "converted"
    CANCELLED = "cancelled"


class Status(StrEnum):
    """What people are shown of a trial on a day (PRODUCT §2)."""

    PENDING_CONSENT = "pending-consent"
    PENDING_PROVISIONING = "pending-provisioning"
    ACTIVE = "active"
    GRACE = "grace"
    ENDED = "ended"
    CONVERTED = "converted"
    CANCELLED = "cancelled"


class Service(StrEnum):
    """A service that can be trialled (seed L55)."""

    MESSAGING = "messaging"
    MEETINGS = "meetings"
    CALLING = "calling"
    DEVICES = "devices"


class MeetingsOption(StrEnum):
    """What a Meetings trial can include; only Enterprise Edition asks for a site (seed L66)."""

    LARGE = "large"
    ASSISTANT = "assistant"
    HYBRID_CALENDAR = "hybrid-calendar"
    ENTERPRISE = "enterprise"


class DeviceType(StrEnum):
    """One shipment is made per type and trial (seed L78)."""

    PHONE = "phone"
    ROOM = "room"
    DESK = "desk"
    BOARD = "board"
    OTHER = "other"


class SkipReason(StrEnum):
    """Why nothing is shipped with a devices trial (seed L70-L74, L159)."""

    REGISTRATION_ONLY = "registration-only"
    OWN_DEVICES = "own-devices"
    CUSTOMER_DEVICES = "customer-devices"
    TEST_ONLY = "test-only"


class Access(StrEnum):
    """What access the partner got from the customer with consent (seed L175)."""

    UNKNOWN = "unknown"
    FULL = "full"
    NONE = "none"


class Answer(StrEnum):
    """What became of one consent card."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DECIDED_BY_OTHER = "decided-by-other"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class CancelledBy(StrEnum):
    """Whose doing a cancellation was."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    DECLINED = "declined"
    NO_CONSENT = "no-consent"


class Outcome(StrEnum):
    """Why a trial was not bought."""

    PRICE = "price"
    NO_NEED = "no-need"
    COMPETITOR = "competitor"
    NO_ANSWER = "no-answer"
    OTHER = "other"


class HubChange(StrEnum):
    """A change that somebody must also make in Partner Hub, with steps of its own."""

    START = "start"
    REQUEST = "request"
    ADD = "add"
    PROVISION = "provision"
    EXTEND = "extend"
    SERVICES = "services"
    CONVERT = "convert"
    CANCEL = "cancel"


class ExtensionState(StrEnum):
    """Where a device extension stands with Cisco's trials team (seed L217)."""

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"


class Bell(StrEnum):
    """The kinds of reminder (PRODUCT §3); a number is days from the anchor."""

    CONSENT_20 = "consent+20"
    CONSENT_27 = "consent+27"
    CONSENT_LAPSED = "consent+31"
    PROVISION_2 = "accepted+2"
    PROVISION_7 = "accepted+7"
    PROVISION_WEEKLY = "accepted-weekly"
    HUB_1 = "hub+1"
    HUB_3 = "hub+3"
    END_MINUS_14 = "end-14"
    END_MINUS_7 = "end-7"
    END = "end"
    CUSTOMER_MINUS_7 = "customer-end-7"
    CUSTOMER_END = "customer-end"
    GRACE_1 = "end+1"
    GRACE_15 = "end+15"
    GRACE_27 = "end+27"
    GRACE_29 = "end+29"
    GRACE_30 = "end+30"
    ENDED = "end+31"
    CALLING_STOPS = "calling+30"
    NUMBERS_7 = "calling+38"
    NUMBERS_RELEASED = "calling+45"
    DEVICE_MINUS_7 = "device-7"
    DEVICE_7 = "device+7"
    DEVICE_14 = "device+14"
    DEVICE_WEEKLY = "device-weekly"
    CUSTOMER_DEVICE = "customer-device"
    CUSTOMER_DEVICE_7 = "customer-device+7"
    ORDERED_5 = "ordered+5"
    ORDERED_20 = "ordered-end+20"
    ORDERED_27 = "ordered-end+27"
    ORDERED_29 = "ordered-end+29"
    DIGEST = "digest"


class Fact(StrEnum):
    """What a line of a trial's history says happened."""

    STARTED = "started"
    EXISTS = "organisation-exists"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    RESENT = "consent-resent"
    READDRESSED = "consent-readdressed"
    ACCESS_GIVEN = "access-given"
    PROVISIONED = "provisioned"
    STEP = "step"
    HUB_DONE = "hub-done"
    END_CORRECTED = "end-corrected"
    EXTENDED = "extended"
    SERVICES = "services"
    LICENCES = "licences"
    INTEREST = "interest"
    CHECKLIST = "checklist"
    ORDERED = "ordered"
    HANDED_OVER = "handed-over"
    CONVERTED = "converted"
    LET_GO = "let-go"
    LET_GO_UNDONE = "let-go-undone"
    OUTCOME = "outcome"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ENDED = "ended"
    CORRECTED = "corrected"
    SHIPMENT = "shipment"
    SERIALS = "serials"
    DEVICE_EXTENSION = "device-extension"
    PICKUP = "pickup"
    RETURNED = "returned"
    NOTICES = "notices"
    UNREACHABLE = "customer-unreachable"
    SNOOZED = "snoozed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    HANDOVER = "handover"
    MOVED = "moved"
    NOTE = "note"


class Filter(StrEnum):
    """What `list` can show."""

    LIVE = "live"
    ACTIVE = "active"
    EXPIRING = "expiring"
    PENDING = "pending"
    EXPIRED = "expired"
    DEVICES = "devices"
    TODO = "todo"
    MINE = "mine"
