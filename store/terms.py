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
    """What people are shown of a trial on a day (docs/domain.md#statuses)."""

    PENDING_CONSENT = "pending-consent"
    PENDING_PROVISIONING = "pending-provisioning"
    ACTIVE = "active"
    GRACE = "grace"
    ENDED = "ended"
    CONVERTED = "converted"
    CANCELLED = "cancelled"


class Service(StrEnum):
    """A service that can be trialled (docs/domain.md#services)."""

    MESSAGING = "messaging"
    MEETINGS = "meetings"
    CALLING = "calling"
    DEVICES = "devices"


class MeetingsOption(StrEnum):
    """What a Meetings trial can include; only Enterprise Edition asks for a site.

    Rule: docs/domain.md#meetings-site.
    """

    LARGE = "large"
    ASSISTANT = "assistant"
    HYBRID_CALENDAR = "hybrid-calendar"
    ENTERPRISE = "enterprise"


class DeviceType(StrEnum):
    """One shipment is made per type and trial (docs/domain.md#shipments)."""

    PHONE = "phone"
    ROOM = "room"
    DESK = "desk"
    BOARD = "board"
    OTHER = "other"


class SkipReason(StrEnum):
    """Why nothing is shipped with a devices trial (docs/domain.md#skipping-devices)."""

    REGISTRATION_ONLY = "registration-only"
    OWN_DEVICES = "own-devices"
    CUSTOMER_DEVICES = "customer-devices"
    TEST_ONLY = "test-only"


class Access(StrEnum):
    """What access the partner got from the customer with consent (docs/domain.md#full-access)."""

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
    """Where a device extension stands with Cisco's trials team.

    Rule: docs/domain.md#device-extension.
    """

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"


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
