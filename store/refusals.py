"""The closed set of reasons for which an operation says no."""

from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused; every one has a sentence in every language."""

    NOTHING_FOR_YOU = "nothing-for-you"
    NOT_ALLOWED = "not-allowed"
    OTHER_PARTNERS_SPACE = "other-partners-space"
    NOT_LINKED = "not-linked"
    SETUP_NOT_ALLOWED = "setup-not-allowed"
    SPACE_TAKEN = "space-taken"
    NOT_FOUND = "not-found"
    OLD_CARD = "old-card"
    DRAFT_GONE = "draft-gone"
    WRONG_STATUS = "wrong-status"
    SERVICE_TAKEN = "service-taken"
    SITE_TAKEN = "site-taken"
    OWN_TRIAL_RUNS = "own-trial-runs"
    TOO_MANY_PROBES = "too-many-probes"
    SERVICE_BOUGHT = "service-bought"
    SHORTENS = "shortens"
    NOT_AN_EXTENSION_CHOICE = "not-an-extension-choice"
    DAY_IN_FUTURE = "day-in-future"
    DAY_TOO_EARLY = "day-too-early"
    WRONG_CODE = "wrong-code"
    NOT_SURE = "not-sure"
    RESENT_RECENTLY = "resent-recently"
    CONSENT_NOT_YOURS = "consent-not-yours"
    CONSENT_DECIDED = "consent-decided"
    CONSENT_LAPSED = "consent-lapsed"
    CONSENT_FROM_PARTNER = "consent-from-partner"
    NOT_FULL_ADMINISTRATOR = "not-full-administrator"
    LAST_FULL_ADMINISTRATOR = "last-full-administrator"
    NO_SUCH_PERSON = "no-such-person"
    ADDRESS_DIFFERS = "address-differs"
    CHECKLIST_OPEN = "checklist-open"
    TIER_TWO = "tier-two"
    NOT_ORDERED = "not-ordered"
    SHIPMENT_EXISTS = "shipment-exists"
    SHIPMENT_PAST_120 = "shipment-past-120"
    NOT_LONGER = "not-longer"
    PICKUP_TOO_FAR = "pickup-too-far"
    SERIAL_UNKNOWN = "serial-unknown"
    SERIAL_DOUBLE = "serial-double"
    SERIALS_MISSING = "serials-missing"
    CORRECTION_TOO_LATE = "correction-too-late"
    CORRECTION_IMPOSSIBLE = "correction-impossible"
    SNOOZE_PAST_DEADLINE = "snooze-past-deadline"
    TAKES_AWAY = "takes-away"
    LAST_SERVICE = "last-service"
    NOTHING_TO_DO = "nothing-to-do"


class Refused(Exception):
    """An operation says no: nothing was changed, and `facts` fill the sentence that says why."""

    def __init__(self, reason: Reason, **facts: object) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts = facts
