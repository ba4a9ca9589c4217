"""Consent of an existing customer: a card to each address; the first committed decision wins.

R is the day of the request and doesn't move; R+30 is the last day to consent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select, update

from store.act import Act
from store.features.provisioned import PROVISIONING
from store.features.services import reserve_again
from store.features.shared import insiders, people
from store.features.shared.administrators import appoint
from store.features.shared.open_changes import (
    DONE_IN_PARTNER_HUB,
    arrive,
    check_stays,
    want,
)
from store.features.shared.trials import finish, hold, keep, lock, today_in
from store.features.start import REQUEST, START, ask, check_probes, unknown_to_cisco
from store.history import HistoryKind
from store.queues import slots
from store.refusals import NO_SUCH_PERSON, NOTHING_TO_DO, OLD_CARD, Reason, Refused
from store.rules.dates import check_done_on, consent_deadline
from store.rules.hub import HubChange, Step, is_quiet, opened, steps
from store.rules.plan import Planned, counted, plans
from store.rules.reminder_kinds import ReminderKind, records
from store.rules.resends import check_resend
from store.rules.statuses import lapsed
from store.rules.transitions import Change
from store.say import To
from store.tables import Consent, Customer, HubTask, Person, Trial, id_of
from store.terms import Access, Answer, CancelledBy, Kind, State, Status, Way

TOGETHER = timedelta(minutes=10)
"""Requests made within these minutes that can't be delivered are one message."""

_UNANSWERED = {Status.TO_REQUEST, Status.PENDING_CONSENT}
_BEFORE_CISCO = _UNANSWERED | {Status.DECLINED_HERE}
ACCEPT = Change("accept", _BEFORE_CISCO, becomes=State.PROVISIONING)
DECLINE = Change("decline", _BEFORE_CISCO, becomes=State.CANCELLED)
RESEND = Change("resend", _UNANSWERED)
LAPSE = Change("lapse", {Status.CANCELLED}, becomes=State.CANCELLED, records=State.CONSENT)

ORGANISATION_EXISTS = HistoryKind("organisation-exists")
ACCEPTED = HistoryKind("accepted")
DECLINED = HistoryKind("declined")
LAPSED = HistoryKind("lapsed")
RESENT = HistoryKind("consent-resent")
READDRESSED = HistoryKind("consent-readdressed")

CONSENT_NOT_YOURS = Reason("consent-not-yours")
CONSENT_DECIDED = Reason("consent-decided")
CONSENT_WITHDRAWN = Reason("consent-withdrawn")
CONSENT_LAPSED = Reason("consent-lapsed")
CONSENT_FROM_PARTNER = Reason("consent-from-partner")
NOT_FULL_ADMINISTRATOR = Reason("not-full-administrator")

CONSENT_20 = ReminderKind("consent+20", after=20, urgency=190)
CONSENT_27 = ReminderKind("consent+27", after=27, urgency=90)
NO_CONSENT = ReminderKind("consent+31", after=31, urgency=270, lapses=True)


UNSEEN_27 = ReminderKind("unseen+27", after=27, urgency=85)
UNSEEN_31 = ReminderKind("unseen+31", after=31, urgency=65)

ACCEPTANCE = HubChange(
    "acceptance",
    (Step.OPEN_CUSTOMER, Step.SHOWS_CONSENT),
    confirmed=DONE_IN_PARTNER_HUB,
    instead={Status.PENDING_PROVISIONING: Status.ACCEPTED_HERE},
    rings=False,
    leads=True,
    limits=lambda trial: (trial.asked_on, None),
)
"""The customer accepted on the bot's card, and Partner Hub doesn't show it yet."""

DECLINING = HubChange(
    "declined",
    (Step.OPEN_CUSTOMER, Step.TRASH, Step.YES),
    confirmed=DONE_IN_PARTNER_HUB,
    instead={Status.PENDING_CONSENT: Status.DECLINED_HERE},
    leads=True,
    quiet=True,
    limits=lambda trial: (trial.asked_on, None),
)
"""The customer declined on the bot's card, and the request still stands in Partner Hub."""


