"""Files to import, kept from the preview until somebody confirms or discards them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlmodel import Session, col, delete, select

from store.act import Act
from store.features.shared import people
from store.features.shared.trials import facts
from store.refusals import NOTHING_FOR_YOU, OLD_CARD, Reason, Refused
from store.rules.imports import Answers, Order
from store.rules.rights import Action, check_may
from store.tables import (
    Person,
    Space,
    Upload,
    id_of,
)
from store.terms import Service

UPLOAD_GONE = Reason("upload-gone")

KEPT = timedelta(days=7)


def keep(
    session: Session,
    act: Act,
    space: Space,
    *,
    file_name: str,
    rows: str,
    about: Mapping[str, Any],
) -> Upload:
    """Keep a file that was read until it is confirmed; it replaces an earlier one.

    `rows`: as JSON. Refused: NOTHING_FOR_YOU, NOT_ALLOWED.
    """
    _check_right(session, act.who, space.partner_id)
    ours = (col(Upload.person_id) == act.who.id, col(Upload.partner_id) == space.partner_id)
    session.exec(delete(Upload).where(*ours))
    upload = Upload(
        person_id=id_of(act.who),
        partner_id=space.partner_id,
        space_id=id_of(space),
        file_name=file_name,
        digest="",
        rows=rows,
        about=dict(about),
        updated_at=act.now,
    )
    _sign(upload)
    session.add(upload)
    session.flush()
    return upload


def answer(session: Session, upload: Upload, act: Act, answers: Answers) -> Upload:
    """Keep what was asked once for the whole file.

    Refused, for another space: NOTHING_FOR_YOU, NOT_ALLOWED.
    """
    if answers.space_id is not None:
        _move(session, upload, act.who, answers.space_id)
    upload.answers = facts(
        {
            "order": answers.order,
            "first_day": answers.first_day,
            "duration": answers.duration,
            "services": answers.services,
        }
    )
    upload.updated_at = act.now
    _sign(upload)
    session.flush()
    return upload


def _move(session: Session, upload: Upload, by: Person, space_id: int) -> None:
    """Keep a file for another space; it replaces an earlier one of that space's partner."""
    space = session.get_one(Space, space_id)
    _check_right(session, by, space.partner_id)
    theirs = (col(Upload.person_id) == by.id, col(Upload.partner_id) == space.partner_id)
    session.exec(delete(Upload).where(*theirs, col(Upload.id) != upload.id))
    upload.partner_id, upload.space_id = space.partner_id, space_id


def note_probes(session: Session, upload: Upload, left: int) -> None:
    """Keep how often its preview could say that something is taken, for the import itself."""
    upload.about = {**upload.about, "probes_left": left}
    _sign(upload)
    session.flush()


def answers_of(upload: Upload) -> Answers:
    """What was asked for a whole file."""
    kept = upload.answers
    return Answers(
        Order(kept["order"]) if kept.get("order") else None,
        date.fromisoformat(kept["first_day"]) if kept.get("first_day") else None,
        kept.get("duration"),
        tuple(Service(each) for each in kept.get("services") or ()),
    )


def hold(session: Session, upload_id: int, act: Act, *, partner_id: int, digest: str) -> Upload:
    """Lock one's own upload, as the card showed it.

    Refused: UPLOAD_GONE, also for somebody else's or if the space is gone; OLD_CARD if it was
    answered anew.
    """
    return _as_shown(session, upload_id, act, partner_id, digest, lock=True)


def look_at(session: Session, upload_id: int, act: Act, *, partner_id: int, digest: str) -> Upload:
    """Read one's own upload, as the card showed it, without locking it. Refused: as by `hold`."""
    return _as_shown(session, upload_id, act, partner_id, digest, lock=False)


def _as_shown(
    session: Session, upload_id: int, act: Act, partner_id: int, digest: str, *, lock: bool
) -> Upload:
    _check_right(session, act.who, partner_id)
    ours = select(Upload).where(
        col(Upload.id) == upload_id,
        col(Upload.person_id) == act.who.id,
        col(Upload.partner_id) == partner_id,
        col(Upload.updated_at) > act.now - KEPT,
    )
    locked = ours.with_for_update().execution_options(populate_existing=True)
    upload = session.exec(locked if lock else ours).first()
    if upload is None or session.get_one(Space, upload.space_id).state != "linked":
        raise Refused(UPLOAD_GONE)
    if upload.digest != digest:
        raise Refused(OLD_CARD)
    return upload


def drop(session: Session, upload: Upload) -> None:
    """Discard a file that won't be imported."""
    session.delete(upload)
    session.flush()


def prune(session: Session, *, now: datetime) -> None:
    """Delete files that nobody has touched for seven days."""
    session.exec(delete(Upload).where(col(Upload.updated_at) <= now - KEPT))


def _sign(upload: Upload) -> None:
    parts = [upload.space_id, upload.rows, upload.about, upload.answers]
    said = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    upload.digest = sha256(said).hexdigest()[:16]


def _check_right(session: Session, by: Person, partner_id: int) -> None:
    role = people.role_of(session, by, partner_id)
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    check_may(role, Action.IMPORT)
