"""What can be corrected afterwards, and until when.

Only a full administrator may correct. Rule: docs/domain.md#corrections.
"""

from datetime import date, timedelta
from enum import StrEnum

from store.refusals import Reason, Refused
from store.rules.dates import check_done_on, consent_deadline, grace_end
from store.tables import Trial
from store.terms import CancelledBy, State

CORRECTION_TOO_LATE = Reason("correction-too-late")
CORRECTION_IMPOSSIBLE = Reason("correction-impossible")


CORRECTION_DAYS = 30


class Correction(StrEnum):
    """Something that was recorded late or wrongly."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    PROVISIONED = "provisioned"
    ENDS = "ends"
    EXTENDED = "extended"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    NOT_CANCELLED = "not-cancelled"
    ADMINISTRATOR = "administrator"
    OUTCOME = "outcome"


_WHILE_IT_RAN = (Correction.EXTENDED, Correction.CONVERTED, Correction.CANCELLED)


def correction_deadline(recorded_on: date) -> date:
    """The last day to correct something recorded on `recorded_on`."""
    return recorded_on + timedelta(days=CORRECTION_DAYS)


def corrections(trial: Trial) -> tuple[Correction, ...]:
    """What can be corrected on this trial, regardless of deadlines."""
    possible = {Correction.ADMINISTRATOR}
    if trial.asked_on is not None and trial.provisioned_on is None:
        possible |= {Correction.ACCEPTED, Correction.DECLINED}
    if trial.provisioned_on is not None:
        possible |= {Correction.PROVISIONED}
    if trial.ends is not None:
        possible |= {Correction.ENDS, Correction.EXTENDED, Correction.CONVERTED}
        possible |= {Correction.CANCELLED}
    if trial.state == State.CANCELLED:
        possible |= {Correction.OUTCOME, Correction.CANCELLED}
        if trial.cancelled_by != CancelledBy.NO_CONSENT:
            possible |= {Correction.NOT_CANCELLED}
    if trial.state == State.ENDED:
        possible |= {Correction.OUTCOME}
    return tuple(item for item in Correction if item in possible)


def check_correction(
    trial: Trial, correction: Correction, day: date | None, *, recorded_on: date, today: date
) -> None:
    """Refuse a correction that is too late or that its true date rules out.

    `day`: the true date (None for an address or an outcome). `recorded_on`: when the wrong record
    was made; what a date decided counts as recorded on the day after it. Raises
    CORRECTION_TOO_LATE, CORRECTION_IMPOSSIBLE, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    if today > correction_deadline(recorded_on):
        raise Refused(CORRECTION_TOO_LATE, until=correction_deadline(recorded_on))
    if correction not in corrections(trial):
        raise Refused(CORRECTION_IMPOSSIBLE, correction=correction)
    if day is None:
        return
    to_come = correction is Correction.ENDS
    check_done_on(day, day if to_come else today, _earliest(trial, correction))
    latest = _latest(trial, correction)
    if latest is not None and day > latest:
        raise Refused(CORRECTION_IMPOSSIBLE, correction=correction, day=day, latest=latest)


def _earliest(trial: Trial, correction: Correction) -> date | None:
    if correction in (Correction.ACCEPTED, Correction.DECLINED):
        return trial.asked_on
    if correction is Correction.PROVISIONED:
        return trial.accepted_on
    return trial.first_day if correction in (*_WHILE_IT_RAN, Correction.ENDS) else None


def _latest(trial: Trial, correction: Correction) -> date | None:
    """The last day on which it could still have happened."""
    if correction in (Correction.ACCEPTED, Correction.DECLINED) and trial.asked_on is not None:
        return consent_deadline(trial.asked_on)
    if correction in _WHILE_IT_RAN and trial.ends is not None:
        return grace_end(trial.ends)
    return None
