"""Settings of a partner and its spaces; reminders are replanned in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlmodel import Session, col, select

from store import flags
from store.features import digest
from store.features.shared import people
from store.features.shared.trials import BARE, complete, replan
from store.refusals import NOTHING_FOR_YOU, Refused
from store.rules import calendars
from store.tables import Flag, Partner, Person, Space, Trial, id_of
from store.terms import State

BATCH = 100
"""Trials replanned in one transaction."""

_TO_REPLAN = "replan/"
_PLANNED_BY = "planned by"


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """When and how the bot writes to a space. `country`: ISO, decides its public holidays."""

    time_zone: str
    reminder_hour: int
    country: str
    working_days: bool
    weekly_digest: bool
    language: str

    @classmethod
    def of(cls, space: Space) -> "SpaceSettings":
        """The current settings of a space."""
        return cls(**{each.name: getattr(space, each.name) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """A partner and the defaults for its trials; choices are in days."""

    name: str
    tier: int
    distributor: str
    customer_notices: bool
    extension_days: Sequence[int]
    durations: Sequence[int]


def set_space(
    session: Session, space_id: int, settings: SpaceSettings, *, by: Person, now: datetime
) -> Space:
    """Change a space; if that reschedules reminders, replan the first batch at once.

    `replan_some` does the rest. Refused: NOTHING_FOR_YOU, NOT_ALLOWED.
    """
    space = session.get(Space, space_id)
    if space is None:
        raise Refused(NOTHING_FOR_YOU)
    people.hold_roles(session, space.partner_id, by)
    clock = _clock(space)
    for name, value in asdict(settings).items():
        setattr(space, name, value)
    session.flush()
    digest.plan_next(session, space, now)
    if _clock(space) != clock:
        replan_later(session, space_id)
        replan_some(session, now=now)
    return space


def set_partner(
    session: Session, partner_id: int, settings: PartnerSettings, *, by: Person
) -> Partner:
    """Change a partner's defaults; running trials keep theirs."""
    partner = people.hold_roles(session, partner_id, by)
    for name, value in asdict(settings).items():
        setattr(partner, name, list(value) if isinstance(value, (list, tuple)) else value)
    session.flush()
    return partner


def set_language(session: Session, person_id: int, language: str) -> None:
    """Set a person's language for one-to-one messages ("": that of their space)."""
    session.get_one(Person, person_id).language = language
    session.flush()


def replan_later(session: Session, space_id: int, **only_by: Mapping[str, str]) -> None:
    """Schedule all reminders of a space to be replanned, from its first trial on.

    `only_by` may name `versions`: those of the only processes that may do it.
    """
    flags.remember(session, f"{_TO_REPLAN}{space_id}", {"after": 0, **only_by})


def replan_from(session: Session, space_id: int, trial_id: int, *, since: datetime) -> None:
    """Schedule the reminders of a space's new trials to be planned, from `trial_id` on.

    None that rings after `since` is left out, however late its batch is planned.
    """
    name = f"{_TO_REPLAN}{space_id}"
    pending = session.get(Flag, name, with_for_update=True)
    new = {"after": trial_id - 1, "since": since.isoformat()}
    if pending is None:
        flags.remember(session, name, new)
        return
    earlier = min(pending.value.get("since", new["since"]), new["since"])
    after = min(pending.value["after"], trial_id - 1)
    pending.value = {**pending.value, "after": after, "since": earlier}
    session.flush()


def replan_by(session: Session, versions: Mapping[str, str], *, now: datetime) -> bool:
    """Schedule everything to be replanned if it was planned by other rules of zones or holidays.

    `versions`: of the rules that this process has. Return whether they are new. A process of the
    previous release that still runs doesn't replan, because it would do so by the old rules.
    """
    planned_by = session.get(Flag, _PLANNED_BY)
    if planned_by is not None and planned_by.value == versions:
        return False
    flags.remember(session, _PLANNED_BY, versions)
    for space in session.exec(select(Space)).all():
        digest.plan_next(session, space, now)
        replan_later(session, id_of(space), versions=versions)
    return True


def replan_some(session: Session, *, now: datetime, batch: int = BATCH) -> bool:
    """Replan the next batch of trials after a space's clock changed; false if none was pending."""
    flag = _to_replan(session)
    if flag is None:
        return False
    space_id = int(flag.name.removeprefix(_TO_REPLAN))
    trials = _batch(session, space_id, int(flag.value["after"]), batch)
    since = flag.value.get("since")
    for trial in trials:
        replan(session, trial, now, datetime.fromisoformat(since) if since else None)
    if len(trials) < batch:
        session.delete(flag)
    else:
        flag.value = {**flag.value, "after": trials[-1].id}
    session.flush()
    return True


def _to_replan(session: Session) -> Flag | None:
    ours = calendars.versions()
    pending = session.exec(
        select(Flag)
        .where(col(Flag.name).startswith(_TO_REPLAN))
        .order_by(col(Flag.name))
        .with_for_update(skip_locked=True)
    )
    return next((flag for flag in pending if flag.value.get("versions", ours) == ours), None)


def _clock(space: Space) -> tuple[str, int, str, bool]:
    return space.time_zone, space.reminder_hour, space.country, space.working_days


def _batch(session: Session, space_id: int, after: int, size: int) -> Sequence[Trial]:
    rings = (State.CONSENT, State.PROVISIONING, State.ACTIVE, State.ENDED)
    trials = session.exec(
        BARE.where(
            col(Trial.id) > after,
            col(Trial.space_id) == space_id,
            col(Trial.state).in_(rings)
            | col(Trial.devices_due).is_not(None)
            | col(Trial.todo_since).is_not(None),
        )
        .order_by(col(Trial.id))
        .limit(size)
        .with_for_update(of=Trial)
    ).all()
    complete(session, trials)
    return trials
