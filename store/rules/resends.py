"""How often a consent card may be resent."""

from datetime import datetime, timedelta

from store.refusals import Reason, Refused

RESENT_RECENTLY = Reason("resent-recently")


RESEND_EVERY = timedelta(hours=1)


def check_resend(last_asked_at: datetime, now: datetime) -> None:
    """Refuse to send a consent card more than once an hour.

    Rule: docs/domain.md#sending-the-request-again.
    """
    again_at = last_asked_at + RESEND_EVERY
    if now < again_at:
        raise Refused(RESENT_RECENTLY, again_at=again_at)
