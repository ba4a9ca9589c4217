"""Convert to a paid subscription: interest, checklist, order or hand-over, provisioned.

Only the last stops the clock. The trial's `convert` task stores the checklist's ticks.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from store.act import Act
from store.features.shared.administrators import is_administrator
from store.features.shared.trials import facts, finish, hold, keep, lock, today_in
from store.history import HistoryKind
from store.refusals import NOTHING_FOR_YOU, NOTHING_TO_DO, Refused
from store.rules.dates import bought_on, check_done_on, grace_end
from store.rules.hub import (
    CHECKLIST,
    HubChange,
    Step,
    check_administrator,
    check_conversion,
    check_order,
    ticks_of,
)
from store.rules.plan import Planned, counted, plans
from store.rules.reminder_kinds import ReminderKind
from store.rules.transitions import RUNNING, Change, check
from store.tables import HubTask, Person, Trial, id_of
from store.terms import Service, State

RECORD_INTEREST = Change("interest", RUNNING)
ORDER = Change("order", RUNNING)
HAND_OVER = Change("hand-over", RUNNING)
CONVERT = Change("convert", RUNNING, becomes=State.CONVERTED)

INTEREST_RECORDED = HistoryKind("interest")
ITEM_TICKED = HistoryKind("checklist")
ORDERED = HistoryKind("ordered")
HANDED_OVER = HistoryKind("handed-over")
CONVERTED = HistoryKind("converted")

CONVERSION = HubChange(
    "convert",
    CHECKLIST[1],
    confirmed=CONVERTED,
    rings=False,
    due=lambda trial: bought_on(trial) is not None,
)
"""The checklist of a conversion; `converted` closes it. Before the order it only prepares it."""

ORDERED_5 = ReminderKind("ordered+5", after=5, urgency=230)
ORDERED_20 = ReminderKind("ordered-end+20", after=20, urgency=130)
ORDERED_27 = ReminderKind("ordered-end+27", after=27, urgency=80)
ORDERED_29 = ReminderKind("ordered-end+29", after=29, urgency=20)


@plans
def _reminders(trial: Trial, until: date) -> Iterator[Planned]:
    """Once the trial is bought, remind only of provisioning."""
    bought = bought_on(trial)
    if trial.state != State.ACTIVE or trial.ends is None or bought is None:
        return
    for kind in (ORDERED_20, ORDERED_27, ORDERED_29):
        yield counted(kind, trial.ends)
    soon = counted(ORDERED_5, bought)
    if soon.day <= grace_end(trial.ends):
        yield soon


def want_to_buy(session: Session, trial_id: int, act: Act, *, room_id: str) -> tuple[Trial, bool]:
    """Record that the customer's administrator wants to buy; return whether that is new.

    If it was known, the first day stays. Refused: NOTHING_FOR_YOU to others, WRONG_STATUS.
    """
    trial = lock(session, trial_id)
    if trial is None or not is_administrator(session, trial.customer, act.who, room_id):
        raise Refused(NOTHING_FOR_YOU)
    today = today_in(trial.space, act.now)
    check(trial, RECORD_INTEREST, today)
    if trial.interest_on is not None:
        return trial, False
    return _interested(session, trial, act, today), True


def record_interest(session: Session, trial_id: int, act: Act, *, day: date) -> Trial:
    """Record interest that Cisco's mail reported on `day`.

    Refused: as `hold`, WRONG_STATUS, DAY_IN_FUTURE, NOTHING_TO_DO if it was known.
    """
    trial = hold(session, trial_id, act, RECORD_INTEREST)
    check_done_on(day, today_in(trial.space, act.now))
    if trial.interest_on is not None:
        raise Refused(NOTHING_TO_DO)
    return _interested(session, trial, act, day)


def _interested(session: Session, trial: Trial, act: Act, day: date) -> Trial:
    trial.interest_on = day
    return keep(session, trial, act, INTEREST_RECORDED, after={"day": day}, plans=False)


def tick(
    session: Session,
    trial_id: int,
    act: Act,
    *,
    item: Step,
    done: bool,
    order_number: str = "",
    contact: str = "",
    on_order: Sequence[Service] = (),
    typed: str = "",
) -> Trial:
    """Tick an item of the checklist, or untick it; the first tick of an item counts.

    Comparing the services keeps what is on the order, but ticks the item only if none is missing.

    ORDER_NUMBER takes `order_number`, CONTACT `contact` (partner or customer), SERVICES_ON_ORDER
    `on_order`, ADMINISTRATOR the trial administrator's address as `typed`.
    Refused: as `hold`, WRONG_STATUS, TIER_TWO, ADDRESS_DIFFERS, NOTHING_TO_DO for an item that
    isn't on the checklist or lacks its value.
    """
    trial = hold(session, trial_id, act, ORDER)
    today = today_in(trial.space, act.now)
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
        raise Refused(NOTHING_TO_DO)
    if done and item is Step.ORDER_NUMBER:
        trial.order_number = given["order_number"]
    task = checklist(trial, today)
    if not given and (item in task.ticks) == done:
        return trial
    _tick(task, item, given, act.who if done else None, act.now)
    after = {"item": item, "done": item in ticks_of(trial, task)} | (given if done else {})
    return keep(session, trial, act, ITEM_TICKED, after=after, plans=False)


def _tick(
    task: HubTask, item: Step, given: Mapping[str, Any], by: Person | None, now: datetime
) -> None:
    """Tick an item and store its value; without `by`, remove both."""
    ticks = {name: tick for name, tick in task.ticks.items() if name != item}
    about = {name: fact for name, fact in task.facts.items() if name not in given}
    if by is not None:
        ticks[item.value] = {"by": by.id, "at": now.isoformat()}
        about |= facts(given)
    task.ticks, task.facts = ticks, about


def checklist(trial: Trial, today: date) -> HubTask:
    """The task that stores the checklist's ticks; created on first use."""
    task = _started(trial)
    if task is None:
        task = HubTask(trial_id=id_of(trial), change=CONVERSION, saved_on=today)
        trial.hub_tasks.append(task)
    return task


