"""Conversion to a paid subscription: interest, checklist, order or hand-over, provisioned.

Only the last stops the clock. The checklist's ticks are kept in the trial's task `convert`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from store.features.shared.trials import facts, finish, hold, keep, lock, today_in
from store.refusals import Reason, Refused
from store.rules.dates import check_done_on
from store.rules.hub import CHECKLIST, Step, check_administrator, check_conversion, check_order
from store.rules.transitions import Change, check
from store.tables import HubTask, Person, Trial, id_of
from store.terms import Fact, HubChange, Service, State


def want_to_buy(session: Session, trial_id: int, *, by: Person, now: datetime) -> Trial:
    """The customer's administrator wants to buy. Refused: NOTHING_FOR_YOU to anybody else."""
    trial = lock(session, trial_id)
    if trial is None or trial.customer.administrator not in by.emails:
        raise Refused(Reason.NOTHING_FOR_YOU)
    today = today_in(trial.space, now)
    check(trial, Change.INTEREST, today)
    trial.interest_on = today
    after = {"day": today, "by": "customer"}
    return keep(session, trial, by=by, now=now, what=Fact.INTEREST, after=after, plans=False)


def record_interest(
    session: Session, trial_id: int, *, day: date, by: Person, seen: int | None, now: datetime
) -> Trial:
    """Record interest that came by Cisco's mail on a day."""
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.INTEREST, today)
    check_done_on(day, today)
    trial.interest_on = day
    after = {"day": day, "by": "partner"}
    return keep(session, trial, by=by, now=now, what=Fact.INTEREST, after=after, plans=False)


def tick(
    session: Session,
    trial_id: int,
    *,
    item: Step,
    done: bool,
    order_number: str = "",
    contact: str = "",
    on_order: Sequence[Service] = (),
    typed: str = "",
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Tick one item of the checklist or take its tick back; the first tick of an item counts.

    ORDER_NUMBER takes `order_number`, CONTACT `contact` (partner or customer), SERVICES_ON_ORDER
    `on_order`, ADMINISTRATOR the trial administrator's address as `typed`.
    Refused: as `hold`, WRONG_STATUS, TIER_TWO, ADDRESS_DIFFERS, NOTHING_TO_DO for no item or
    without what it takes.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.ORDER, today)
    check_order(trial.partner.tier)
    if done and item is Step.ADMINISTRATOR:
        check_administrator(typed, trial.customer.administrator)
    about: dict[Step, dict[str, Any]] = {
        Step.ORDER_NUMBER: {"order_number": order_number.strip().upper()},
        Step.CONTACT: {"contact": contact},
        Step.SERVICES_ON_ORDER: {"on_order": on_order},
    }
    given = about.get(item, {})
    if item not in CHECKLIST[trial.partner.tier] or (done and not all(given.values())):
        raise Refused(Reason.NOTHING_TO_DO)
    if done and item is Step.ORDER_NUMBER:
        trial.order_number = given["order_number"]
    task = checklist(trial, today)
    if not given and (item in task.ticks) == done:
        return trial
    _tick(task, item, given, by if done else None, now)
    after = {"item": item, "done": done} | (given if done else {})
    return keep(session, trial, by=by, now=now, what=Fact.CHECKLIST, after=after, plans=False)


def _tick(
    task: HubTask, item: Step, given: Mapping[str, Any], by: Person | None, now: datetime
) -> None:
    """Tick an item with what it was given; without a person, take both away."""
    ticks = {name: tick for name, tick in task.ticks.items() if name != item}
    about = {name: fact for name, fact in task.facts.items() if name not in given}
    if by is not None:
        ticks[item.value] = {"by": by.id, "at": now.isoformat()}
        about |= facts(given)
    task.ticks, task.facts = ticks, about


def checklist(trial: Trial, today: date) -> HubTask:
    """The trial's task that keeps the checklist's ticks; made when it is first needed."""
    task = _started(trial)
    if task is None:
        task = HubTask(trial_id=id_of(trial), change=HubChange.CONVERT, saved_on=today)
        trial.hub_tasks.append(task)
    return task


def _started(trial: Trial) -> HubTask | None:
    return next((task for task in trial.hub_tasks if task.change == HubChange.CONVERT), None)


def tickers(trial: Trial) -> set[int]:
    """The ids of those who ticked items of the checklist."""
    task = _started(trial)
    return {tick["by"] for tick in task.ticks.values()} if task else set()


def ordered(
    session: Session,
    trial_id: int,
    *,
    order_number: str = "",
    day: date,
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Record the paid order: from now on reminders speak of its provisioning only.

    Refused: as `hold`, WRONG_STATUS, TIER_TWO, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.ORDER, today)
    check_order(trial.partner.tier)
    check_done_on(day, today, trial.first_day)
    number = order_number.strip().upper()
    trial.ordered_on, trial.order_number = day, number or trial.order_number
    task = checklist(trial, today)
    if number:
        _tick(task, Step.ORDER_NUMBER, {"order_number": number}, by, now)
    after = {"day": day, "order_number": trial.order_number}
    return keep(session, trial, by=by, now=now, what=Fact.ORDERED, after=after)


def handed_over(
    session: Session, trial_id: int, *, day: date, by: Person, seen: int | None, now: datetime
) -> Trial:
    """Record that a tier 2 partner's distributor has taken over.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO for tier 1, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.HAND_OVER, today)
    check_done_on(day, today, trial.first_day)
    if trial.partner.tier != 2:
        raise Refused(Reason.NOTHING_TO_DO)
    trial.handed_over_on = day
    return keep(session, trial, by=by, now=now, what=Fact.HANDED_OVER, after={"day": day})


def converted(
    session: Session,
    trial_id: int,
    *,
    day: date,
    why: str = "",
    by: Person,
    seen: int | None,
    now: datetime,
) -> Trial:
    """Record that the paid services are provisioned: the trial is over, its devices stay due.

    `why`: what excuses items of the checklist that are still open.
    Refused: as `hold`, WRONG_STATUS, NOT_ORDERED, CHECKLIST_OPEN (`items`), DAY_IN_FUTURE,
    DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, by=by, seen=seen, now=now)
    today = today_in(trial.space, now)
    check(trial, Change.CONVERT, today)
    check_done_on(day, today, trial.ordered_on or trial.handed_over_on)
    task = _started(trial)
    check_conversion(trial, trial.partner.tier, task.ticks if task else {}, why)
    if task:
        task.done_on = day
    trial.state, trial.converted_on = State.CONVERTED, day
    finish(session, trial)
    after = {"day": day}
    return keep(session, trial, by=by, now=now, what=Fact.CONVERTED, after=after, note=why)
