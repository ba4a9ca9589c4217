"""Record facts that Cisco's mailboxes ask for, where they are missing."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from store.act import Act
from store.features.devices import SHIP, SHIPMENT_RECORDED, began, check_end, of
from store.features.shared.trials import hold, keep
from store.refusals import DAY_TOO_EARLY, Refused
from store.rules.spelling import organisation
from store.tables import Trial


def complete(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    shipment_id: int,
    organisation_id: str = "",
    order_number: str = "",
    expires_on: date | None = None,
) -> Trial:
    """Record the missing facts that Cisco's mailboxes ask for; known facts stay as they are.

    Rule: docs/domain.md#mailboxes.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO for a shipment of another trial, DAY_TOO_EARLY
    and LONG_DEVICE_TRIAL for D.
    """
    trial = hold(session, trial_id, act, SHIP)
    shipment, after = of(trial, shipment_id), dict[str, Any]()
    if organisation_id and not trial.customer.organisation_id:
        trial.customer.organisation_id = organisation(organisation_id)
        after["organisation_id"] = trial.customer.organisation_id
    if order_number and not shipment.order_number:
        shipment.order_number = after["order_number"] = order_number.upper()
    if expires_on and shipment.expires_on is None:
        started = began(shipment)
        if started and expires_on <= started:
            raise Refused(DAY_TOO_EARLY, day=expires_on, not_before=started + timedelta(days=1))
        check_end(started, expires_on)
        shipment.expires_on = after["expires_on"] = expires_on
    if not after:
        return trial
    return keep(session, trial, act, SHIPMENT_RECORDED, after=after)
