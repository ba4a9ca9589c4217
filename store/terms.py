"""The closed vocabularies of trials, in the terms of Webex and Partner Hub."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may do for a partner (old Partner Hub names are accepted on input)."""

    FULL = "full"
    ADMIN = "admin"
    READ_ONLY = "read-only"


class Kind(StrEnum):
    """The partner's relation to the customer when the trial starts."""

    NEW = "new"
    EXISTING = "existing"
    PAID = "paid"


class State(StrEnum):
    """The recorded state of a trial; `statuses.status` derives what dates and open changes decide.

    PROVISIONING: nothing more is needed from the customer, and the trial doesn't run yet.
    """

    CONSENT = "consent"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    ENDED = "ended"
    CONVERTED = "converted"
    CANCELLED = "cancelled"


class Status(StrEnum):
    """The status of a trial on a day, as shown to people (docs/domain.md#statuses)."""

    TO_START = "to-start"
    TO_REQUEST = "to-request"
    PENDING_CONSENT = "pending-consent"
    ACCEPTED_HERE = "accepted-here"
    DECLINED_HERE = "declined-here"
    PENDING_PROVISIONING = "pending-provisioning"
    ACTIVE = "active"
    GRACE = "grace"
    UNSURE = "unsure"
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
    """An option of a Meetings trial; only Enterprise Edition needs a site.

    Rule: docs/domain.md#meetings-site.
    """

    LARGE = "large"
    ASSISTANT = "assistant"
    HYBRID_CALENDAR = "hybrid-calendar"
    ENTERPRISE = "enterprise"


class DeviceType(StrEnum):
    """A type of device; each trial has one shipment per type (docs/domain.md#shipments)."""

    PHONE = "phone"
    ROOM = "room"
    DESK = "desk"
    BOARD = "board"
    OTHER = "other"


class SkipReason(StrEnum):
    """Why a devices trial ships nothing (docs/domain.md#skipping-devices)."""

    REGISTRATION_ONLY = "registration-only"
    OWN_DEVICES = "own-devices"
    CUSTOMER_DEVICES = "customer-devices"
    TEST_ONLY = "test-only"


class Access(StrEnum):
    """The access that consent gave the partner (docs/domain.md#full-access)."""

    UNKNOWN = "unknown"
    FULL = "full"
    NONE = "none"


class Answer(StrEnum):
    """The outcome of one consent card."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DECIDED_BY_OTHER = "decided-by-other"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Way(StrEnum):
    """Where a customer answered a consent request."""

    CARD = "card"
    LINK = "link"
    CONTROL_HUB = "control-hub"


class CancelledBy(StrEnum):
    """Who or what cancelled a trial."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    DECLINED = "declined"
    NO_CONSENT = "no-consent"


class Outcome(StrEnum):
    """Why a trial wasn't bought."""

    PRICE = "price"
    NO_NEED = "no-need"
    COMPETITOR = "competitor"
    NO_ANSWER = "no-answer"
    OTHER = "other"


class ExtensionState(StrEnum):
    """The state of a device extension with Cisco's trials team.

    Rule: docs/domain.md#device-extension.
    """

    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"


class Filter(StrEnum):
    """The lists that `list` can show."""

    LIVE = "live"
    ACTIVE = "active"
    EXPIRING = "expiring"
    PENDING = "pending"
    EXPIRED = "expired"
    DEVICES = "devices"
    TODO = "todo"
    MINE = "mine"
