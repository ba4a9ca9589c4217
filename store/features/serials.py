"""Record and correct the serial numbers of shipped devices."""

from collections.abc import Sequence

from sqlmodel import Session

from store.act import Act
from store.features.devices import SHIP, count_back, of, refuse_doubles
from store.features.shared.trials import hold, keep
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Refused
from store.tables import Serial, Trial, id_of

SERIALS_RECORDED = HistoryKind("serials")


def record_serials(
    session: Session, trial_id: int, act: Act, *, shipment_id: int, serials: Sequence[str]
) -> Trial:
    """Set the serial numbers of a shipment; those that stay keep their return.

    Refused: as `hold`, WRONG_STATUS, SERIAL_DOUBLE (`serials`) for duplicates, also in another
    shipment of the trial; NOTHING_TO_DO if nothing changes.
    """
    trial = hold(session, trial_id, act, SHIP)
    shipment = of(trial, shipment_id)
    elsewhere = [
        s.serial for other in trial.shipments if other is not shipment for s in other.serials
    ]
    refuse_doubles([*serials, *elsewhere])
    known, wanted = [row.serial for row in shipment.serials], set(serials)
    added = [serial for serial in serials if serial not in known]
    removed = [row for row in shipment.serials if row.serial not in wanted]
    if not added and not removed:
        raise Refused(NOTHING_TO_DO)
    for row in removed:
        shipment.serials.remove(row)
    shipment.serials += [Serial(shipment_id=id_of(shipment), serial=serial) for serial in added]
    count_back(shipment)
    before = {"type": shipment.type, "removed": [row.serial for row in removed]}
    after = {"type": shipment.type, "added": added}
    return keep(session, trial, act, SERIALS_RECORDED, before=before, after=after)
