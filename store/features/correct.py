"""Correct what was recorded late or wrongly, even on ended and cancelled trials.

Only for full administrators, within 30 days, with a reason; history keeps both versions.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from store.act import Act
from store.features.cancel import CANCELLATION, CANCELLED
from store.features.consent import ACCEPTED, DECLINED
from store.features.convert import CONVERTED
from store.features.extend import EXTENDED, EXTENSION
from store.features.let_go import LET_GO, OUTCOME_RECORDED
from store.features.partner_hub import END_CORRECTED
from store.features.provisioned import PROVISIONED, PROVISIONING
from store.features.services import reserve_again
from store.features.shared import insiders
from store.features.shared.administrators import appoint
from store.features.shared.open_changes import DONE_IN_PARTNER_HUB, want
from store.features.shared.trials import finish, hold, keep, today_in
from store.features.start import STARTED, STARTED_BY, check_probes
from store.history import HistoryKind
from store.refusals import NOTHING_TO_DO, Refused
from store.rules.corrections import Correction, check_correction
from store.rules.dates import consent_deadline, end_of, grace_end
from store.rules.hub import HubChange, open_changes, opened
from store.rules.rights import Action
from store.rules.statuses import lapsed, status
from store.rules.transitions import ANY, Change
from store.tables import Consent, History, Person, Trial
from store.terms import Access, Answer, CancelledBy, Kind, State, Status

CORRECT = Change("correct", ANY, needs=Action.CORRECT)
CORRECTED = HistoryKind("corrected")


@dataclass(frozen=True, slots=True)
class Truth:
    """The correct facts.

    `day`: when it happened (for ENDS: the true E). `text`: an address or outcome. `full_access`:
    with ACCEPTED. `days`: with EXTENDED (None: the partner's first choice). `whose`: with
    CANCELLED.
    """

    day: date | None = None
    text: str = ""
    full_access: bool = False
    days: int | None = None
    whose: CancelledBy = CancelledBy.PARTNER


def correct(
    session: Session, trial_id: int, act: Act, *, what: Correction, truth: Truth, reason: str
) -> Trial:
    """Correct a date, an address or an outcome; open changes about the same are closed.

    Refused: as `hold` (full administrators only), CORRECTION_TOO_LATE (`until`),
    CORRECTION_IMPOSSIBLE, DAY_IN_FUTURE, DAY_TOO_EARLY; SERVICE_TAKEN, SITE_TAKEN or OWN_TRIAL_RUNS
    if a revived trial has lost something to another one; TOO_MANY_PROBES; NOTHING_TO_DO; for an
    administrator who can't be the customer's, BOT_ADDRESS or OWN_PERSON.
    """
    trial = hold(session, trial_id, act, CORRECT)
    today = today_in(trial.space, act.now)
    recorded_on = _recorded_on(session, trial, what, today)
    check_correction(trial, what, truth.day, recorded_on=recorded_on, today=today)
    check_probes(session, act.who, act.now)
    before, who = _facts(trial), trial.customer.administrator_id
    with session.begin_nested():
        _close(trial, what)
        if what is Correction.ADMINISTRATOR:
            _administrator(session, trial, act.who, truth.text)
        else:
            _SET[what](trial, truth, today)
        session.flush()
        _hold_what_is_live(session, trial)
        if what in _DECISIONS:
            _decided(session, trial, act.now)
    somebody_else = {"administrator"} if trial.customer.administrator_id != who else set[str]()
    old, new = _differences(before, _facts(trial), somebody_else)
    return keep(
        session, trial, act, CORRECTED, before=old, after={"what": what, **new}, note=reason
    )


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], also: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in before if before[name] != after[name] or name in also]
    if not names:
        raise Refused(NOTHING_TO_DO)
    return {name: before[name] for name in names}, {name: after[name] for name in names}


_RECORDED_BY: dict[Correction, tuple[HistoryKind, ...]] = {
    Correction.ACCEPTED: (ACCEPTED,),
    Correction.DECLINED: (DECLINED,),
    Correction.PROVISIONED: (PROVISIONED,),
    Correction.ENDS: (EXTENDED, PROVISIONED, STARTED, DONE_IN_PARTNER_HUB, END_CORRECTED),
    Correction.ADMINISTRATOR: (),
    Correction.OUTCOME: (OUTCOME_RECORDED, LET_GO),
}
_ENDINGS = (CANCELLED, DECLINED, CONVERTED)
_DATES = _RECORDED_BY[Correction.ENDS]
"""What history says of the dates from which a trial's end is counted."""


def _recorded_on(session: Session, trial: Trial, what: Correction, today: date) -> date:
    """When the wrong record was made.

    What a date decided was recorded the day after it, but not before the dates were entered: a
    trial with a wrong year is over at once.
    """
    decided_on = _decided_by_a_date(trial, today)
    over = trial.state in (State.CANCELLED, State.CONVERTED)
    of_people = _ENDINGS if over else _RECORDED_BY.get(what, ())
    kinds = _DATES if decided_on else of_people
    at = session.exec(
        select(func.max(col(History.at))).where(
            col(History.trial_id) == trial.id, col(History.what).in_(kinds)
        )
    ).one()
    entered_on = today_in(trial.space, at) if at else decided_on or today
    return max(entered_on, decided_on or entered_on)


def _decided_by_a_date(trial: Trial, today: date) -> date | None:
    """The day after the date that ended a trial; None if no date did."""
    if trial.cancelled_by == CancelledBy.NO_CONSENT or lapsed(trial, today):
        return consent_deadline(trial.asked_on or trial.saved_on) + timedelta(days=1)
    if trial.ends is not None and status(trial, today) is Status.ENDED:
        return grace_end(trial.ends) + timedelta(days=1)
    return None


_DECIDES = {
    Correction.ENDS: (EXTENSION,),
    Correction.EXTENDED: (EXTENSION,),
    Correction.CANCELLED: (CANCELLATION,),
    Correction.NOT_CANCELLED: (CANCELLATION,),
}
"""The open changes that a correction decides, besides those that lead to a running trial."""

_LEADS = (Correction.ACCEPTED, Correction.DECLINED, Correction.PROVISIONED)


def _close(trial: Trial, what: Correction) -> None:
    """Remove the open changes about what a correction sets: it is what Partner Hub shows."""
    for task in open_changes(trial):
        leads = HubChange.of(task.change).leads and what in _LEADS
        if leads or task.change in _DECIDES.get(what, ()):
            trial.hub_tasks.remove(task)


def _accepted(trial: Trial, truth: Truth, today: date) -> None:
    trial.accepted_on = truth.day
    trial.access = Access.FULL if truth.full_access else Access.NONE
    if trial.cancelled_by in (CancelledBy.PARTNER, CancelledBy.CUSTOMER):
        return
    if opened(trial, PROVISIONING) is None:
        want(trial, PROVISIONING, today)
    _alive(trial, State.PROVISIONING)


def _declined(trial: Trial, truth: Truth, today: date) -> None:
    trial.state, trial.cancelled_by = State.CANCELLED, CancelledBy.DECLINED
    trial.accepted_on, trial.cancelled_on = None, truth.day or today


def _provisioned(trial: Trial, truth: Truth, today: date) -> None:
    day = truth.day or today
    trial.provisioned_on = trial.first_day = day
    if not trial.extensions:
        _ends(trial, Truth(day=end_of(day, trial.duration)), today)


def _ends(trial: Trial, truth: Truth, today: date) -> None:
    trial.ends = truth.day
    if trial.state in (State.ACTIVE, State.ENDED):
        _as_dates_say(trial, today)


def _extended(trial: Trial, truth: Truth, today: date) -> None:
    days = truth.days or trial.partner.extension_days[0]
    trial.extensions += 1
    _ends(trial, Truth(day=(truth.day or today) + timedelta(days=days)), today)


def _converted(trial: Trial, truth: Truth, today: date) -> None:
    _alive(trial, State.CONVERTED)
    trial.converted_on = truth.day or today


def _cancelled(trial: Trial, truth: Truth, today: date) -> None:
    trial.state, trial.cancelled_on = State.CANCELLED, truth.day or today
    trial.cancelled_by = trial.cancelled_by or truth.whose
    trial.ended_on = trial.converted_on = None


def _not_cancelled(trial: Trial, truth: Truth, today: date) -> None:
    _as_dates_say(trial, today)


def _administrator(session: Session, trial: Trial, by: Person, address: str) -> None:
    """Enter an administrator; the same address again means whoever has it now."""
    insiders.check_customers(session, trial.partner_id, by, [address])
    appoint(session, trial.customer, address)


def _outcome(trial: Trial, truth: Truth, today: date) -> None:
    trial.outcome = truth.text


_SET: dict[Correction, Callable[[Trial, Truth, date], None]] = {
    Correction.ACCEPTED: _accepted,
    Correction.DECLINED: _declined,
    Correction.PROVISIONED: _provisioned,
    Correction.ENDS: _ends,
    Correction.EXTENDED: _extended,
    Correction.CONVERTED: _converted,
    Correction.CANCELLED: _cancelled,
    Correction.NOT_CANCELLED: _not_cancelled,
    Correction.OUTCOME: _outcome,
}


def _as_dates_say(trial: Trial, today: date) -> None:
    """Set the state that the trial would have by now if nobody had ended it."""
    deadline = consent_deadline(trial.asked_on or trial.saved_on)
    if trial.ends is not None:
        _alive(trial, State.ACTIVE)
        if today > grace_end(trial.ends):
            trial.state, trial.ended_on = State.ENDED, grace_end(trial.ends)
    elif trial.accepted_on is not None:
        _alive(trial, State.PROVISIONING)
    elif trial.asked_on is None:
        _alive(trial, State.CONSENT if trial.kind == Kind.EXISTING else State.PROVISIONING)
        want(trial, STARTED_BY[trial.kind], today)
    elif today > deadline:
        trial.cancelled_by = CancelledBy.NO_CONSENT
        trial.cancelled_on = deadline + timedelta(days=1)
    else:
        _alive(trial, State.CONSENT)


def _alive(trial: Trial, state: State) -> None:
    trial.state = state
    trial.cancelled_by, trial.cancelled_on = "", None
    trial.ended_on = trial.converted_on = None


def _hold_what_is_live(session: Session, trial: Trial) -> None:
    if trial.state in (State.CONSENT, State.PROVISIONING, State.ACTIVE):
        if trial.state == State.CONSENT:
            _answer(session, trial, Answer.WITHDRAWN, Answer.ASKED)
        reserve_again(session, trial)
    else:
        finish(session, trial)


def _decided(session: Session, trial: Trial, now: datetime) -> None:
    """Close the unanswered consent cards: the decision was made in Control Hub."""
    for answer in (Answer.ASKED, Answer.LAPSED, Answer.WITHDRAWN):
        _answer(session, trial, answer, Answer.DECIDED_BY_OTHER, decided_at=now)


_DECISIONS = (Correction.ACCEPTED, Correction.DECLINED)


def _answer(
    session: Session, trial: Trial, old: Answer, new: Answer, decided_at: datetime | None = None
) -> None:
    found = select(Consent).where(col(Consent.trial_id) == trial.id, col(Consent.answer) == old)
    for consent in session.exec(found):
        consent.answer, consent.decided_at = new, decided_at


def _facts(trial: Trial) -> dict[str, Any]:
    return {
        "state": trial.state,
        "accepted_on": trial.accepted_on,
        "access": trial.access,
        "provisioned_on": trial.provisioned_on,
        "ends": trial.ends,
        "converted_on": trial.converted_on,
        "cancelled_by": trial.cancelled_by,
        "cancelled_on": trial.cancelled_on,
        "administrator": trial.customer.administrator,
        "outcome": trial.outcome,
    }
