"""Extend devices: Cisco's trials team decides, by e-mail.

Rule: docs/domain.md#device-extension.
"""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from store.act import Act
from store.features.devices import began, of
from store.features.shared.trials import facts, hold, keep, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Reason, Refused
from store.rules.dates import all_back, device_limit
from store.rules.transitions import NEVER_PENDING_CONSENT, Change
from store.tables import Shipment, Trial
from store.terms import ExtensionState

EXTEND_DEVICES = Change("device-extension", NEVER_PENDING_CONSENT)
DEVICE_EXTENSION_RECORDED = HistoryKind("device-extension")
SHIPMENT_PAST_120 = Reason("shipment-past-120")
NOT_LONGER = Reason("not-longer")


KEPT = "device-extension"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the trials team was asked for: until when, and why."""

    until: date
    why: str = ""


def wish(trial: Trial, shipment: Shipment) -> Wish | None:
    """What was last asked for a shipment; None if the text didn't come from here."""
    kept = trial.extras.get(KEPT, {}).get(str(shipment.id))
    return Wish(date.fromisoformat(kept["until"]), kept["why"]) if kept else None


def asked(
    session: Session, trial_id: int, act: Act, *, shipment_id: int, wish: Wish | None = None
) -> Trial:
    """Record a request to the trials team, with the wish that its text named.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO if it was asked already or all is back.
    """
    trial = hold(session, trial_id, act, EXTEND_DEVICES)
    shipment = of(trial, shipment_id)
    if shipment.extension == ExtensionState.ASKED or all_back(shipment):
        raise Refused(NOTHING_TO_DO)
    wishes = trial.extras.setdefault(KEPT, {})
    wishes.pop(str(shipment_id), None)
    if wish:
        wishes[str(shipment_id)] = facts({"until": wish.until, "why": wish.why})
    return _record(session, trial, act, shipment, ExtensionState.ASKED)


def approved(session: Session, trial_id: int, act: Act, *, shipment_id: int, until: date) -> Trial:
    """Record until when the devices may stay: it becomes D, and the returns are replanned.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO unless it was asked, SHIPMENT_PAST_120
    (`until`, `limit`), NOT_LONGER (`until`, `expires`) unless it is later than D.
    """
    trial = hold(session, trial_id, act, EXTEND_DEVICES)
    shipment = _asked(trial, shipment_id)
    check_longer(shipment, until)
    before, shipment.expires_on = {"until": shipment.expires_on}, until
    return _record(session, trial, act, shipment, ExtensionState.APPROVED, before=before)


def denied(session: Session, trial_id: int, act: Act, *, shipment_id: int) -> Trial:
    """Record that the trials team refused: D stays.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO unless it was asked.
    """
    trial = hold(session, trial_id, act, EXTEND_DEVICES)
    shipment = _asked(trial, shipment_id)
    return _record(session, trial, act, shipment, ExtensionState.DENIED)


def check_longer(shipment: Shipment, until: date) -> None:
    """Refuse an extension that gains nothing, or one past 120 days.

    Refused: NOT_LONGER (`until`, `expires`), SHIPMENT_PAST_120 (`until`, `limit`).
    """
    if shipment.expires_on and until <= shipment.expires_on:
        raise Refused(NOT_LONGER, until=until, expires=shipment.expires_on)
    check_device_extension(shipment, until)


def _asked(trial: Trial, shipment_id: int) -> Shipment:
    shipment = of(trial, shipment_id)
    if shipment.extension != ExtensionState.ASKED:
        raise Refused(NOTHING_TO_DO)
    return shipment


def _record(
    session: Session,
    trial: Trial,
    act: Act,
    shipment: Shipment,
    state: ExtensionState,
    *,
    before: dict[str, date | None] | None = None,
) -> Trial:
    shipment.extension, shipment.extension_on = state, today_in(trial.space, act.now)
    after = {"type": shipment.type, "state": state, "until": shipment.expires_on}
    return keep(session, trial, act, DEVICE_EXTENSION_RECORDED, before=before, after=after)


def check_device_extension(shipment: Shipment, until: date) -> None:
    """Refuse a device extension past 120 days from the start of the device trial.

    If the start is unknown, the ship date counts (docs/domain.md#device-extension).
    """
    started = began(shipment)
    if started is not None and until > device_limit(started):
        raise Refused(SHIPMENT_PAST_120, until=until, limit=device_limit(started))