@ACCEPTANCE.confirms
def _seen(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    if (request := opened(trial, REQUEST)) is not None:
        trial.asked_on, request.done_on = day, day


@DECLINING.confirms
def _request_cancelled(session: Session, trial: Trial, task: HubTask, day: date) -> None:
    _cancelled(session, trial, CancelledBy.DECLINED, day)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    """Plan reminders from R on; a request that wasn't sent in Partner Hub has no R."""
    if trial.asked_on is None:
        return
    if trial.state == State.CONSENT:
        yield counted(NO_CONSENT, trial.asked_on)
        for kind in () if is_quiet(trial) else (CONSENT_20, CONSENT_27):
            yield counted(kind, trial.asked_on)
    if opened(trial, ACCEPTANCE) is not None and not is_quiet(trial):
        for kind in (UNSEEN_27, UNSEEN_31):
            yield counted(kind, trial.asked_on)


@dataclass(frozen=True, slots=True)
class Decision:
    """A customer's decision, and the other cards that must now show who decided."""

    trial: Trial
    consent: Consent
    others: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Cards to send, and the cards they replace.

    `rooms`: the private chat of those who are asked again, by the address that was asked.
    """

    trial: Trial
    consents: tuple[Consent, ...]
    replaced: tuple[Consent, ...] = ()
    rooms: Mapping[str, str] = field(default_factory=dict)


def consents(session: Session, trial_id: int) -> Sequence[Consent]:
    """Every consent card of a trial, oldest first."""
    return session.exec(
        select(Consent).where(col(Consent.trial_id) == trial_id).order_by(col(Consent.id))
    ).all()


def place(consent: Consent) -> str:
    """The slot of a consent card; a decision counts only from the room of this slot."""
    return f"consent/{consent.id}"


def delivered(session: Session, cards: Iterable[Consent]) -> list[Consent]:
    """The cards that have been delivered."""
    cards = list(cards)
    arrived = slots.filled(session.connection(), [place(card) for card in cards])
    return [card for card in cards if place(card) in arrived]


def destination(session: Session, consent: Consent) -> To:
    """Where a card goes: where it already is, else to its address.

    If the person who last showed the address has another one by now, it goes to that person.
    """
    if sent_to := slots.address_of(session.connection(), place(consent)):
        return To(sent_to)
    person = people.shown_with(session, consent.email)
    moved = person is not None and consent.email not in person.emails
    return To.person(person) if person and moved else To.email(consent.email)


def addressed(
    session: Session, consent_id: int, by: Person, *, room_id: str, direct: bool
) -> Consent:
    """A consent card sent to this person, in the private chat it was sent to.

    Whoever acts in that chat is the person to whom Webex delivered it, whatever their address is by
    now. Until its sending is settled, it is theirs if the address is.
    Refused: CONSENT_NOT_YOURS.
    """
    consent = session.get(Consent, consent_id)
    if consent is None or not direct or not _is_theirs(session, consent, by, room_id):
        raise Refused(CONSENT_NOT_YOURS)
    return consent


def _is_theirs(session: Session, consent: Consent, by: Person, room_id: str) -> bool:
    rooms = _rooms(session, consent)
    if rooms:
        return room_id in rooms
    owner = people.shown_with(session, consent.email)
    return owner is not None and owner.id == by.id


def _rooms(session: Session, consent: Consent) -> list[str]:
    return [room for room in slots.rooms_of(session.connection(), place(consent)) if room]


def decide(
    session: Session,
    consent_id: int,
    act: Act,
    *,
    room_id: str,
    direct: bool,
    accept: bool,
    full_access: bool,
) -> Decision:
    """Accept or decline on the card, in the one-to-one room it was sent to.

    For Cisco only its own request counts, so both wait until Partner Hub shows it.
    Refused: CONSENT_NOT_YOURS (another person or room), NOT_FULL_ADMINISTRATOR,
    CONSENT_FROM_PARTNER (a role at the partner, or the asker's own organisation); with the
    `consent_id`: OLD_CARD (resent since), CONSENT_DECIDED, CONSENT_WITHDRAWN, CONSENT_LAPSED
    (`deadline`).
    """
    consent = addressed(session, consent_id, act.who, room_id=room_id, direct=direct)
    choice = _Choice(accept, full_access, Way.CARD)
    return _decide(session, consent, act, act.who, choice)


def decide_by_link(
    session: Session, consent_id: int, *, now: datetime, accept: bool, full_access: bool
) -> Decision:
    """Accept or decline through the link that was sent by e-mail to the address that is asked.

    Whoever has the link reads the mail of that address. Refused: as `decide`, except that the link
    stands for the room.
    """
    consent = session.get(Consent, consent_id)
    if consent is None:
        raise Refused(CONSENT_NOT_YOURS)
    known = people.by_email(session, consent.email)
    shows_it = known is not None and known.webex_id and consent.email in known.emails
    choice = _Choice(accept, full_access, Way.LINK)
    return _decide(session, consent, Act(known if shows_it else None, now), known, choice)


def decided(session: Session, consent: Consent) -> Consent | None:
    """The card or link by which a customer answered the request that `consent` belongs to."""
    if consent.answer in (Answer.ACCEPTED, Answer.DECLINED):
        return consent
    if consent.answer != Answer.DECIDED_BY_OTHER:
        return None
    answered = (Answer.ACCEPTED, Answer.DECLINED)
    cards = consents(session, consent.trial_id)
    return next((card for card in cards if card.answer in answered), None)


def record(
    session: Session, trial_id: int, act: Act, *, accepted: bool, day: date, full_access: bool
) -> Trial:
    """Record a decision that the customer made in Control Hub, without the bot.

    `day` is between R and today. Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, DAY_TOO_EARLY,
    CONSENT_LAPSED for a day after R+30.
    """
    trial = hold(session, trial_id, act, ACCEPT if accepted else DECLINE)
    today = today_in(trial.space, act.now)
    check_done_on(day, today, trial.asked_on)
    for consent in _open(session, trial):
        consent.answer = Answer.DECIDED_BY_OTHER
        consent.decided_at = act.now
    if not accepted:
        _cancelled(session, trial, CancelledBy.DECLINED, day)
        return keep(session, trial, act, DECLINED, after={"day": day, "way": Way.CONTROL_HUB})
    trial.asked_on = trial.asked_on or day
    arrive(trial, day)
    return _accepted(session, trial, act, full_access, {"day": day, "way": Way.CONTROL_HUB})


def resend(session: Session, trial_id: int, act: Act) -> Asked:
    """Ask the same people again: the old cards become invalid, R stays.

    If their cards were withdrawn, because the trial was to be cancelled, new ones are sent.
    Refused: as `hold`, WRONG_STATUS, TO_BE_CANCELLED, RESENT_RECENTLY (`again_at`).
    """
    trial = hold(session, trial_id, act, RESEND)
    check_stays(trial)
    _not_too_often(session, trial, act.now)
    old = _replace(session, trial)
    asked = old or [row for row in consents(session, trial_id) if row.answer == Answer.WITHDRAWN]
    new = ask(session, trial, act, {row.email: row.full_administrator for row in asked})
    emails = [row.email for row in new]
    keep(session, trial, act, RESENT, after={"to": emails}, plans=False)
    chats = {row.email: room for row in old for room in _rooms(session, row)}
    return Asked(trial, tuple(new), tuple(old), chats)


def readdress(
    session: Session, trial_id: int, act: Act, *, old: str, new: str, full_administrator: bool
) -> Asked:
    """Ask another address instead of `old`, whose card becomes invalid.

    If `old` is the administrator's address, `new` replaces it on the customer.
    Refused: as `hold`, WRONG_STATUS, TO_BE_CANCELLED, NO_SUCH_PERSON if `old` isn't asked;
    RESENT_RECENTLY if `new` is asked already; BOT_ADDRESS, OWN_PERSON; SERVICE_TAKEN,
    OWN_TRIAL_RUNS or TOO_MANY_PROBES for another customer's.
    """
    trial = hold(session, trial_id, act, RESEND)
    check_stays(trial)
    asked = [row for row in _open(session, trial) if row.email == old.lower()]
    if not asked:
        raise Refused(NO_SUCH_PERSON)
    address = new.strip().lower()
    insiders.check_customers(session, trial.partner_id, act.who, [address])
    if address in {row.email for row in _open(session, trial)}:
        _not_too_often(session, trial, act.now)
    for row in asked:
        row.answer = Answer.REPLACED
    if trial.customer.administrator == old.lower():
        check_probes(session, act.who, act.now)
        appoint(session, trial.customer, address)
        reserve_again(session, trial)
    new_cards = ask(session, trial, act, {address: full_administrator})
    before, after = {"to": old}, {"to": address}
    what = READDRESSED
    keep(session, trial, act, what, before=before, after=after, plans=False)
    return Asked(trial, tuple(new_cards), tuple(asked))


def _not_too_often(session: Session, trial: Trial, now: datetime) -> None:
    last = session.exec(
        select(func.max(col(Consent.asked_at))).where(col(Consent.trial_id) == trial.id)
    ).one()
    if last is not None:
        check_resend(last, now)


def organisation_exists(session: Session, trial_id: int, act: Act) -> Asked:
    """Turn a new customer's trial into an existing customer's, and ask for consent.

    Partner Hub showed a confirmation screen: the organisation exists
    (docs/domain.md#confirmation-screen). Its administrator is assumed to be a full one. Ticks of
    steps that both changes share are kept.
    Refused: as `hold`, NOTHING_TO_DO unless it is still to be started in Partner Hub, OWN_PERSON if
    the administrator has become one of the partner's people.
    """
    trial = hold(session, trial_id, act)
    today = today_in(trial.space, act.now)
    starting = opened(trial, START)
    if starting is None:
        raise Refused(NOTHING_TO_DO)
    address = trial.customer.administrator
    insiders.check_customers(session, trial.partner_id, act.who, [address])
    before = {"kind": trial.kind}
    trial.kind, trial.state = Kind.EXISTING, State.CONSENT
    trial.hub_tasks.remove(starting)
    task = want(trial, REQUEST, today)
    same = steps(trial, task)
    task.ticks = {step: tick for step, tick in starting.ticks.items() if step in same}
    new = ask(session, trial, act, {address: True})
    after = {"kind": trial.kind}
    keep(session, trial, act, ORGANISATION_EXISTS, before=before, after=after)
    return Asked(trial, tuple(new))


def unreachable(session: Session, consent_id: int) -> Consent | None:
    """Record that Webex can't reach an address; return the card if this is new, else None."""
    consent = session.get(Consent, consent_id, with_for_update=True)
    if consent is None or consent.unreachable or consent.answer != Answer.ASKED:
        return None
    consent.unreachable = True
    session.flush()
    return consent


def unreachable_with(
    session: Session, trial: Trial, consent: Consent
) -> list[tuple[Trial, list[Consent]]]:
    """List the open requests of a space that couldn't be delivered, asked about when this one was.

    They share one message, so that many wrong addresses aren't many messages. Oldest first.
    """
    first, last = asked_about(consent)
    found = session.exec(
        select(Consent, Trial)
        .join(Trial)
        .where(
            col(Trial.space_id) == trial.space_id,
            col(Trial.state) == State.CONSENT,
            col(Consent.unreachable).is_(True),
            col(Consent.answer) == Answer.ASKED,
            col(Consent.asked_at) >= first,
            col(Consent.asked_at) < last,
        )
        .order_by(col(Consent.id))
    ).all()
    together: dict[int, tuple[Trial, list[Consent]]] = {}
    for card, about in found:
        together.setdefault(id_of(about), (about, []))[1].append(card)
    return list(together.values())


def asked_about(consent: Consent) -> tuple[datetime, datetime]:
    """The ten minutes in which a request was made: their start and their end."""
    seconds = consent.asked_at.timestamp()
    start = datetime.fromtimestamp(seconds - seconds % TOGETHER.total_seconds(), UTC)
    return start, start + TOGETHER


@records(NO_CONSENT, Status.CANCELLED)
def lapse(session: Session, trial_id: int, *, now: datetime) -> Trial | None:
    """Record that nobody consented by the end of R+30; None if that isn't the case (any more)."""
    trial = lock(session, trial_id)
    if trial is None or not lapsed(trial, today_in(trial.space, now)):
        return None
    session.exec(
        update(Consent)
        .where(col(Consent.trial_id) == trial.id, col(Consent.answer) == Answer.ASKED)
        .values(answer=Answer.LAPSED, decided_at=now)
    )
    _cancelled(session, trial, CancelledBy.NO_CONSENT, today_in(trial.space, now))
    return keep(session, trial, Act(None, now), LAPSED)


# ------------------------------------------------------------------ deciding


@dataclass(frozen=True, slots=True)
class _Choice:
    """What was decided, and where."""

    accept: bool
    full_access: bool
    way: Way


def _decide(
    session: Session, consent: Consent, act: Act, who: Person | None, choice: _Choice
) -> Decision:
    """Decide, if `who` may: the person who acts, or a stand-in whom Webex hasn't shown."""
    trial = lock(session, consent.trial_id)
    session.refresh(consent, with_for_update=True)
    if trial is None:
        raise Refused(CONSENT_NOT_YOURS)
    if not consent.full_administrator:
        raise Refused(NOT_FULL_ADMINISTRATOR)
    asker = session.get(Person, consent.asked_by) if consent.asked_by else None
    if who is not None and insiders.is_insider(session, who, trial.partner_id, asker):
        raise Refused(CONSENT_FROM_PARTNER)
    _still_open(session, trial, consent, act.now)
    if act.by is not None:
        _pin(trial.customer, consent, act.by)
    consent.answer = Answer.ACCEPTED if choice.accept else Answer.DECLINED
    consent.decided_by, consent.decided_at = act.by.id if act.by else None, act.now
    session.flush()
    others = _others_decided(session, trial, consent, act.now)
    _decided_here(session, trial, act, consent, choice)
    return Decision(trial, consent, tuple(others))


def _still_open(session: Session, trial: Trial, consent: Consent, now: datetime) -> None:
    if consent.answer == Answer.REPLACED:
        raise Refused(OLD_CARD, consent_id=consent.id)
    today = today_in(trial.space, now)
    if consent.answer == Answer.LAPSED or lapsed(trial, today):
        until = {"deadline": consent_deadline(trial.asked_on)} if trial.asked_on else {}
        raise Refused(CONSENT_LAPSED, consent_id=consent.id, **until)
    if consent.answer == Answer.WITHDRAWN:
        raise Refused(CONSENT_WITHDRAWN, consent_id=consent.id)
    if consent.answer != Answer.ASKED or trial.state != State.CONSENT:
        raise Refused(CONSENT_DECIDED, consent_id=consent.id)


def _pin(customer: Customer, consent: Consent, by: Person) -> None:
    """Remember who the administrator is, because the card to that address was theirs."""
    if consent.email == customer.administrator:
        customer.administrator_id = id_of(by)


def _open(session: Session, trial: Trial) -> list[Consent]:
    return [row for row in consents(session, id_of(trial)) if row.answer == Answer.ASKED]


def _replace(session: Session, trial: Trial) -> list[Consent]:
    asked = _open(session, trial)
    for row in asked:
        row.answer = Answer.REPLACED
    session.flush()
    return asked


def _others_decided(
    session: Session, trial: Trial, decided: Consent, now: datetime
) -> list[Consent]:
    others = [row for row in _open(session, trial) if row.id != decided.id]
    for row in others:
        row.answer = Answer.DECIDED_BY_OTHER
        row.decided_by, row.decided_at = decided.decided_by, now
    return others


def _decided_here(
    session: Session, trial: Trial, act: Act, consent: Consent, choice: _Choice
) -> None:
    """Note a decision on the bot's card or link; a request never sent is simply dropped."""
    today = today_in(trial.space, act.now)
    how: dict[str, Any] = {"day": today, "way": choice.way}
    if choice.way is Way.LINK:
        how["address"] = consent.email
    if choice.accept:
        want(trial, ACCEPTANCE, today)
        _accepted(session, trial, act, choice.full_access, how)
        return
    if unknown_to_cisco(trial):
        _cancelled(session, trial, CancelledBy.DECLINED, today)
    else:
        want(trial, DECLINING, today)
    keep(session, trial, act, DECLINED, after=how)


def _accepted(
    session: Session, trial: Trial, act: Act, full_access: bool, how: Mapping[str, Any]
) -> Trial:
    trial.state, trial.accepted_on = State.PROVISIONING, how["day"]
    trial.access = Access.FULL if full_access else Access.NONE
    want(trial, PROVISIONING, today_in(trial.space, act.now))
    return keep(session, trial, act, ACCEPTED, after={**how, "access": trial.access})


def _cancelled(session: Session, trial: Trial, cause: CancelledBy, day: date) -> None:
    trial.state, trial.cancelled_by, trial.cancelled_on = State.CANCELLED, cause, day
    finish(session, trial)
