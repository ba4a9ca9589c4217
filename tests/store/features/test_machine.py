"""Random people do random things on random days; a small model predicts the results."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, func, select

from store.act import Act
from store.database.database import Database
from store.features import (
    cancel,
    consent,
    convert,
    expiry,
    extend,
    let_go,
    note,
    partner_hub,
    provisioned,
)
from store.features.cancel import CANCELLATION
from store.features.consent import CONSENT_20
from store.features.expiry import (
    CALLING_STOPS,
    END,
    END_MINUS_14,
    GRACE_15,
    NUMBERS_7,
    NUMBERS_RELEASED,
)
from store.features.extend import EXTENSION
from store.features.shared.open_changes import TO_BE_CANCELLED
from store.features.start import ADDITION, REQUEST, START, STARTED_BY
from store.refusals import (
    DAY_TOO_LATE,
    NOT_ALLOWED,
    NOTHING_FOR_YOU,
    NOTHING_TO_DO,
    WRONG_STATUS,
    Reason,
    Refused,
)
from store.rules.hub import NOT_ORDERED, open_changes
from store.rules.reminder_kinds import ReminderKind
from store.rules.statuses import status
from store.tables import History, Person, Reminder, Reservation, Trial, id_of
from store.terms import CancelledBy, Kind, Outcome, Service, State
from tests.store.cast import NOW, a_house, begun, meet
from tests.store.examples import CUSTOMERS

RIGHT = {"full", "admin"}  # the administrator starts every trial
STRANGERS = {"stranger", "rival"}
PEOPLE = ["admin"] * 4 + ["full"] * 4 + ["other", "reader", *sorted(STRANGERS)]
DAYS = [1, 2, 7, 20, 29, 30, 31, 45]
RUNNING = {"active", "grace"}
ASKING = {"to-request", "pending-consent"}
LIVE = RUNNING | ASKING | {"to-start", "pending-provisioning", "unsure"}
ANY = LIVE | {"ended", "converted", "cancelled"}
WHEN = {
    "record": ASKING,
    "resend": ASKING,
    "provisioned": {"pending-provisioning"},
    "extend": RUNNING,
    "let go": RUNNING,
    "order": RUNNING,
    "convert": RUNNING,
    "cancel": LIVE,
    "note": ANY,
    "confirm": ANY,
    "withdraw": ANY,
}
WAITING = (START, ADDITION, REQUEST, EXTENSION, CANCELLATION)
"""The changes that somebody confirms or withdraws; consent and provisioning are reported."""


@dataclass
class Model:
    """The expected state of a trial: what is confirmed, and what is open, oldest first."""

    status: str
    day: date | None = None
    ordered: bool = False
    changes: int = 1
    open: list[str] = field(default_factory=list)

    def on(self, today: date) -> str:
        """The status by dates: R+30, E and E+30 are inclusive, and so is E+60 if it is unsure."""
        late = (today - self.day).days if self.day else 0
        if self.status == "pending-consent" and late > 30:
            return "cancelled"
        if self.status == "active" and late > 30:
            return "unsure" if "extend" in self.open and late <= 60 else "ended"
        return "grace" if self.status == "active" and late > 0 else self.status

    def want(self, change: str) -> None:
        """Open a change instead of one of its kind."""
        self.open = [each for each in self.open if each != change] + [change]


class Life(RuleBasedStateMachine):
    """Trials of one partner that its people and some strangers try to change."""

    database: Database
    trials = Bundle("trials")
    touched: set[int] = set()

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.models: dict[int, Model] = {}
        with self.database.transaction() as session:
            self.house = a_house(session, time_zone="UTC")
            rival = a_house(session, "summit").full
            self.people = {
                "full": self.house.full,
                "admin": self.house.admin,
                "other": self.house.other,
                "reader": self.house.reader,
                "rival": rival,
                "stranger": meet(session, "stranger@x.example", "org-x"),
            }

    @property
    def today(self) -> date:
        return self.now.date()

    @precondition(lambda self: len(self.models) < 3)
    @rule(target=trials, kind=st.sampled_from(Kind), calling=st.booleans())
    def start(self, kind: Kind, calling: bool) -> int:
        services = [Service.MESSAGING, *([Service.CALLING] if calling else [])]
        address = f"a@c{len(self.models)}.example"
        with self.database.transaction() as session:
            form: dict[str, Any] = {"kind": kind, "administrator": address, "services": services}
            form["done_on"] = None
            trial = begun(session, self.house, now=self.now, **form).trial
        change = STARTED_BY[kind]
        shown = "to-request" if kind is Kind.EXISTING else "to-start"
        self.models[trial.id or 0] = Model(shown, open=[change])
        return trial.id or 0

    @rule(days=st.sampled_from(DAYS))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.touched = set(self.models)

    @rule(trial=trials, what=st.sampled_from(sorted(WHEN)), who=st.sampled_from(PEOPLE))
    def somebody_tries(self, trial: int, what: str, who: str) -> None:
        self.now += timedelta(hours=1)
        self.touched = {trial}
        model = self.models[trial]
        refused = self.try_it(trial, what, self.people[who])
        expected = self.refusal(model, what, who)
        assert refused == expected, (what, who, model)
        if refused is None:
            model.changes += 1
            self.follow(model, what)

    @rule(trial=trials)
    def the_date_is_written_down(self, trial: int) -> None:
        self.touched = {trial}
        model = self.models[trial]
        with self.database.transaction() as session:
            written = consent.lapse(session, trial, now=self.now)
            written = written or expiry.end(session, trial, now=self.now)
        shown = model.on(self.today)
        decided = shown != model.status and shown not in ("grace", "unsure")
        assert (written is not None) == decided
        if written:
            self.over(model, shown)
            model.changes += 1

    def refusal(self, model: Model, what: str, who: str) -> Reason | None:
        if who in STRANGERS:
            return NOTHING_FOR_YOU
        if who not in RIGHT:
            return NOT_ALLOWED
        if model.on(self.today) not in WHEN[what]:
            return WRONG_STATUS
        if what in ("extend", "resend") and "cancel" in model.open:
            return TO_BE_CANCELLED
        if what in ("confirm", "withdraw"):
            return self.refused_hub(model, what)
        return NOT_ORDERED if what == "convert" and not model.ordered else None

    def refused_hub(self, model: Model, what: str) -> Reason | None:
        if not model.open:
            return NOTHING_TO_DO
        if what == "withdraw":
            return None if model.open[0] in ("extend", "cancel") else NOTHING_TO_DO
        late = (self.today - model.day).days if model.day else 0
        return DAY_TOO_LATE if model.open[0] == "extend" and late > 30 else None

    def follow(self, model: Model, what: str) -> None:
        if what == "confirm":
            self.confirm(model, model.open.pop(0))
        elif what == "withdraw":
            model.open.pop(0)
            if model.on(self.today) == "ended" and model.status == "active":
                self.over(model, "ended")
                model.changes += 1
        elif what == "extend":
            model.want("extend")
        elif what == "let go":
            model.open = [each for each in model.open if each != "extend"]
        elif what == "record":
            model.status, model.day = "pending-provisioning", None
            model.open = [each for each in model.open if each != "request"]
        elif what == "provisioned":
            model.status, model.day = "active", self.today + timedelta(days=30)
        elif what == "convert":
            self.over(model, "converted")
        elif what == "cancel" and {"start", "add", "request"} & set(model.open):
            self.over(model, "cancelled")
        elif what == "cancel":
            model.want("cancel")
        model.ordered = model.ordered or what == "order"

    def confirm(self, model: Model, change: str) -> None:
        if change == "cancel":
            self.over(model, "cancelled")
        elif change == "request":
            model.status, model.day = "pending-consent", self.today
        else:
            model.status, model.day = "active", self.today + timedelta(days=30)

    def over(self, model: Model, status: str) -> None:
        model.status, model.open = status, []

    def try_it(self, trial: int, what: str, by: Person) -> Reason | None:
        facts: dict[str, Any] = {"act": Act(by, self.now)}
        try:
            with self.database.transaction() as session:
                self.acts[what](session, trial, self.today, facts)
        except Refused as refusal:
            return refusal.reason
        return None

    acts: dict[str, Callable[[Session, int, date, dict[str, Any]], object]] = {
        "record": lambda session, trial, today, facts: consent.record(
            session, trial, accepted=True, day=today, full_access=True, **facts
        ),
        "resend": lambda session, trial, today, facts: consent.resend(session, trial, **facts),
        "provisioned": lambda session, trial, today, facts: provisioned.provisioned(
            session, trial, day=today, **facts
        ),
        "extend": lambda session, trial, today, facts: extend.extend(
            session, trial, days=30, shorten=True, **facts
        ),
        "let go": lambda session, trial, today, facts: let_go.let_go(
            session, trial, outcome=Outcome.PRICE, **facts
        ),
        "order": lambda session, trial, today, facts: convert.ordered(
            session, trial, order_number="A1", day=today, **facts
        ),
        "convert": lambda session, trial, today, facts: convert.converted(
            session, trial, day=today, why="by phone", **facts
        ),
        "cancel": lambda session, trial, today, facts: cancel.cancel(
            session,
            trial,
            whose=CancelledBy.PARTNER,
            typed=session.get_one(Trial, trial).code,
            **facts,
        ),
        "confirm": lambda session, trial, today, facts: partner_hub.done_on(
            session, trial, task_id=oldest(session, trial), **facts
        ),
        "withdraw": lambda session, trial, today, facts: partner_hub.withdraw(
            session, trial, task_id=oldest(session, trial), **facts
        ),
        "note": lambda session, trial, today, facts: note.note(session, trial, text="n", **facts),
    }

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not self.touched:
            return
        with self.database.reading() as session:
            for trial_id in self.touched:
                model = self.models[trial_id]
                trial = session.get_one(Trial, trial_id)
                assert status(trial, self.today) == model.on(self.today)
                assert trial.version == model.changes
                lines = select(func.count()).where(History.trial_id == trial_id)
                assert session.exec(lines).one() == model.changes
                waiting = [task.change for task in open_changes(trial)]
                assert [each for each in waiting if each in WAITING] == model.open
                self.check_what_hangs_on(session, trial, model)
        self.touched = set()

    def check_what_hangs_on(self, session: Session, trial: Trial, model: Model) -> None:
        over = trial.state in (State.ENDED, State.CONVERTED, State.CANCELLED)
        held = select(func.count()).where(Reservation.trial_id == trial.id)
        assert (session.exec(held).one() == 0) == over
        rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
        bells = {ReminderKind.of(row.kind) for row in rows}
        if trial.state is State.ENDED:
            bells -= {CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED}
        if over:
            assert not bells
            return
        assert (trial.ends, trial.asked_on) in ((model.day, trial.asked_on), (None, model.day))
        confirmed = trial.ends or (trial.asked_on if trial.state is State.CONSENT else None)
        dated = [row for row in rows if row.kind in OF_A_DATE]
        assert all(row.anchor == confirmed for row in dated)
        if "cancel" in model.open:
            assert not bells & (CUSTOMERS | {END_MINUS_14, CONSENT_20, GRACE_15})


OF_A_DATE = {END_MINUS_14, END, GRACE_15, CONSENT_20}


def oldest(session: Session, trial_id: int) -> int:
    """The oldest change that can be confirmed; 0 if there is none."""
    trial = session.get_one(Trial, trial_id)
    ids = [id_of(task) for task in open_changes(trial) if task.change in WAITING]
    return min(ids, default=0)


def test_the_store_matches_the_model_whatever_people_do(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = tmp_path / "life.db"

    class Fresh(Life):
        @initialize()
        def begin(self) -> None:
            shutil.copyfile(sqlite_template, file)
            self.database = Database(f"sqlite:///{file}")
            super().begin()

        def teardown(self) -> None:
            if hasattr(self, "database"):
                self.database.close()
            for rest in file.parent.glob("life.db*"):
                rest.unlink()

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