def _started(trial: Trial) -> HubTask | None:
    return next((task for task in trial.hub_tasks if task.change == CONVERSION), None)


def tickers(trial: Trial) -> set[int]:
    """The ids of the people who ticked items of the checklist."""
    task = _started(trial)
    return {tick["by"] for tick in task.ticks.values()} if task else set()


def ordered(
    session: Session, trial_id: int, act: Act, *, order_number: str = "", day: date
) -> Trial:
    """Record the paid order; from now on reminders are only about provisioning.

    Refused: as `hold`, WRONG_STATUS, TIER_TWO, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, ORDER)
    today = today_in(trial.space, act.now)
    check_order(trial.partner.tier)
    check_done_on(day, today, trial.first_day)
    number = order_number.strip().upper()
    trial.ordered_on, trial.order_number = day, number or trial.order_number
    task = checklist(trial, today)
    if number:
        _tick(task, Step.ORDER_NUMBER, {"order_number": number}, act.who, act.now)
    after = {"day": day, "order_number": trial.order_number}
    return keep(session, trial, act, ORDERED, after=after)


def handed_over(session: Session, trial_id: int, act: Act, *, day: date) -> Trial:
    """Record the hand-over to a tier 2 partner's distributor.

    Refused: as `hold`, WRONG_STATUS, NOTHING_TO_DO for tier 1, DAY_IN_FUTURE, DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, HAND_OVER)
    today = today_in(trial.space, act.now)
    check_done_on(day, today, trial.first_day)
    if trial.partner.tier != 2:
        raise Refused(NOTHING_TO_DO)
    trial.handed_over_on = day
    return keep(session, trial, act, HANDED_OVER, after={"day": day})


def converted(session: Session, trial_id: int, act: Act, *, day: date, why: str = "") -> Trial:
    """Record that the paid services are provisioned: the trial is over, its devices stay due.

    `why`: the reason for leaving items of the checklist open.
    Refused: as `hold`, WRONG_STATUS, NOT_ORDERED, CHECKLIST_OPEN (`items`), DAY_IN_FUTURE,
    DAY_TOO_EARLY.
    """
    trial = hold(session, trial_id, act, CONVERT)
    today = today_in(trial.space, act.now)
    check_done_on(day, today, trial.ordered_on or trial.handed_over_on)
    task = _started(trial)
    check_conversion(trial, trial.partner.tier, ticks_of(trial, task) if task else {}, why)
    if task:
        task.done_on = day
    trial.state, trial.converted_on = State.CONVERTED, day
    finish(session, trial)
    after = {"day": day}
    return keep(session, trial, act, CONVERTED, after=after, note=why)
